"""The robot check as the page's script does it: fetches the work, does it, posts the answer."""
import base64
import hashlib
import json

HARDER = 16  # times the silent work


def encoded(solved):
    """As the field `altcha` takes it."""
    return base64.b64encode(json.dumps(solved, separators=(",", ":")).encode()).decode()


def decoded(solution):
    return json.loads(base64.b64decode(solution))


def derived(parameters, counter):
    password = bytes.fromhex(parameters["nonce"]) + counter.to_bytes(4, "big")
    return hashlib.pbkdf2_hmac("sha256", password, bytes.fromhex(parameters["salt"]),
                               parameters["cost"], parameters["keyLength"]).hex()


def search(challenge):
    """The counter whose derived key begins as told."""
    parameters = challenge["parameters"]
    for counter in range(parameters["data"]["most"] + 1):
        key = derived(parameters, counter)
        if key.startswith(parameters["keyPrefix"]):
            return {"challenge": challenge, "solution": {"counter": counter, "derivedKey": key}}
    raise AssertionError("no counter solves it")


def solve(challenge):
    return encoded(search(challenge))


def fetch(site, seal, browser=None, headers=None, path="/challenge"):
    """The work that the form with this seal asks for."""
    page = (browser or site.browser).get(f"{site.reset_url}{path}?seal={seal}",
                                         headers={"Accept": "application/json", **(headers or {})})
    assert (page.status, page.headers["Content-Type"]) == (200, "application/json")
    assert page.headers["Cache-Control"] == "no-store"
    return json.loads(page.body)


def level_of(challenge):
    return challenge["parameters"]["data"]["level"]


def most_of(challenge):
    return challenge["parameters"]["data"]["most"]


def form(site, browser=None, headers=None):
    return (browser or site.browser).get(f"{site.reset_url}/", headers=headers)


def seal_of(page):
    return page.form.named("seal").value


def solution_for(site, page, browser=None, headers=None):
    return solve(fetch(site, seal_of(page), browser, headers))


def send(site, name, page=None, solution=None, headers=None, follow=False):
    """Sends the form as a browser with the script does, its work done unless `solution` is given;
    does not follow, so that the answer's own status is there to see."""
    page = page or form(site, headers=headers)
    if solution is None:
        solution = solution_for(site, page, headers=headers)
    return site.browser.submit(page, follow=follow, headers=headers, name=name, altcha=solution)


def is_accepted(page):
    return page.status == 303 and "/sent/" in page.headers["Location"]


def is_sent_to_captchas(page):
    return page.status == 303 and "/c/" in page.headers["Location"]

