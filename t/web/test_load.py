"""Crowds: an office behind one address is served, a spray over the site raises the level for all,
and a queue that is full says so."""
import json
import re

import pytest
from crowd import Crowd, at, proxied_site
from opened import open_captcha
from site_steps import quick_site, settle, store
from work import level_of, solve
from workers import mute, wait_until, waiting_rows, worker_of

OFFICE = "192.0.2.20"
READY = "resuming normal operations"
CAPTCHA = re.compile(rb'name="captcha" value="([^"]+)"')
HELD = re.compile(rb'name="held" value="([^"]+)"')
FULL = "PWR0802"


@pytest.fixture
def default_site(keeper):
    """The limits as they are when nobody sets them; only the browsers' work is made short, and 300
    people at once may all have a picture. By default those beyond PwResetDrawings wait."""
    directives = {"PwResetClientLimits": None, "PwResetSiteLimits": None, "PwResetWork": "16",
                  "PwResetDrawings": "1000"}
    with proxied_site(keeper, directives=directives) as started:
        yield started


def work_for(crowd, client, seal):
    return json.loads(crowd.request("GET", f"{crowd.path}/challenge?seal={seal}",
                                    headers=at(client))[2])


def ask_with_script(crowd, client, name):
    """A person whose browser works as often as it is asked to: the statuses met, whether the last
    work was harder, and where it led."""
    statuses = []
    for _ in range(3):
        seal = crowd.form(client)
        work = work_for(crowd, client, seal)
        status, location, _ = crowd.post(client, seal=seal, name=name, altcha=solve(work))
        statuses.append(status)
        if status != 422:
            break
    return statuses, level_of(work) > 0, location


def ask_without_script(crowd, client, name):
    """The same of a person who marks the pictures when asked to."""
    status, location, _ = crowd.post(client, seal=crowd.form(client), name=name)
    statuses = [status]
    if "/c/" in location:
        headers = at(client)
        _, _, page = crowd.request("GET", location, headers=headers)
        sealed = CAPTCHA.search(page)[1].decode()
        drawn, _, _ = crowd.request("GET", f"{crowd.path}/c/picture/{sealed}", headers=headers)
        marks = dict.fromkeys(open_captcha(crowd.site, sealed).squares, "on")
        status, location, _ = crowd.post(client, "/c", held=HELD.search(page)[1].decode(),
                                         captcha=sealed, way="picture", **marks)
        statuses += [drawn, status]
    return statuses, len(statuses) > 1, location


@pytest.mark.parametrize("ask", [ask_with_script, ask_without_script],
                         ids=["with script", "without script"])
def test_three_hundred_people_behind_one_address_are_all_served(default_site, ask):
    crowd = Crowd(default_site)
    answers = crowd.each(lambda number: ask(crowd, OFFICE, f"ingen-{number}"), range(300))
    assert all("/sent/" in location for _, _, location in answers)
    assert {status for statuses, _, _ in answers for status in statuses} <= {200, 303, 422}
    assert store(default_site, "SELECT COUNT(*) FROM pwreset_outbox") == [(300,)]
    assert {is_harder for _, is_harder, _ in answers} == {False, True}


def test_a_spray_raises_the_level_for_all_refuses_nobody_and_the_level_falls_again(keeper):
    limits = {"PwResetSiteLimits": "1180 1200", "PwResetWork": "16"}
    with proxied_site(keeper, directives=limits) as site:
        crowd, stranger = Crowd(site), "192.0.2.30"

        def level_for(client):
            return level_of(work_for(crowd, client, crowd.form(client)))

        assert level_for(stranger) == 0
        clients = [next(Crowd.clients) for _ in range(2400)]
        spray = crowd.each(lambda client: crowd.post(client, seal="", name="ingen")[0], clients)
        assert set(spray) == {422}
        assert level_for(stranger) == 1
        statuses, _, location = ask_without_script(crowd, stranger, "ingen")
        assert statuses == [303, 200, 303] and "/sent/" in location
        wait_until(lambda: level_for(stranger) == 0, 30, "the calm after it")
        assert crowd.ask(next(Crowd.clients), "ingen") == (303, "sent")


@pytest.fixture
def small_queue(keeper):
    with quick_site(keeper, directives={"PwResetBacklog": "10"}) as started:
        started.httpd.wait_for_log(READY)
        yield started


def fill_queue(site):
    """More people than the queue has room for, and those of them that were accepted."""
    persons = [site.someone() for _ in range(12)]
    said = site.httpd.error_log.stat().st_size
    for person in persons:
        assert site.ask(person.uid, follow=False).status == 303
    site.httpd.wait_for_log(FULL, said)
    return persons


def assert_full(site):
    for name in ("kari", "ingen"):
        page = site.ask(name, follow=False)
        assert (page.status, page.heading) == (503, "Det gikk ikke")
        assert page.headers["Retry-After"] == "300" and page.headers["Cache-Control"] == "no-store"
    problem = site.browser.post(f"{site.reset_url}/", follow=False, pairs={
        "seal": site.browser.get(f"{site.reset_url}/").form.named("seal").value, "name": "ingen"},
        headers={"Accept": "application/json"})
    assert (problem.status, json.loads(problem.body)["status"]) == (503, 503)


@pytest.mark.parametrize("is_restarted", [False, True], ids=["as it is", "graceful restart"])
def test_a_full_queue_takes_no_more_and_mails_all_that_it_took(small_queue, is_restarted):
    with mute(small_queue.smtp):
        persons = fill_queue(small_queue)
        assert_full(small_queue)
        if is_restarted:
            said, worker = small_queue.httpd.error_log.stat().st_size, worker_of(small_queue)
            small_queue.httpd.graceful()
            assert worker_of(small_queue, other_than=worker)
            small_queue.httpd.wait_for_log(FULL, said)
            assert_full(small_queue)
        assert waiting_rows(small_queue) == len(persons)
        said = small_queue.httpd.error_log.stat().st_size
    for person in persons:
        small_queue.mail_to(person.mails[0], 30)
    settle(small_queue)
    small_queue.httpd.wait_for_log(FULL, said)
    later = small_queue.someone()
    assert small_queue.ask(later.uid).heading == "Sjekk e-posten din"
    small_queue.mail_to(later.mails[0])
    assert len(small_queue.inbox.paths()) == len(persons) + 1
