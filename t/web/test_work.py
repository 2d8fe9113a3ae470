"""The proof of work: what is solved goes through once, and nothing else does."""
import base64
import copy
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import opened
import pytest
from crowd import Crowd, at, proxied_site
from site_steps import new_mails, quick_site, requests, store
from wire import FORM_TYPE
from work import (decoded, derived, encoded, fetch, form, is_accepted, level_of, seal_of, search, send,
                  solution_for, solve)

TOO_QUICK = "Det gikk litt fort"
MORE_WORK = "Det er uvanlig mange forespørsler akkurat nå, så nettleseren"
RENEWED = "Skjemaet hadde stått åpent lenge"
SLOW_FORM = {"PwResetFormAge": "60s", "PwResetWork": "16"}
ROWS = "SELECT COUNT(*) FROM pwreset_outbox"


@pytest.fixture(scope="module")
def working(keeper):
    """No form is old enough here: what is accepted, was accepted for its work."""
    with quick_site(keeper, directives=SLOW_FORM) as started:
        yield started


@pytest.fixture(scope="module")
def pressed(keeper):
    """Whoever has asked once must work more, or solve a captcha."""
    directives = {**SLOW_FORM, "PwResetFormAge": "0s", "PwResetClientLimits": "1 500 30000"}
    with proxied_site(keeper, directives=directives) as started:
        yield started


def assert_comes_back(site, page, name, sentence=TOO_QUICK):
    """The form, filled in, with a fresh seal and this sentence."""
    assert (page.status, page.heading) == (422, "Glemt ditt passord?")
    assert sentence in page.text
    assert page.form.named("name").value == name
    assert page.form.named("altcha").value == ""
    assert opened.open_seal(site, opened.FORM, seal_of(page))


def assert_refused(site, page, solution, sentence=TOO_QUICK):
    """No row is written for this form with this solution."""
    before = requests(site)
    assert_comes_back(site, send(site, "ingen", page, solution), "ingen", sentence)
    assert requests(site) <= before


def rows_of(site, page):
    return store(site, f"{ROWS} WHERE id = ?",
                 opened.open_seal(site, opened.FORM, seal_of(page)))[0][0]


def test_a_solution_is_accepted_at_once(working):
    person, page = working.someone(), form(working)
    assert is_accepted(send(working, person.uid, page, solution_for(working, page)))
    assert working.mail_to(person.mails[0])


def test_without_a_solution_only_the_forms_age_lets_through(working):
    assert_refused(working, form(working), "")


def test_a_solution_makes_one_request_a_name_however_often_it_is_sent(working):
    person, other, page = working.someone(), working.someone(), form(working)
    solution = solution_for(working, page)

    def send_again(_number):
        return send(working, person.uid, page, solution)

    def send_often():
        with ThreadPoolExecutor(16) as crowd:
            answers.extend(crowd.map(send_again, range(50)))
        answers.append(send(working, other.uid, page, solution))
        working.httpd.restart()
        answers.append(send_again(51))

    answers = []
    mails = new_mails(working, send_often)
    assert all(is_accepted(answer) for answer in answers)
    assert sorted(mail.to for mail in mails) == sorted([person.mails, other.mails])
    assert rows_of(working, page) == 1


def test_a_solution_belongs_to_its_form(working):
    theirs, mine = form(working), form(working)
    assert_refused(working, mine, solution_for(working, theirs))
    assert rows_of(working, theirs) == 0


def test_a_solution_of_another_site_is_refused(working, pressed):
    page, foreign = form(working), form(pressed)
    solution = solution_for(pressed, foreign)
    assert_refused(working, page, solution)
    page.form.named("seal").value = seal_of(foreign)
    assert_refused(working, page, solution, RENEWED)


def altered(solved, path, value):
    """A copy with another value at this path."""
    made = copy.deepcopy(solved)
    place = made
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return encoded(made)


@pytest.mark.parametrize("path, value", [
    (("challenge", "parameters", "expiresAt"), 4102444800),
    (("challenge", "parameters", "cost"), 1),
    (("challenge", "parameters", "keyPrefix"), ""),
    (("challenge", "parameters", "keyLength"), 16),
    (("challenge", "parameters", "algorithm"), "SHA-256"),
    (("challenge", "parameters", "data", "level"), 1),
    (("challenge", "parameters", "data", "most"), 1),
    (("challenge", "parameters", "salt"), "00" * 16),
    (("challenge", "parameters", "more"), 1),
    (("challenge", "signature"), "0" * 64),
    (("challenge", "signature"), ""),
    (("challenge", "signature"), None),
    (("challenge", "parameters"), []),
    (("solution", "derivedKey"), "0" * 64),
    (("solution", "counter"), -1),
    (("solution", "counter"), 2 ** 63),
    (("solution", "counter"), "1"),
    (("solution", "counter"), [1]),
    (("solution",), None),
    (("challenge",), {})], ids=str)
def test_an_altered_solution_is_refused(working, path, value):
    page = form(working)
    solved = decoded(solution_for(working, page))
    assert_refused(working, page, altered(solved, path, value))
    assert is_accepted(send(working, "ingen", page, encoded(solved)))


def test_a_counter_that_does_not_solve_it_is_refused(working):
    page = form(working)
    solved = decoded(solution_for(working, page))
    counter = solved["solution"]["counter"] + 1
    key = derived(solved["challenge"]["parameters"], counter)
    assert_refused(working, page, encoded({**solved, "solution": {"counter": counter,
                                                                  "derivedKey": key}}))


@pytest.mark.parametrize("life", [-1, 8 * 86400])
def test_work_that_has_expired_or_lives_too_long_is_refused_though_truly_signed(working, life):
    page = form(working)
    challenge = fetch(working, seal_of(page))
    expires = challenge["parameters"]["expiresAt"] - 12 * 3600 + life
    late = opened.signed_again(working, challenge, expiresAt=expires)
    assert_refused(working, page, solve(late))
    same = opened.signed_again(working, challenge)
    assert is_accepted(send(working, "ingen", page, solve(same)))


@pytest.mark.parametrize("age", [12 * 3600 + 5, -60])
def test_a_form_that_is_too_old_or_of_tomorrow_is_renewed_whatever_its_work(working, age):
    nonce = opened.open_seal(working, opened.FORM, seal_of(form(working)))
    page = form(working)
    page.form.named("seal").value = opened.make_seal(working, opened.FORM, nonce, age)
    solution = solution_for(working, page)
    assert_refused(working, page, solution, RENEWED)


@pytest.mark.parametrize("solution", [
    "", "e30=", "bnVsbA==", "W10=", "x", "null", "{}", "A" * 1500, "A" * 1536, "A" * 1537,
    "A" * 15000, base64.b64encode(b'{"challenge":' * 100).decode(),
    base64.b64encode(b'{"challenge":"a","salt":"\xff"}').decode(), "PWRhdGE", " ", "\u00e6" * 500,
    encoded({"challenge": {"parameters": {}, "signature": ""}, "solution": {}})],
    ids=lambda text: text[:12])
def test_what_is_no_solution_is_refused(working, solution):
    assert_refused(working, form(working), solution)


@pytest.mark.parametrize("fields, status", [
    ([("name", "ingen")], 422),
    ([("name", "ingen"), ("altcha[]", "x"), ("altcha[0]", "y")], 422),
    ([("name", "ingen"), ("altcha", "a"), ("altcha", "b")], 400),
    ([("name", "ingen"), ("altcha", "a" * 17000)], 413)],
    ids=["missing", "array", "twice", "huge"])
def test_a_field_that_is_missing_or_of_another_shape_leaves_no_row(working, fields, status):
    before, page = requests(working), form(working)
    body = urlencode([("seal", seal_of(page)), *fields]).encode()
    answer = working.browser.request("POST", f"{working.reset_url}/", body, {
        "Content-Type": FORM_TYPE, "Sec-Fetch-Site": "same-origin"})
    assert answer.status == status
    if status == 422:
        assert_comes_back(working, answer, "ingen")
    assert requests(working) <= before


def test_work_of_a_lower_level_does_not_do_and_of_the_asked_level_does(pressed):
    client = next(Crowd.clients)
    page = form(pressed, headers=at(client))
    silent = fetch(pressed, seal_of(page), headers=at(client))
    Crowd(pressed).press(client)
    before = requests(pressed)
    back = send(pressed, "ingen", page, solve(silent), at(client))
    assert_comes_back(pressed, back, "ingen", MORE_WORK)
    assert "data-work-progress" in back.html
    lied = opened.signed_again(pressed, silent, {"level": 1})
    back = send(pressed, "ingen", page, encoded(search(lied)), at(client))
    assert requests(pressed) <= before
    harder = fetch(pressed, seal_of(back), headers=at(client))
    assert (level_of(silent), level_of(harder)) == (0, 1)
    assert is_accepted(send(pressed, "ingen", back, solve(harder), at(client)))


@pytest.mark.parametrize("query", ["", "?seal=", "?seal=AAAA", "?sael=x", "?seal=" + "A" * 4000],
                         ids=lambda text: text[:12])
def test_no_work_is_given_for_what_is_no_form(working, query):
    page = working.browser.get(f"{working.reset_url}/challenge{query}",
                               headers={"Accept": "application/json"})
    assert (page.status, page.headers["Content-Type"]) == (400, "application/problem+json")
    assert json.loads(page.body)["status"] == 400
