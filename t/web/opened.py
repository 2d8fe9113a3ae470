"""What lies in the site's seals, opened with its key file: the test then knows what only the server
knows. The same constructions as in base/crypto, from Python's hashlib and libsodium itself."""
import base64
import ctypes
import ctypes.util
import hashlib
import hmac
import json
import os
import struct
import time
from dataclasses import dataclass

import work

NONCE_BYTES, TAG_BYTES, TIME_BYTES = 24, 16, 8
FORM, HELD, CAPTCHA = "seal:form", "seal:held", "seal:captcha"
SQUARES = 9
sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))


def text_of(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def keyed(key, text):
    return hashlib.blake2b(text.encode(), key=key, digest_size=32).digest()


def subkey(site, purpose, url=None):
    """Of the seals and captchas of one site; `url` is another base URL with the same key file."""
    key = (site.state / "key").read_bytes()
    return keyed(keyed(keyed(key, "seals of a site"), url or site.reset_url), purpose)


def open_seal(site, purpose, sealed):
    """Its text; its time is left out."""
    blob = bytes_of(sealed)
    plain = ctypes.create_string_buffer(len(blob))
    length = ctypes.c_ulonglong()
    secret = blob[NONCE_BYTES:]
    status = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, ctypes.byref(length), None, secret, ctypes.c_ulonglong(len(secret)), None,
        ctypes.c_ulonglong(0), blob[:NONCE_BYTES], subkey(site, purpose))
    assert status == 0, f"no {purpose} of this site: {sealed}"
    return plain.raw[TIME_BYTES:length.value].decode()


def make_seal(site, purpose, text, age=0.0, url=None):
    """A seal as the site would have made it `age` seconds ago: a test cannot wait for hours."""
    plain = struct.pack("<q", int((time.time() - age) * 1000000)) + text.encode()
    nonce = os.urandom(NONCE_BYTES)
    blob = ctypes.create_string_buffer(len(plain) + TAG_BYTES)
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        blob, None, plain, ctypes.c_ulonglong(len(plain)), None, ctypes.c_ulonglong(0), None,
        nonce, subkey(site, purpose, url))
    return text_of(nonce + blob.raw)


@dataclass
class Captcha:
    """`squares` are the names of the right ones, `wrong` those of the others."""
    squares: list
    wrong: list
    sound: int


def open_captcha(site, sealed):
    letters = open_seal(site, CAPTCHA, sealed).partition("\n")[2]
    thing, shown, sound = letters[0], letters[1:1 + SQUARES], letters[1 + SQUARES]
    names = {f"s{place + 1}": letter == thing for place, letter in enumerate(shown)}
    return Captcha([name for name, is_right in names.items() if is_right],
                [name for name, is_right in names.items() if not is_right],
                ord(sound) - ord("a"))


def signature(site, purpose, text):
    return hmac.new(subkey(site, purpose), text.encode(), hashlib.sha256).hexdigest()


def signed_again(site, challenge, data=(), **changes):
    """A challenge with other parameters, truly signed."""
    old = challenge["parameters"]
    parameters = {**old, **changes, "data": {**old["data"], **dict(data)}}
    line = json.dumps(parameters, sort_keys=True, separators=(",", ":"))
    return {"parameters": parameters, "signature": signature(site, "work:2", line)}


def form_for(page, way):
    """The form of the captcha page with this button."""
    return next(form for form in page.forms
                if any(field.name == "way" and field.attributes.get("value") == way
                       for field in form.fields))


def captcha_on(site, page):
    return open_captcha(site, form_for(page, "picture").named("captcha").value)


def answer_by_picture(site, page, browser=None, squares=None, follow=True):
    """Marks the right squares, or these."""
    chosen = captcha_on(site, page).squares if squares is None else squares
    return (browser or site.browser).submit(page, form_for(page, "picture"), follow,
                                            way="picture", **dict.fromkeys(chosen, "on"))


def answer_by_sound(site, page, browser=None, sound=None, follow=True):
    chosen = captcha_on(site, page).sound if sound is None else sound
    return (browser or site.browser).submit(page, form_for(page, "sound"), follow, way="sound",
                                            sound=str(chosen))


def answer_by_work(site, page, browser=None, follow=True):
    """As the script does it."""
    browser, form = browser or site.browser, form_for(page, "work")
    challenge = work.fetch(site, form.named("seal").value, browser, path="/challenge/long")
    return browser.submit(page, form, follow, altcha=work.solve(challenge))


def answer_by_waiting(site, page, browser=None, follow=True):
    return (browser or site.browser).submit(page, form_for(page, "wait"), follow, way="wait")
