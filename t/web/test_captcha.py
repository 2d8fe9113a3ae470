"""The page with the captchas, without script: each way through works once, and no other way does."""
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import opened
import pytest
import work
from crowd import Crowd, proxied_site, browser_at
from opened import (answer_by_picture, answer_by_sound, answer_by_waiting, form_for, open_seal,
                    answer_by_work, captcha_on)
from site_steps import ask_for_link, new_mails, requests, store

CAPTCHAS = "Bekreft at du ikke er en robot"
SENT = "Sjekk e-posten din"
WRONG = "Det ble ikke riktig. Her er en ny oppgave."
EARLY = "Ventetiden er ikke over ennå."
ROWS = "SELECT COUNT(*) FROM pwreset_outbox"
WAIT = 2
NO_CAPTCHA = "Bilder og lyder kan ikke vises akkurat nå."


@pytest.fixture(scope="module")
def strict(keeper):
    """Whoever asks for the third time meets a captcha; waiting is short."""
    directives = {"PwResetClientLimits": "1 2 600", "PwResetSiteLimits": "100000 200000",
                  "PwResetWait": f"{WAIT}s", "PwResetWork": "16"}
    with proxied_site(keeper, directives=directives) as started:
        yield started


@pytest.fixture(scope="module")
def patient(keeper):
    """Where nobody's waiting ends during a test."""
    directives = {"PwResetClientLimits": "1 2 600", "PwResetWait": "10min"}
    with proxied_site(keeper, directives=directives) as started:
        yield started


def busy_browser(site):
    """A client of its own that has asked so often that a captcha is next."""
    client = next(Crowd.clients)
    for _ in range(3):
        Crowd(site).press(client)
    return browser_at(site, client)


def captchas_for(site, name, browser=None):
    """The page with the captchas, for this name."""
    page = site.ask(name, browser or busy_browser(site))
    assert (page.status, page.hops, page.heading) == (200, [303], CAPTCHAS)
    return page


def nonce_of(site, page):
    held = open_seal(site, opened.HELD, form_for(page, "wait").named("held").value)
    return open_seal(site, opened.FORM, held.split("\n")[1])


def assert_new_captcha(site, old, page, sentence=WRONG):
    assert (page.status, page.heading) == (422, CAPTCHAS)
    assert page.title.startswith("Feil: ") and sentence in page.text
    for name in ("captcha", "held"):
        was = form_for(old, "picture").named(name).value
        assert (form_for(page, "picture").named(name).value == was) == (name == "held")
    assert store(site, f"{ROWS} WHERE id = ?", nonce_of(site, page)) == [(0,)]


@pytest.mark.parametrize("way", [answer_by_picture, answer_by_sound, answer_by_waiting,
                                 answer_by_work], ids=["picture", "sound", "waiting", "work"])
def test_each_way_lets_through_and_one_answer_mails_once(strict, way):
    person, browser = strict.someone(), busy_browser(strict)
    page = captchas_for(strict, person.uid, browser)
    if way is answer_by_waiting:
        time.sleep(WAIT)
    answers = []
    mails = new_mails(strict, lambda: answers.extend(way(strict, page, browser) for _ in range(3)))
    assert [(answer.hops, answer.heading) for answer in answers] == [([303], SENT)] * 3
    assert f"«{person.uid}»" in answers[0].text
    assert [mail.to for mail in mails] == [person.mails]


def test_wrong_pictures_give_a_new_captcha_whichever_are_wrong(patient):
    browser = busy_browser(patient)
    page = captchas_for(patient, "ingen", browser)
    for choose in (lambda captcha: [], lambda captcha: captcha.wrong, lambda captcha: captcha.squares[1:],
                   lambda captcha: captcha.squares + captcha.wrong[:1],
                   lambda captcha: captcha.squares + captcha.wrong):
        squares = choose(captcha_on(patient, page))
        back = answer_by_picture(patient, page, browser, squares)
        assert_new_captcha(patient, page, back)
        page = back
    assert answer_by_picture(patient, page, browser).heading == SENT


@pytest.mark.parametrize("typed", ["", "-1", "99", "x", "0x0", "00", " 0", None], ids=repr)
def test_a_wrong_sound_gives_a_new_captcha(patient, typed):
    browser = busy_browser(patient)
    page = captchas_for(patient, "ingen", browser)
    form = form_for(page, "sound")
    # The right answer is made the first one, which a careless reader of numbers takes these for.
    captcha = form.named("captcha")
    letters = open_seal(patient, opened.CAPTCHA, captcha.value)[:-1] + "a"
    captcha.value = opened.make_seal(patient, opened.CAPTCHA, letters)
    chosen = {} if typed is None else {"sound": typed}
    form.fields = [field for field in form.fields if field.name != "sound"]
    assert_new_captcha(patient, page, browser.submit(page, form, way="sound", **chosen))
    back = answer_by_sound(patient, page, browser, captcha_on(patient, page).sound + 1)
    assert_new_captcha(patient, page, back)


def aged_captcha(site, page, age):
    """Puts the page's captcha back as one that was made `age` seconds ago."""
    for way in ("picture", "sound"):
        captcha = form_for(page, way).named("captcha")
        captcha.value = opened.make_seal(site, opened.CAPTCHA, open_seal(site, opened.CAPTCHA, captcha.value), age)
    return captcha.value


@pytest.mark.parametrize("way", [answer_by_picture, answer_by_sound], ids=["picture", "sound"])
def test_a_right_answer_counts_for_an_hour_after_its_captcha_was_made(patient, way):
    browser = busy_browser(patient)
    page = captchas_for(patient, "ingen", browser)
    aged_captcha(patient, page, 3600 + 5)
    page_after = way(patient, page, browser)
    assert_new_captcha(patient, page, page_after)
    aged_captcha(patient, page_after, 3600 - 30)
    assert way(patient, page_after, browser).heading == SENT


def test_a_captcha_is_drawn_for_an_hour(patient):
    page = captchas_for(patient, "ingen")
    for way in ("picture", "sound"):
        for age, status in ((3600 - 30, 200), (3600 + 5, 404)):
            captcha = aged_captcha(patient, page, age)
            assert patient.browser.get(f"{patient.reset_url}/c/{way}/{captcha}").status == status, way


def test_waiting_does_not_let_through_before_its_time_which_the_page_says(patient):
    person, browser = patient.someone(), busy_browser(patient)
    page = captchas_for(patient, person.uid, browser)
    held = form_for(page, "wait").named("held").value
    ready = datetime.fromtimestamp(time.time() + 600, ZoneInfo("Europe/Oslo"))
    seen = page.text.partition("Vent i 10 minutter, og trykk på knappen etter kl. ")[2][:8]
    said = datetime.strptime(seen, "%H.%M.%S").replace(
        year=ready.year, month=ready.month, day=ready.day, tzinfo=ready.tzinfo)
    assert abs((said - ready).total_seconds()) < 10
    back = answer_by_waiting(patient, page, browser)
    assert_new_captcha(patient, page, back, f"{EARLY} Trykk på knappen etter kl. {seen}.")
    # Ten minutes later: the test cannot wait, but it can make the seal of ten minutes ago.
    form_for(back, "wait").named("held").value = opened.make_seal(
        patient, opened.HELD, open_seal(patient, opened.HELD, held), 600)
    assert answer_by_waiting(patient, back, browser).heading == SENT
    assert patient.mail_to(person.mails[0])


def test_a_wrong_answer_costs_nobody_his_place_in_waiting(strict):
    person, browser = strict.someone(), busy_browser(strict)
    page = captchas_for(strict, person.uid, browser)
    begun = time.monotonic()
    page = answer_by_picture(strict, page, browser, [])
    early = answer_by_waiting(strict, page, browser)
    assert EARLY in early.text
    time.sleep(max(0, begun + WAIT - time.monotonic()))
    assert answer_by_waiting(strict, early, browser).heading == SENT


@pytest.mark.parametrize("way", [answer_by_picture, answer_by_sound], ids=["picture", "sound"])
def test_a_captcha_that_was_solved_for_another_request_does_not_count(patient, way):
    browser = busy_browser(patient)
    solved = captchas_for(patient, "ingen", browser)
    page = captchas_for(patient, "finnes-ikke", browser)
    for form in page.forms:
        for field in form.fields:
            if field.name == "captcha":
                field.value = form_for(solved, "picture").named("captcha").value
    back = way(patient, page, browser)
    assert (back.status, back.heading) == (422, CAPTCHAS) and WRONG in back.text
    assert way(patient, solved, browser).heading == SENT


@pytest.mark.parametrize("solve", [
    lambda site, browser, seal: "",
    lambda site, browser, seal: work.solve(work.fetch(site, seal, browser)),
    lambda site, browser, seal: work.solve(work.fetch(
        site, browser.get(f"{site.reset_url}/").form.named("seal").value, browser,
        path="/challenge/long"))], ids=["none", "that of a form", "that of another request"])
def test_work_that_is_not_the_long_one_for_this_request_lets_nobody_through(strict, solve):
    browser = busy_browser(strict)
    page = captchas_for(strict, "ingen", browser)
    form = form_for(page, "work")
    back = browser.submit(page, form, altcha=solve(strict, browser, form.named("seal").value))
    assert_new_captcha(strict, page, back, "Kontrollen ble ikke fullført.")
    assert answer_by_work(strict, back, browser).heading == SENT


@pytest.mark.parametrize("way, answers", [
    (answer_by_picture, lambda captcha: [captcha.wrong, captcha.squares]),
    (answer_by_sound, lambda captcha: [captcha.sound + 1, captcha.sound])], ids=["picture", "sound"])
def test_a_captcha_that_was_answered_wrongly_is_spent(patient, way, answers):
    browser = busy_browser(patient)
    page = captchas_for(patient, "ingen", browser)
    wrong, right = answers(captcha_on(patient, page))
    for answer in (wrong, right, right):
        back = way(patient, page, browser, answer)
        assert_new_captcha(patient, page, back)
    assert way(patient, back, browser).heading == SENT


def test_of_all_answers_to_a_captcha_at_once_one_counts(patient):
    crowd, passed = Crowd(patient), []
    for _ in range(6):
        page = captchas_for(patient, "ingen")
        form = form_for(page, "sound")
        fields = {"held": form.named("held").value, "captcha": form.named("captcha").value}
        client = next(crowd.clients)
        answers = crowd.each(
            lambda sound: crowd.post(client, "/c", way="sound", sound=str(sound), **fields)[0],
            range(7))
        passed.append(answers.count(303))
        assert set(answers) <= {303, 422} and passed[-1] <= 1
    assert 0 in passed  # by chance all six are solved once in a hundred thousand runs


@pytest.mark.parametrize("name", ["captcha", "held"])
@pytest.mark.parametrize("value", ["", "AAAA", "A" * 300, None],
                         ids=["empty", "short", "long", "gone"])
def test_a_made_up_captcha_or_request_lets_nothing_through(patient, name, value):
    before, browser = requests(patient), busy_browser(patient)
    page = captchas_for(patient, "ingen", browser)
    squares, form = captcha_on(patient, page).squares, form_for(page, "picture")
    form.named(name).value = value
    back = browser.submit(page, form, way="picture", **dict.fromkeys(squares, "on"))
    assert back.heading == (CAPTCHAS if name == "captcha" else "Glemt ditt passord?")
    assert requests(patient) <= before


@pytest.mark.parametrize("way", ["", "sums", "PICTURE", "wait ", None], ids=repr)
def test_a_way_that_there_is_not_lets_nothing_through(strict, way):
    browser = busy_browser(strict)
    page = captchas_for(strict, "ingen", browser)
    squares = dict.fromkeys(captcha_on(strict, page).squares, "on")
    back = browser.submit(page, form_for(page, "picture"), **squares,
                          **({} if way is None else {"way": way}))
    assert_new_captcha(strict, page, back)


def test_seals_of_other_purposes_are_no_requests_and_no_captchas(patient):
    browser = busy_browser(patient)
    page = captchas_for(patient, "ingen", browser)
    captcha, held = (form_for(page, "picture").named(name).value for name in ("captcha", "held"))
    seal = browser.get(f"{patient.reset_url}/").form.named("seal").value
    for path in (f"picture/{held}", f"sound/{seal}", f"picture/{captcha}A", "sound/"):
        assert browser.get(f"{patient.reset_url}/c/{path}").status == 404
    for path in (captcha, seal, held[:-2], ""):
        assert browser.get(f"{patient.reset_url}/c/{path}").heading == "Glemt ditt passord?"


@pytest.mark.parametrize("part, kind, magic, most", [
    ("picture", "image/png", b"\x89PNG", 1), ("sound", "audio/wav", b"RIFF", 3)])
def test_a_captcha_is_drawn_once_or_played_thrice_and_kept_by_nobody(patient, part, kind, magic, most):
    browser = busy_browser(patient)
    page = captchas_for(patient, "ingen", browser)
    captcha = form_for(page, "picture").named("captcha").value
    url = f"{patient.reset_url}/c/{part}/{captcha}"
    assert f'src="{url[len(patient.url):]}"' in page.html
    seen = [browser.get(url) for _ in range(most)]
    assert len({one.body for one in seen}) == most
    for one in seen:
        assert (one.status, one.headers["Content-Type"]) == (200, kind)
        assert one.body.startswith(magic) and len(one.body) <= 131072
        assert one.headers["Cache-Control"] == "no-store"
        assert one.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert [browser.get(url).status for _ in range(5)] == [410] * 5
    crowd = Crowd(patient)  # nor do many at once, in all children, have another one drawn
    statuses = crowd.each(lambda client: browser_at(patient, client).get(url).status,
                          [next(crowd.clients) for _ in range(30)])
    assert set(statuses) == {410}
    again = browser.get(page.url)  # a new captcha has a new picture
    new = form_for(again, "picture").named("captcha").value
    assert browser.get(f"{patient.reset_url}/c/{part}/{new}").status == 200


def test_where_too_much_is_drawn_the_page_offers_waiting_and_no_picture(make_site):
    site = make_site(directives={"PwResetClientLimits": "1 2 600", "PwResetDrawings": "1",
                                 "PwResetWait": "1s"})
    person = site.someone()
    site.ask("ingen"), site.ask("ingen")
    page = site.ask(person.uid)
    assert "/c/picture/" in page.html and "<audio" in page.html and NO_CAPTCHA not in page.text
    captcha = form_for(page, "picture").named("captcha").value
    assert site.browser.get(f"{site.reset_url}/c/picture/{captcha}").status == 200
    page = site.browser.get(page.url)
    assert "/c/picture/" not in page.html and "<audio" not in page.html and NO_CAPTCHA in page.text
    assert not any(field.name == "captcha" for form in page.forms for field in form.fields)
    time.sleep(1)
    assert answer_by_waiting(site, page).heading == SENT
    assert site.mail_to(person.mails[0])


def test_looking_changes_nothing(patient):
    person, browser = patient.someone(), busy_browser(patient)
    page = captchas_for(patient, person.uid, browser)
    captcha = form_for(page, "picture").named("captcha").value
    before = requests(patient)
    again = [browser.get(page.url) for _ in range(3)]
    assert len({form_for(one, "picture").named("captcha").value for one in [page, *again]}) == 4
    for path in (f"c/picture/{captcha}", f"c/sound/{captcha}", "c"):
        browser.get(f"{patient.reset_url}/{path}")
        head = browser.request("HEAD", f"{patient.reset_url}/{path}")
        assert head.status == {"c": 405, f"c/picture/{captcha}": 410}.get(path, 200)
    assert requests(patient) <= before
    assert answer_by_picture(patient, page, browser).heading == SENT  # the first page's, still
    assert patient.mail_to(person.mails[0])


def test_guesses_and_drawings_count_against_their_client_until_it_is_refused(make_site):
    site = make_site(directives={"PwResetFormAge": "0s", "PwResetClientLimits": "1 2 12"})
    site.ask("ingen"), site.ask("ingen")
    page = captchas_for(site, "ingen", site.browser)
    answers = []
    while not answers or answers[-1].status == 422:
        answers.append(answer_by_picture(site, page, squares=[]))
    assert answers[-1].status == 429 and int(answers[-1].headers["Retry-After"]) > 0
    assert 8 <= len(answers) <= 10
    assert answer_by_picture(site, page).status == 429
    captcha = form_for(page, "picture").named("captcha").value
    for _ in range(4):
        drawn = site.browser.get(f"{site.reset_url}/c/picture/{captcha}")
    assert drawn.status == 429 and drawn.headers["Retry-After"]


def test_a_dead_links_request_goes_through_a_captcha_too(patient):
    person, browser = patient.someone(), browser_at(patient, next(Crowd.clients))
    link = ask_for_link(patient, person, browser)
    store(patient, "UPDATE pwreset_tokens SET expires = 1 WHERE login = ?", person.uid)
    patient.ask("ingen", browser)
    captchas = browser.submit(browser.get(link))
    assert captchas.heading == CAPTCHAS
    assert answer_by_picture(patient, captchas, browser).heading == SENT
    assert patient.link_of(patient.mail_to(person.mails[0])) != link


def held_again(site, page, age, form_age):
    """The page's request as it would be had it begun `age` seconds ago, with a form of that age."""
    field = form_for(page, "wait").named("held")
    kind, form, typed_name = open_seal(site, opened.HELD, field.value).split("\n")
    nonce = open_seal(site, opened.FORM, form)
    form = opened.make_seal(site, opened.FORM, nonce, form_age)
    field.value = opened.make_seal(site, opened.HELD, f"{kind}\n{form}\n{typed_name}", age)
    return page


def test_who_waits_as_long_as_a_site_may_ask_for_gets_through(make_site):
    site = make_site(directives={"PwResetClientLimits": "1 2 600", "PwResetWait": "1h"})
    site.ask("ingen"), site.ask("ingen")
    page = site.ask("ingen")
    early = answer_by_waiting(site, held_again(site, page, 3590, 3590))
    assert EARLY in early.text
    assert answer_by_waiting(site, held_again(site, page, 3605, 3605)).heading == SENT
    late = answer_by_waiting(site, held_again(site, page, 7300, 7300))
    assert late.heading == "Glemt ditt passord?"


def test_a_dead_links_request_that_became_too_old_shows_an_empty_form(patient):
    person, browser = patient.someone(), browser_at(patient, next(Crowd.clients))
    link = ask_for_link(patient, person, browser)
    store(patient, "UPDATE pwreset_tokens SET expires = 1 WHERE login = ?", person.uid)
    patient.ask("ingen", browser)
    captchas = browser.submit(browser.get(link))
    back = answer_by_waiting(patient, held_again(patient, captchas, 700, 12 * 3600 + 5), browser)
    assert (back.status, back.form.named("name").value) == (422, "")


# --- without mod_pwreset_captcha ---

@pytest.fixture(scope="module")
def plain(keeper):
    directives = {"PwResetClientLimits": "1 2 600", "PwResetWait": f"{WAIT}s", "PwResetWork": "16"}
    with proxied_site(keeper, directives=directives, captcha=False) as started:
        yield started


@pytest.mark.parametrize("way", [answer_by_waiting, answer_by_work], ids=["waiting", "work"])
def test_without_the_module_of_pictures_waiting_and_calculation_remain(plain, way):
    person, browser = plain.someone(), busy_browser(plain)
    page = captchas_for(plain, person.uid, browser)
    ways = [field.attributes.get("value") for form in page.forms for field in form.fields
            if field.name == "way"]
    assert sorted(ways) == ["wait", "work"] and "/c/picture/" not in page.html
    if way is answer_by_waiting:
        time.sleep(WAIT)
    answers = []
    mails = new_mails(plain, lambda: answers.append(way(plain, page, browser)))
    assert answers[0].heading == SENT and [mail.to for mail in mails] == [person.mails]


@pytest.mark.parametrize("way", ["picture", "sound"])
def test_without_the_module_a_captcha_of_another_node_is_neither_drawn_nor_right(plain, way):
    page = captchas_for(plain, "ingen")
    held = form_for(page, "wait").named("held").value
    form_seal = open_seal(plain, opened.HELD, held).split("\n")[1]
    captcha = opened.make_seal(plain, opened.CAPTCHA, f"{form_seal}\n" + "a" * 11)
    assert plain.browser.get(f"{plain.reset_url}/c/{way}/{captcha}").status == 404
    answer = plain.browser.post(f"{plain.reset_url}/c", [
        ("held", held), ("captcha", captcha), ("way", way), ("sound", "0"),
        *((f"s{place}", "on") for place in range(1, 10))])
    assert (answer.status, answer.heading) == (422, CAPTCHAS)
