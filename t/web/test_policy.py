"""The box of rules, and what a password that breaks one is told: in both languages, by the
directory's rules and the site's own, and the same link works afterwards."""
import hashlib
import html
import re
import time

import pytest
from fake_pwned_range import FakePwnedRange
from site_steps import ask_for_link, english, has_no_secret, quick_site

from kit import people
from kit.site import Site

GOOD = "Sju-lange-Netter-7"
LEAKED = "Blå-Hvaler-svømmer-1"
STRICT = {
    "PwResetMinLength": "10", "PwResetMaxLength": "40", "PwResetMaxBytes": "60",
    "PwResetClasses": "lower=2 upper=2 digits=1 specials=1 letters=5 categories=3 repeats=2",
    "PwResetFirstCharacter": "letter", "PwResetLastCharacter": "alnum",
    "PwResetForbiddenCharacters": '"%&"'}
PATTERNS = """
PwResetPattern "![0-9]{8}" "nb:Ikke åtte tall på rad" "en:Not eight digits in a row"
PwResetPattern "^\\\\P{Cs}*$" "Only in one language"
"""

# What breaks one rule, its sentence in Norwegian, in English.
BROKEN = [
    ("Kort-1a", "Nytt passord må ha minst 10 tegn. Du skrev 7.",
     "Your new password must have at least 10 characters. You entered 7."),
    ("Aa-Bb1" * 7, "Nytt passord kan ha høyst 40 tegn. Du skrev 42.",
     "Your new password can have at most 40 characters. You entered 42."),
    ("AB-1a" + "æø" * 15, "Nytt passord kan ha høyst 60 byte.",
     "Your new password can have at most 60 bytes."),
    ("SJU-LANGE-NETTER-7", "Nytt passord må ha minst 2 små bokstaver. Legg til flere.",
     "Your new password must have at least 2 lower-case letters. Add more."),
    ("sju-lange-netter-7", "Nytt passord må ha minst 2 store bokstaver. Legg til flere.",
     "Your new password must have at least 2 capital letters. Add more."),
    ("AAbb-1234567", "Nytt passord må ha minst 5 bokstaver. Legg til flere.",
     "Your new password must have at least 5 letters. Add more."),
    ("Sju-Lange-Netter", "Nytt passord må ha minst ett tall. Legg til flere.",
     "Your new password must have at least one digit. Add more."),
    ("Sju Lange Netter 7", "Nytt passord må ha minst ett spesialtegn, for eksempel ! ? - +.",
     "Your new password must have at least one special character, such as ! ? - +."),
    ("Sjuuu-Lange-Netter-7", "Nytt passord har samme tegn for mange ganger på rad. Bruk det høyst "
     "2 ganger.", "Your new password has the same character too many times in a row. Use it at most 2 "
     "times."),
    ("7-Lange-Netter", "Nytt passord må begynne med en bokstav.",
     "Your new password must begin with a letter."),
    ("Sju-Lange-7-Netter-", "Nytt passord må slutte med en bokstav eller et tall.",
     "Your new password must end with a letter or a digit."),
    ("Sju%Lange-Netter-7", "Nytt passord har et tegn som ikke kan brukes. Skriv det uten disse: "
     "%&", "Your new password has a character that cannot be used. Enter it without these: %&"),
    ("Hos-EKSEMPEL-bor-7", "Nytt passord ligner for mye på navnet ditt, brukernavnet eller "
     "Eksempel AS. Velg et annet.", "Your new password is too much like your name, username or "
     "Eksempel AS. Choose another."),
    ("Passord123-passorD", "Nytt passord er på listen over mye brukte eller lekkede passord. Velg "
     "et annet, for eksempel fire tilfeldige ord.", "Your new password is on the list of common or "
     "leaked passwords. Choose another, for example four random words."),
    (LEAKED, "Nytt passord er på listen over mye brukte eller lekkede passord.",
     "Your new password is on the list of common or leaked passwords."),
    ("Sju-Netter-1203198", None, None),
    ("Sju-Netter-12031987", "Nytt passord oppfyller ikke dette kravet: Ikke åtte tall på rad. Velg "
     "et annet.", "Your new password does not meet this requirement: Not eight digits in a row. Choose "
     "another."),
]
BOX = {
    "nb": ["Minst 10 tegn", "Høyst 40 tegn",
           "Høyst 60 byte (de fleste tegn er én, æ, ø og å er to)", "Minst 2 små bokstaver",
           "Minst 2 store bokstaver", "Minst 5 bokstaver", "Minst 1 tall (0–9)",
           "Minst 1 spesialtegn, for eksempel ! ? - +",
           "Tegn fra minst 3 av disse: små bokstaver, store bokstaver, tall, andre tegn",
           "Ikke samme tegn mer enn 2 ganger på rad", "Begynner med en bokstav",
           "Slutter med en bokstav eller et tall", "Ingen av disse tegnene: %&",
           "Ikke navnet ditt, brukernavnet ditt eller «Eksempel AS»",
           "Ikke et vanlig eller lekket passord", "Ikke et av de siste 4 passordene dine",
           "Ikke åtte tall på rad",
           "Only in one language"],
    "en": ["At least 10 characters", "At most 40 characters",
           "At most 60 bytes (most characters are one, letters such as æ and é are two)",
           "At least 2 lower-case letters", "At least 2 capital letters", "At least 5 letters",
           "At least 1 digit (0–9)", "At least 1 special character, such as ! ? - +",
           "Characters from at least 3 of: lower case, upper case, digits, others",
           "Not the same character more than 2 times in a row", "Begins with a letter",
           "Ends with a letter or a digit", "None of these characters: %&",
           "Not your name, your username or “Eksempel AS”", "Not a common or leaked password",
           "Not one of your last 4 passwords",
           "Not eight digits in a row", "Only in one language"]}


def pwned_file(folder, *leaked):
    path = folder / "pwned.txt"
    hashes = {hashlib.sha1(f"{n}".encode()).hexdigest().upper() for n in range(5000)}
    hashes |= {hashlib.sha1(word.encode()).hexdigest().upper() for word in leaked}
    path.write_text("".join(f"{digest}:{n}\r\n" for n, digest in enumerate(sorted(hashes), 1)))
    path.chmod(0o600)  # root opens it; the server's user need not
    return path


@pytest.fixture(scope="module")
def strict(keeper, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    words = folder / "blocklist.txt"
    words.write_text("passord123-passord\nnoe annet\n")
    directives = {**STRICT, "PwResetPwned": f'"{pwned_file(folder, LEAKED)}"',
                  "PwResetBlocklist": f'"{words}"'}
    with quick_site(keeper, directives=directives, host_lines=PATTERNS,
                    policy={"pwdMinLength": "9", "pwdMaxLength": "60", "pwdInHistory": "4",
                            "pwdCheckQuality": "2"}) as site:
        yield site


@pytest.fixture(scope="module")
def person(strict):
    return strict.someone()


def lines_of(page):
    box = page.html.partition("<ul data-rules")[2].partition("</ul>")[0]
    return [html.unescape(line) for line in re.findall(r"<li[^>]*>([^<]*)</li>", box)]


def refusal_of(page):
    assert page.status == 422
    assert 'aria-invalid="true"' in page.html
    sentence = re.search(r'class="error" id="first-error"><span[^>]*>\w+:</span> ([^<]+)<',
                         page.html)[1]
    assert f'<a href="#first">{sentence}</a>' in page.html
    return html.unescape(sentence)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_every_rule_has_its_line_in_the_box_and_each_once(strict, person, language):
    browser = english(strict) if language == "en" else strict.browser
    assert lines_of(browser.get(ask_for_link(strict, person))) == BOX[language]


def test_every_broken_rule_has_its_sentence_and_the_link_works_afterwards(strict):
    someone = strict.someone()
    link = ask_for_link(strict, someone)
    for typed, norwegian, english_sentence in BROKEN:
        if norwegian is None:
            continue
        for browser, sentence in ((strict.browser, norwegian),
                                  (english(strict), english_sentence)):
            page = strict.set_password(link, typed, browser=browser)
            assert refusal_of(page).startswith(sentence), typed
            assert has_no_secret(page, typed)
    assert strict.set_password(link, GOOD).status == 200
    assert strict.can_bind(someone.uid, GOOD)


def test_what_only_just_keeps_the_rules_is_accepted(strict):
    someone = strict.someone()
    assert strict.set_password(ask_for_link(strict, someone), "Sju-Netter-1203198").status == 200
    assert strict.can_bind(someone.uid, "Sju-Netter-1203198")


@pytest.mark.parametrize("part", ["uid", "given_name", "surname"])
def test_no_part_of_the_name_in_any_dress(strict, part):
    someone = next(p for p in iter(strict.someone, None)
                   if min(len(people.plain(word)) for word in (p.uid, p.given_name, p.surname)) > 3)
    link = ask_for_link(strict, someone)
    word = people.plain(getattr(someone, part)).upper()
    page = strict.set_password(link, f"Xy-{word}-zW1")
    assert refusal_of(page).startswith("Nytt passord ligner for mye på navnet ditt")
    assert someone.mails[0] not in page.html


def test_the_page_holds_no_more_of_the_person_than_the_login(strict, person):
    page = strict.browser.get(ask_for_link(strict, person))
    assert person.surname not in page.html and person.mails[0] not in page.html


def test_no_password_reaches_a_log(strict):
    said = strict.httpd.error_log.read_text() + strict.audit_log.read_text()
    for typed, _, _ in BROKEN:
        assert typed not in said


DEFAULTS = {"PwResetMinLength": None}


@pytest.mark.parametrize("changed, policy, first_line, box", [
    ({}, {"pwdMinLength": "5"}, "Minst 15 tegn", 3),
    ({"PwResetMFA": "on"}, {"pwdMinLength": "5"}, "Minst 5 tegn", 3),
    ({"PwResetMFA": "on"}, {"pwdMinLength": "0"}, "Minst 8 tegn", 3),
    ({"PwResetMFA": "on", "PwResetRefuseNames": "off", "PwResetBlocklist": "none"},
     {"pwdMinLength": "9"}, "Minst 9 tegn", 1)])
def test_the_defaults(keeper, changed, policy, first_line, box):
    policy = {"pwdInHistory": "0", **policy}
    with quick_site(keeper, directives={**DEFAULTS, **changed}, policy=policy) as site:
        lines = lines_of(site.browser.get(ask_for_link(site, site.someone())))
        assert lines[0] == first_line
        assert len(lines) == box, lines


def test_advice_stands_beside_another_error_and_refuses_nothing(keeper):
    with quick_site(keeper, directives={"PwResetAdvice": "on"}) as site:
        someone = site.someone()
        link = ask_for_link(site, someone)
        advice = "ville også vært lett å gjette"
        assert advice in site.set_password(link, "abcabcab", "noe annet").text
        assert advice not in site.set_password(link, "Grønne hester 7 synger", "nei").text
        assert site.set_password(link, "abcabcab").status == 200
        assert site.can_bind(someone.uid, "abcabcab")


def range_folder(folder):
    (folder / "range").mkdir(exist_ok=True)
    return folder / "range"


@pytest.fixture(scope="module")
def ranged(keeper):
    """A site that asks a range service; and the service."""
    fakes = []

    class Ranged(Site):
        def prepare(self):
            fakes.append(FakePwnedRange(self.block[7], self.ca, range_folder(self.folder), LEAKED))
            self.directives["PwResetPwnedRange"] = fakes[-1].url
            self.directives["PwResetPwnedTrustedCA"] = f'"{self.ca.certificate}"'
            super().prepare()

    with Ranged.in_scratch(keeper, directives={
            "PwResetFormAge": "0s", "PwResetPwnedTimeout": "1s", **{
                "PwResetClientLimits": "100000 200000 300000",
                "PwResetSiteLimits": "1000000 2000000"}}) as site:
        yield site, fakes[-1]
    fakes[-1].stop()


def test_the_range_service_learns_five_digits_and_no_more(ranged):
    site, fake = ranged
    someone = site.someone()
    link = ask_for_link(site, someone)
    fake.behave = None
    page = site.set_password(link, LEAKED)
    assert refusal_of(page).startswith("Nytt passord er på listen over mye brukte eller lekkede")
    assert site.set_password(link, GOOD).status == 200
    assert site.can_bind(someone.uid, GOOD)
    digits = [hashlib.sha1(word.encode()).hexdigest().upper()[:5] for word in (LEAKED, GOOD)]
    assert fake.asked[-2:] == [f"/range/{five}" for five in digits]
    assert all(fake.padded)


@pytest.mark.parametrize("behave", ["503", "silent"])
def test_while_the_range_service_is_out_passwords_are_accepted_or_not_as_set(ranged, behave):
    site, fake = ranged
    fake.behave = behave
    for outage in ("refuse", "accept"):
        site.directives["PwResetPwnedOutage"] = outage
        site.configure()
        site.httpd.write_configuration()
        site.httpd.stop()
        site.httpd.start()
        someone = site.someone()
        link = ask_for_link(site, someone)
        before = time.monotonic()
        page = site.set_password(link, LEAKED)
        assert time.monotonic() - before < 5
        if outage == "refuse":
            assert refusal_of(page).startswith("Vi fikk ikke kontrollert om passordet er lekket.")
            assert site.can_bind(someone.uid, people.PASSWORD)
        else:
            assert page.status == 200 and site.can_bind(someone.uid, LEAKED)
    tag = "PWR0383" if behave == "503" else "PWR0156"
    assert tag in site.httpd.error_log.read_text()
