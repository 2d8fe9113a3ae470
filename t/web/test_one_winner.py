"""Of many who use a link at the same moment one wins, and the directory is written to once."""
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from site_steps import ask_for_link, path_of, quick_site, settle, store, token_of
from wire import Http2, connect, form_body, form_headers, head, read_answer

from kit import people

CROWD = 50


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper) as started:
        yield started


@pytest.fixture
def person(quick):
    return quick.someone()


def attempts(links):
    """Fifty posts of fifty passwords, dealt out over these links."""
    return [{"token": token_of(links[number % len(links)]), "first": f"Passord-nummer-{number}",
             "second": f"Passord-nummer-{number}"} for number in range(CROWD)]


def by_http1(site, posts):
    """Each on a connection of its own; the last bytes of all leave at the same moment."""
    path = path_of(f"{site.reset_url}/r")
    barrier = Barrier(len(posts))

    def post(pairs):
        body = form_body(pairs)
        with connect(site) as connection:
            connection.sendall(head(f"POST {path} HTTP/1.1", form_headers(site, body)))
            barrier.wait(30)
            connection.sendall(body)
            return read_answer(connection)

    with ThreadPoolExecutor(len(posts)) as crowd:
        return list(crowd.map(post, posts))


def by_http2(site, posts):
    """All in one write on one connection."""
    with Http2(site) as connection:
        streams = [connection.post(path_of(f"{site.reset_url}/r"), pairs) for pairs in posts]
        return connection.wait(*streams)


def check_one_winner(site, person, links, race):
    posts = attempts(links)
    mails_before = len([mail for mail in site.inbox.all() if mail.to == person.mails])
    writes_before = site.slapd.password_writes()
    answers = race(site, posts)
    winners = [number for number, answer in enumerate(answers) if answer.status == 303]
    assert len(winners) == 1
    assert answers[winners[0]].header("Location") == path_of(f"{site.reset_url}/done")
    assert site.slapd.password_writes() - writes_before == 1
    assert len(site.slapd.person(person.uid)["pwdHistory"]) == 1
    losers = [answer for number, answer in enumerate(answers) if number not in winners]
    for answer in losers:
        assert answer.status == 410
        assert "<h1>Lenken virker ikke lenger</h1>" in answer.body.decode()
        assert b"Passord-nummer" not in answer.body and b"error" not in answer.body
    assert site.can_bind(person.uid, posts[winners[0]]["first"])
    assert not site.can_bind(person.uid, people.PASSWORD)
    settle(site)
    mails = [mail for mail in site.inbox.all() if mail.to == person.mails]
    assert len(mails) - mails_before == 1 and mails[-1].subject.endswith("er endret")
    states = store(site, "SELECT state, claim FROM pwreset_tokens WHERE login = ?", person.uid)
    assert states == [(2, "")] * len(links)


@pytest.mark.parametrize("race", [by_http1, by_http2])
def test_one_of_fifty_passwords_posted_with_one_link_is_set(quick, person, race):
    check_one_winner(quick, person, [ask_for_link(quick, person)], race)


@pytest.mark.parametrize("race", [by_http1, by_http2])
def test_one_of_fifty_passwords_posted_with_two_links_of_an_account_is_set(quick, person, race):
    links = [ask_for_link(quick, person) for _ in range(2)]
    check_one_winner(quick, person, links, race)


@pytest.mark.parametrize("race", [by_http1, by_http2])
def test_fifty_refused_passwords_leave_the_link_alive(quick, person, race):
    link = ask_for_link(quick, person)
    posts = [{**pairs, "first": people.PASSWORD, "second": people.PASSWORD}
             for pairs in attempts([link])]
    answers = race(quick, posts)
    assert {answer.status for answer in answers} <= {422, 410}
    assert 422 in {answer.status for answer in answers}
    assert quick.set_password(link, "Sju-lange-netter-7").heading == "Passordet er endret"
    assert quick.can_bind(person.uid, "Sju-lange-netter-7")


@pytest.mark.parametrize("race", [by_http1, by_http2])
def test_links_of_different_accounts_do_not_hinder_each_other(quick, race):
    persons = [quick.someone() for _ in range(10)]
    posts = attempts([ask_for_link(quick, person) for person in persons])[:len(persons)]
    assert {answer.status for answer in race(quick, posts)} == {303}
    assert all(quick.can_bind(person.uid, pairs["first"])
               for person, pairs in zip(persons, posts))
