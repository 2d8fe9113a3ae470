"""What the operator's monitoring is told: in the form that it reads, by all processes together, and
nobody else."""
import pytest
from crowd import Crowd, proxied_site, browser_at
from openmetrics import Malformed, parse
from opened import answer_by_picture
from site_steps import OPEN_GATE, settle
from workers import wait_until

METRICS = "/pwreset-metrics"
TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
LOCATION = f"""<Location "{METRICS}">
    SetHandler pwreset-metrics
    Require {{}}
</Location>"""
COUNTERS = {
    "pwreset_requests": {"accepted", "refused", "raised", "too-many", "full"},
    "pwreset_captcha_answers": {"wrong"},
    "pwreset_captchas": {"down"},
    "pwreset_lookups": {"none", "ambiguous", "ineligible"},
    "pwreset_mails": {"sent", "retry", "given-up", "capped"},
    "pwreset_links": {"dead", "revoked"},
    "pwreset_passwords": {"set", "refused", "unknown", "changed", "change-refused", "unlocked",
                          "unlock-refused"}}
GAUGES = {"pwreset_queue_requests", "pwreset_queue_age_seconds", "pwreset_worker_silence_seconds",
          "pwreset_site_level", "pwreset_store_bytes", "pwreset_store_age_seconds",
          "pwreset_store_fill_ratio"}
ROWS = {"waiting", "kept", "short", "links", "trail", "trail-short", "return-urls"}


def metered(keeper, may="local", **options):
    return proxied_site(keeper, host_lines=LOCATION.format(may), **options)


@pytest.fixture(scope="module")
def counted(keeper):
    with metered(keeper) as started:
        yield started


def scrape(site):
    page = site.browser.get(f"{site.url}{METRICS}")
    assert (page.status, page.headers["Content-Type"]) == (200, TYPE)
    assert page.headers["Cache-Control"] == "no-store"
    return page.body.decode()


def count(site, family, **labels):
    key = {"site": site.reset_url, **labels}
    return parse(scrape(site))[f"pwreset_{family}"].samples[tuple(sorted(key.items()))]


def test_every_counter_and_gauge_is_there_and_well_formed(counted):
    families = parse(scrape(counted))
    assert set(families) == set(COUNTERS) | GAUGES | {"pwreset_store_rows",
                                                        "pwreset_relay_refusals"}
    assert families["pwreset_store_rows"].kind == "gauge"
    assert set(families["pwreset_store_rows"].samples) == {
        (("kind", kind), ("site", counted.reset_url)) for kind in ROWS}
    for name, results in COUNTERS.items():
        assert families[name].kind == "counter"
        assert set(families[name].samples) == {
            (("result", result), ("site", counted.reset_url)) for result in results}
    for name in GAUGES:
        assert families[name].kind == "gauge"
        assert set(families[name].samples) == {(("site", counted.reset_url),)}


@pytest.mark.parametrize("text", [
    "", "a 1\n# EOF\n", "# TYPE a counter\n# HELP a b\na 1\n# EOF\n",
    "# TYPE a gauge\n# HELP a b\na 1\na 1\n# EOF\n", "# TYPE a gauge\n# HELP a b\na 1\n",
    "# TYPE a gauge\na 1\n# HELP a b\n# EOF\n", '# TYPE a gauge\n# HELP a b\na{b="c"d"} 1\n# EOF\n',
    '# TYPE a gauge\n# HELP a b\na{b="c" } 1\n# EOF\n', "# TYPE a gauge\n# HELP a b\na  1\n# EOF\n"])
def test_the_reader_is_strict(text):
    with pytest.raises(Malformed):
        parse(text)


def test_a_request_is_counted_from_form_to_password_and_names_nobody(counted):
    person = counted.someone()
    def told():
        return {(name, dict(key)["result"]): value
                for name, family in parse(scrape(counted)).items() if family.kind == "counter"
                for key, value in family.samples.items()}
    before = told()
    counted.ask(person.uid)
    link = counted.link_of(counted.mail_to(person.mails[0]))
    counted.set_password(link, "kort")
    counted.set_password(link, "Sju-lange-netter-7")
    counted.ask("ingen")
    settle(counted)
    after = told()
    assert {key: after[key] - before[key] for key in after if after[key] != before[key]} == {
        ("pwreset_requests", "accepted"): 2, ("pwreset_mails", "sent"): 2,
        ("pwreset_lookups", "none"): 1, ("pwreset_passwords", "refused"): 1,
        ("pwreset_passwords", "set"): 1}
    text = scrape(counted)
    assert person.uid not in text and person.mails[0] not in text and "ingen" not in text


def test_all_processes_count_together_and_go_on_after_a_graceful_restart(counted):
    before = count(counted, "requests", result="accepted")
    crowd = Crowd(counted)
    for round_ in (1, 2):
        crowd.each(lambda client: crowd.ask(client, "ingen"), [next(crowd.clients) for _ in range(60)])
        assert count(counted, "requests", result="accepted") == before + 60 * round_
        counted.httpd.graceful()


def test_what_the_gate_refuses_is_told_by_its_reason(keeper):
    directives = {"PwResetClientLimits": "1 2 4", "PwResetSiteLimits": "100000 200000",
                  "PwResetCaptcha": "turnstile site-key", "PwResetCaptchaSecret": "hemmelig",
                  "PwResetCaptchaVerifyURL": "https://127.0.0.1:1/siteverify"}
    with metered(keeper, directives=directives) as site:
        browser = browser_at(site, next(Crowd.clients))
        page = browser.get(f"{site.reset_url}/")
        captchas = browser.submit(page, name="ingen", **{"cf-turnstile-response": "svar"})
        assert count(site, "captchas", result="down") == 1
        assert count(site, "requests", result="raised") == 1
        answer_by_picture(site, captchas, browser, [])
        assert count(site, "captcha_answers", result="wrong") == 1
        for _ in range(6):
            site.ask("ingen", browser)
        assert count(site, "requests", result="too-many") >= 1


def test_the_queue_is_told_while_it_waits(keeper):
    with metered(keeper) as site:
        person = site.someone()
        site.smtp.stop()
        site.ask(person.uid)
        wait_until(lambda: count(site, "queue_requests") == 1, 8, "one waits")
        assert 0 < count(site, "queue_age_seconds") < 30
        assert count(site, "worker_silence_seconds") < 8
        assert count(site, "mails", result="retry") >= 1
        site.smtp.start()
        settle(site, 60)
        wait_until(lambda: count(site, "queue_requests") == 0, 8, "none waits")
        assert count(site, "queue_age_seconds") == 0


def test_what_the_database_holds_is_told_by_kind(keeper):
    with metered(keeper) as site:
        person = site.someone()
        site.ask(person.uid), site.ask("ingen")
        site.mail_to(person.mails[0])
        settle(site)
        site.httpd.graceful()  # the new worker measures at its first look
        rows = {"kept": 1, "short": 1, "links": 1, "trail": 1, "trail-short": 1, "waiting": 0}
        wait_until(lambda: {kind: count(site, "store_rows", kind=kind) for kind in rows} == rows,
                   10, "the worker has counted")
        assert 50000 < count(site, "store_bytes") < 1000000
        assert 0 < count(site, "store_age_seconds") < 60
        assert count(site, "store_fill_ratio") == 0


def test_a_flood_shows_as_the_level_and_as_one_line_of_the_log(keeper):
    with metered(keeper, directives={**OPEN_GATE, "PwResetSiteLimits": "20 2000"}) as site:
        assert count(site, "site_level") == 0
        crowd = Crowd(site)
        for _ in range(2):
            crowd.each(lambda client: crowd.ask(client, "ingen"),
                       [next(crowd.clients) for _ in range(100)])
            assert count(site, "site_level") == 1
            site.httpd.wait_for_log("PWR0803")
        settle(site, 60)
        wait_until(lambda: count(site, "worker_silence_seconds") < 1, 8, "the worker looked again")
        said = site.httpd.error_log.read_text(errors="replace")
        assert said.count("PWR0803") == 1 and "PWR0804" not in said
        assert "more than 20 requests a minute" in said


def test_nobody_is_told_who_was_not_let_in(keeper, site):
    assert site.browser.get(f"{site.url}{METRICS}").status == 404
    with metered(keeper, may="ip 192.0.2.1") as guarded:
        assert guarded.browser.get(f"{guarded.url}{METRICS}").status == 403
        assert browser_at(guarded, "192.0.2.1").get(f"{guarded.url}{METRICS}").status == 200


def test_metrics_are_read_and_not_posted_to(counted):
    page = counted.browser.post(f"{counted.url}{METRICS}", {"a": "b"})
    assert page.status == 405 and "POST" not in page.headers["Allow"]
