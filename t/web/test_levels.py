"""What the gate asks of a client depends on how much that client has asked lately: more work, a
captcha, and only then to come again."""
import json
import time

import pytest
from crowd import Crowd, at, proxied_site, remote_lines, browser_at
from site_steps import quick_site, store
from work import (HARDER, fetch, form, is_accepted, is_sent_to_captchas, level_of, most_of, seal_of,
                  send, solution_for)

from kit import people

OPEN_SITE = {"PwResetSiteLimits": "1000000 2000000"}
MORE_WORK = "Det er uvanlig mange forespørsler akkurat nå, så nettleseren må regne litt lenger."
CAPTCHAS = "Bekreft at du ikke er en robot"
TOO_MANY = "For mange forsøk. Vent noen minutter, og prøv igjen."
NAMES = ["kari", "kari@example.org", people.DISABLED, people.SHARED_MAIL, people.NOMAIL, "ingen"]


@pytest.fixture(scope="module")
def near(keeper):
    """A few requests of one client lead through all levels, and only time leads back."""
    directives = {**OPEN_SITE, "PwResetClientLimits": "2 4 8", "PwResetWork": "16"}
    with proxied_site(keeper, directives=directives) as started:
        yield started


def press(site, client, count):
    for _ in range(count):
        Crowd(site).press(client)


def test_a_form_whose_work_is_done_is_accepted_at_once_and_another_must_be_of_some_age(site):
    person = site.someone()
    assert is_accepted(send(site, person.uid))
    site.mail_to(person.mails[0])
    assert send(site, person.uid, solution="").status == 422
    assert site.ask(person.uid).heading == "Sjekk e-posten din"  # after PwResetFormAge


def test_a_busy_client_is_asked_for_harder_work_and_is_served_for_it(near):
    client = next(Crowd.clients)
    calm = fetch(near, seal_of(form(near, headers=at(client))), headers=at(client))
    press(near, client, 2)
    page = form(near, headers=at(client))
    assert "data-work-progress" in page.html
    harder = fetch(near, seal_of(page), headers=at(client))
    assert (level_of(calm), level_of(harder)) == (0, 1)
    assert most_of(harder) == HARDER * most_of(calm) == HARDER * 2 * 16
    assert is_accepted(send(near, "ingen", page, headers=at(client)))


def test_a_browser_that_worked_too_little_may_work_more_and_loses_nothing(near):
    client = next(Crowd.clients)
    page = form(near, headers=at(client))
    solution = solution_for(near, page, headers=at(client))
    press(near, client, 2)
    back = send(near, "ingen", page, solution, at(client))
    assert (back.status, back.form.named("name").value) == (422, "ingen")
    assert MORE_WORK in back.text and "data-work-progress" in back.html
    assert is_accepted(send(near, "ingen", back, headers=at(client)))


def test_a_busy_client_without_script_and_a_busier_one_with_it_get_the_captchas(near):
    client, busier = next(Crowd.clients), next(Crowd.clients)
    press(near, client, 2)
    page = near.ask("ingen", browser_at(near, client))
    assert (page.hops, page.heading) == ([303], CAPTCHAS)
    press(near, busier, 4)
    assert is_sent_to_captchas(send(near, "ingen", headers=at(busier)))


def test_too_many_are_refused_with_the_time_to_come_again_and_that_time_is_true(make_site):
    site = make_site(directives={"PwResetFormAge": "0s", "PwResetClientLimits": "1 2 240",
                                 **OPEN_SITE})
    crowd = Crowd(site)
    crowd.each(crowd.press, [""] * 260)
    page = form(site)
    refused = send(site, "kari", page, "")
    assert (refused.status, refused.heading) == (429, "Det gikk ikke")
    assert TOO_MANY in refused.text and refused.headers["Cache-Control"] == "no-store"
    wait = int(refused.headers["Retry-After"])
    assert 1 <= wait <= 3
    problem = send(site, "kari", page, "", {"Accept": "application/json"})
    assert (problem.status, problem.headers["Content-Type"]) == (429, "application/problem+json")
    assert json.loads(problem.body) == {
        "type": "about:blank", "title": "Too Many Requests", "status": 429, "detail": TOO_MANY}
    assert problem.headers["Retry-After"]
    time.sleep(wait)
    assert is_sent_to_captchas(send(site, "kari", page, ""))


def test_the_level_falls_again_with_time_alone(make_site):
    site = make_site(directives={"PwResetFormAge": "0s", "PwResetClientLimits": "300 301 600",
                                 **OPEN_SITE})
    crowd = Crowd(site)
    crowd.each(crowd.press, [""] * 304)
    assert is_sent_to_captchas(send(site, "ingen", solution=""))
    deadline = time.monotonic() + 30
    while "data-work-progress" in form(site).html:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert is_accepted(send(site, "ingen", solution=""))


def steps_of(site, name, client, step):
    """What the client sees at one attempt with this name."""
    headers = at(client)
    page = form(site, headers=headers)
    work = fetch(site, seal_of(page), headers=headers)
    answer = send(site, name, page, "" if step % 2 else None, headers)
    return ("data-work-progress" in page.html, level_of(work), answer.status,
            is_sent_to_captchas(answer), is_accepted(answer), TOO_MANY in answer.text,
            MORE_WORK in answer.text)


def test_the_levels_are_the_same_whoever_is_asked_for(near):
    clients = {name: next(Crowd.clients) for name in NAMES}
    met = []
    for step in range(20):
        seen = {name: steps_of(near, name, clients[name], step) for name in NAMES}
        assert len(set(seen.values())) == 1, (step, seen)
        met.append(seen["kari"])
    levels, statuses = ({step[part] for step in met} for part in (1, 2))
    assert (levels, statuses) == ({0, 1}, {303, 429})


@pytest.fixture
def untold(keeper):
    """Nobody told httpd of a proxy."""
    directives = {**OPEN_SITE, "PwResetClientLimits": "2 400 800"}
    with quick_site(keeper, directives=directives) as started:
        yield started


def test_headers_that_httpd_was_not_told_to_trust_neither_split_nor_move_a_count(untold):
    names = ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "True-Client-IP"]
    assert level_of(fetch(untold, seal_of(form(untold)))) == 0
    for number in range(2):
        headers = dict.fromkeys(names, f"192.0.2.{number}")
        assert is_accepted(send(untold, "ingen", solution="", headers=headers))
    for name in names:
        other = fetch(untold, seal_of(form(untold)), headers={name: "192.0.2.99"})
        assert level_of(other) == 1
    clients = store(untold, "SELECT DISTINCT client FROM pwreset_outbox")
    assert clients == [("127.0.0.1",)]


def level_at(site, client):
    return level_of(fetch(site, seal_of(form(site)), headers=at(client)))


@pytest.mark.parametrize("busy, same, others", [
    ("192.0.2.7", ["192.0.2.7", "::ffff:192.0.2.7"], ["192.0.2.6", "192.0.3.7", "::192.0.2.7"]),
    ("2001:db8:1:2::1", ["2001:db8:1:2::2", "2001:db8:1:2:ffff:ffff:ffff:ffff"],
     ["2001:db8:1:3::1", "2001:db8:1:1::1"])], ids=["IPv4", "IPv6"])
def test_a_client_is_an_address_or_the_first_64_bits_of_a_long_one(near, busy, same, others):
    press(near, busy, 4)
    assert [level_at(near, client) for client in same] == [1] * len(same)
    assert [level_at(near, client) for client in others] == [0] * len(others)


def test_a_hundred_addresses_of_one_network_are_one_client(make_site):
    site = make_site(server_lines=remote_lines(), directives={
        **OPEN_SITE, "PwResetClientPrefix4": "24", "PwResetClientPrefix6": "48",
        "PwResetClientLimits": "2 4 8"})
    for network in ("192.0.2.{}", "2001:db8:7:{}::1"):
        crowd = Crowd(site)
        crowd.each(crowd.press, [network.format(number) for number in range(100)])
        assert crowd.ask(network.format(200), "ingen") == (429, "")
    assert level_at(site, "192.0.3.1") == level_at(site, "2001:db8:8::1") == 0

