"""A remote robot check is asked as its provider documents it, and only a clear yes about our own page
is a yes. Whatever else comes back, or does not, leaves the decision to our own check."""
import copy
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import mail_fixture as tls_kit
import pytest
from fake_captcha_providers import (ACTION, CLIENT, GOOD, HOSTNAME, PROTOCOLS, SECRET, SITE_KEY,
                                    SPENT, FakeCaptchaProvider)

NAMES = list(PROTOCOLS)
WITH_HOSTNAME = ["recaptcha2", "recaptcha3", "recaptcha-enterprise", "hcaptcha", "turnstile"]
WITH_ACTION = ["recaptcha3", "recaptcha-enterprise", "turnstile"]
WITH_SCORE = ["recaptcha3", "recaptcha-enterprise"]
WITH_CLIENT = ["recaptcha2", "recaptcha3", "hcaptcha", "turnstile"]
SLACK = 1500  # milliseconds that a busy machine may lose
SHORT = 700


class Tls:
    def __init__(self, folder):
        self.authority = tls_kit.make_authority(folder, "authority")
        self.stranger = tls_kit.make_authority(folder, "stranger")
        self.good = tls_kit.make_context(folder, self.authority, "IP:127.0.0.1")
        self.wrong_name = tls_kit.make_context(folder, self.authority, "DNS:other.example.org")
        self.unknown = tls_kit.make_context(folder, self.stranger, "IP:127.0.0.1")


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return Tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def provider(tls):
    started = []

    def start(name, context=None, **faults):
        started.append(FakeCaptchaProvider(name, context or tls.good, **faults).__enter__())
        return started[-1]

    yield start
    for server in started:
        server.__exit__()
        assert not server.faults, server.faults


@pytest.fixture
def check(tls):
    """Runs the program against a provider. Settings are its environment without PWR_REMOTE_."""
    def run(server, environment=None, **settings):
        own = {"provider": server.name, "url": server.url, "ca": tls.authority, "secret": SECRET,
               "site_key": SITE_KEY, "hostname": HOSTNAME, "action": ACTION, "response": GOOD,
               "client": CLIENT}
        own.update(settings)
        return ask({f"PWR_REMOTE_{name.upper()}": str(value) for name, value in own.items()
                    if value is not None}, environment)

    return run


@dataclass
class Outcome:
    verdict: str
    kind: str
    tag: str
    spent: int  # milliseconds
    detail: str


def program():
    build = Path(os.environ.get("PWR_BUILD", tls_kit.ROOT / "build"))
    return Path(os.environ.get("PWR_REMOTE_PROGRAM", build / "t" / "unit" / "abuse_remote_live"))


def ask_all(settings, environment=None):
    own = {"PATH": os.environ.get("PATH", ""), **settings, **(environment or {})}
    own.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
    done = subprocess.run([program()], env=own, capture_output=True, timeout=60, check=False)
    output = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == 0, output
    for spelling in (SECRET, quote(SECRET, safe=""), "s3cr3t"):
        assert spelling not in output
    outcomes = []
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        verdict, kind, tag, spent, detail = line.split("\t")
        outcomes.append(Outcome(verdict, kind, tag, int(spent), detail))
    return outcomes


def ask(settings, environment=None):
    outcome, = ask_all(settings, environment)
    return outcome


def right(name):
    """The provider's yes, to be altered."""
    return copy.deepcopy(PROTOCOLS[name].right[1])


def place(name, answer):
    return answer["tokenProperties"] if name == "recaptcha-enterprise" else answer


def verdict_name(name):
    return "valid" if name in ("recaptcha-enterprise", "mcaptcha") else "success"


def assert_is(outcome, verdict, kind, *tags):
    assert (outcome.verdict, outcome.kind) == (verdict, kind), outcome
    assert outcome.tag in tags, outcome


@pytest.mark.parametrize("name", NAMES)
def test_a_good_response_is_a_yes_and_the_question_is_as_documented(name, provider, check):
    server = provider(name)
    assert_is(check(server), "YES", "-", "-")
    request, = server.requests
    members, query = server.read(request)
    assert members == server.protocol.asked
    assert query == server.protocol.query


@pytest.mark.parametrize("name", WITH_CLIENT)
def test_without_a_client_address_none_is_told(name, provider, check):
    server = provider(name)
    server.protocol = copy.copy(server.protocol)
    server.protocol.asked = {key: value for key, value in server.protocol.asked.items()
                             if key != "remoteip"}
    assert_is(check(server, client=None), "YES", "-", "-")


@pytest.mark.parametrize("name", NAMES)
def test_a_spent_response_is_a_no(name, provider, check):
    assert_is(check(provider(name), response=SPENT), "NO", "REFUSED", "PWR0724", "PWR0729")


@pytest.mark.parametrize("response", ["&success=true", 'x","success":true,"y":"', "%22+%5C",
                                      "\\\"", "=&=&", "~!@#$^*()[]{}<>;:'`|"])
@pytest.mark.parametrize("name", NAMES)
def test_a_response_cannot_leave_its_member(name, response, provider, check):
    server = provider(name)
    assert check(server, response=response).verdict == "NO"
    members, _ = server.read(server.requests[0])
    assert response in members.values()


@pytest.mark.parametrize("response", [None, "", "a b", "blå", "a\tb"])
@pytest.mark.parametrize("name", NAMES)
def test_no_response_is_a_no_without_asking(name, response, provider, check):
    server = provider(name)
    assert_is(check(server, response=response), "NO", "REFUSED", "PWR0722")
    assert not server.requests


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_secret_is_the_operators_affair_and_decides_nothing(name, provider, check):
    outcome = check(provider(name), secret="wrong")
    assert_is(outcome, "DOWN", "BROKEN", "PWR0725", "PWR0727")
    assert "secret" in outcome.detail


@pytest.mark.parametrize("name", WITH_HOSTNAME)
def test_a_response_made_elsewhere_is_a_no(name, provider, check):
    for hostname in ("evil.example.org", "", f"{HOSTNAME}.evil.example.org", f"x{HOSTNAME}"):
        answer = right(name)
        place(name, answer)["hostname"] = hostname
        assert_is(check(provider(name, answer=answer)), "NO", "REFUSED", "PWR0731")


@pytest.mark.parametrize("name", WITH_HOSTNAME)
def test_letter_case_of_a_hostname_does_not_matter(name, provider, check):
    answer = right(name)
    place(name, answer)["hostname"] = HOSTNAME.upper()
    assert_is(check(provider(name, answer=answer)), "YES", "-", "-")


@pytest.mark.parametrize("name", WITH_ACTION)
def test_a_response_made_for_something_else_is_a_no(name, provider, check):
    for action in ("login", "", ACTION.upper(), ACTION + "x"):
        answer = right(name)
        place(name, answer)["action"] = action
        assert_is(check(provider(name, answer=answer)), "NO", "REFUSED", "PWR0734")


@pytest.mark.parametrize("name, member", [(name, "hostname") for name in WITH_HOSTNAME]
                         + [(name, "action") for name in WITH_ACTION])
def test_a_yes_that_does_not_say_of_what_is_none(name, member, provider, check):
    for value in (None, 1, True, [HOSTNAME], {"a": ACTION}, ...):
        answer = right(name)
        place(name, answer)[member] = value
        if value is ...:
            del place(name, answer)[member]
        assert_is(check(provider(name, answer=answer)), "DOWN", "LATER", "PWR0730")


def scored(name, score):
    answer = right(name)
    (answer["riskAnalysis"] if name == "recaptcha-enterprise" else answer)["score"] = score
    return answer


@pytest.mark.parametrize("name", WITH_SCORE)
def test_a_low_score_is_a_no_and_the_least_one_is_a_yes(name, provider, check):
    for score in (0, 0.0, 0.1, 0.28, -1):
        outcome = check(provider(name, answer=scored(name, score)), score=29)
        assert_is(outcome, "NO", "REFUSED", "PWR0733")
    for score in (0.29, 0.3, 1, 1.0):
        assert_is(check(provider(name, answer=scored(name, score)), score=29), "YES", "-", "-")


@pytest.mark.parametrize("name", WITH_SCORE)
def test_a_score_that_is_no_number_decides_nothing(name, provider, check):
    for score in ("0.9", None, True, [0.9], {}):
        outcome = check(provider(name, answer=scored(name, score)))
        assert_is(outcome, "DOWN", "LATER", "PWR0732")


@pytest.mark.parametrize("value", ["true", "True", 1, 1.0, [True], {"true": True}, None, ...])
@pytest.mark.parametrize("name", NAMES)
def test_a_verdict_of_the_wrong_type_decides_nothing(name, value, provider, check):
    answer = right(name)
    place(name, answer)[verdict_name(name)] = value
    if value is ...:
        del place(name, answer)[verdict_name(name)]
    assert_is(check(provider(name, answer=answer)), "DOWN", "LATER", "PWR0723")


JUNK = [b"", b"OK", b"<html>maintenance</html>", b"true", b"[]", b"null", b'"success"',
        b'{"success":true', b'{"success":true}}', b'{"success":true,"success":true}',
        b'{"valid":true,"valid":true}', b"\xff\xfe", b'{"success":true,"a":"\\u0000"}',
        b'{"success":true,"a":"\xff"}', b'{"a":' * 20 + b"1" + b"}" * 20, b"\0" * 50]


@pytest.mark.parametrize("name", NAMES)
def test_junk_decides_nothing(name, provider, check):
    for raw in JUNK:
        assert_is(check(provider(name, raw=raw)), "DOWN", "LATER", "PWR0723")


@pytest.mark.parametrize("status", [201, 204, 206, 300, 400, 401, 403, 404, 429, 500, 502, 503])
@pytest.mark.parametrize("name", NAMES)
def test_a_yes_under_another_http_status_decides_nothing(name, status, provider, check):
    outcome = check(provider(name, status=status, answer=right(name)))
    is_ours = status in (400, 401, 403, 404)
    assert_is(outcome, "DOWN", "BROKEN" if is_ours else "LATER",
              "PWR0725" if is_ours else "PWR0726")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", NAMES)
def test_a_redirect_is_not_followed(name, status, provider, check):
    elsewhere = provider(name)
    server = provider(name, status=status, answer=right(name),
                      head=f"Location: {elsewhere.url}\r\n".encode())
    assert_is(check(server), "DOWN", "LATER", "PWR0726")
    assert len(server.requests) == 1 and not elsewhere.requests


@pytest.mark.parametrize("behave", [FakeCaptchaProvider.hang, FakeCaptchaProvider.drip,
                                    FakeCaptchaProvider.late])
@pytest.mark.parametrize("name", NAMES)
def test_a_slow_answer_ends_with_the_time_that_is_given(name, behave, provider, check):
    outcome = check(provider(name, behave=behave), ms=SHORT)
    assert_is(outcome, "DOWN", "LATER", "PWR0156")
    assert SHORT - 50 <= outcome.spent < SHORT + SLACK


def test_a_server_that_never_greets_ends_with_the_time_that_is_given(provider, check):
    class Mute:
        def wrap_socket(self, peer, **_):
            time.sleep(3)
            raise OSError("said nothing")

    outcome = check(provider("recaptcha2", context=Mute()), ms=SHORT)
    assert_is(outcome, "DOWN", "LATER", "PWR0156")
    assert outcome.spent < SHORT + SLACK


@pytest.mark.parametrize("behave", [FakeCaptchaProvider.flood, FakeCaptchaProvider.flood_in_chunks,
                                    FakeCaptchaProvider.flood_of_headers])
def test_a_flood_is_cut_at_once(behave, provider, check):
    server = provider("recaptcha2", behave=behave)
    outcome = check(server, ms=20000)
    assert_is(outcome, "DOWN", "LATER", "PWR0153")
    assert outcome.spent < 5000
    server.__exit__()  # it says no more
    assert server.sent < 16 << 20  # what socket buffers swallow


@pytest.mark.parametrize("behave", [FakeCaptchaProvider.cut, FakeCaptchaProvider.shut,
                                    FakeCaptchaProvider.without_a_head])
@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_is_not_whole_decides_nothing(name, behave, provider, check):
    assert_is(check(provider(name, behave=behave)), "DOWN", "LATER", "PWR0156")


@pytest.mark.parametrize("name", NAMES)
def test_a_certificate_that_cannot_be_trusted_is_sent_nothing(name, tls, provider, check):
    for context in (tls.wrong_name, tls.unknown):
        server = provider(name, context=context)
        assert_is(check(server), "DOWN", "BROKEN", "PWR0155")
        assert not server.requests
    server = provider(name)
    assert_is(check(server, ca=None), "DOWN", "BROKEN", "PWR0155")
    assert_is(check(server, ca="/nowhere.pem"), "DOWN", "BROKEN", "PWR0155")
    assert not server.requests


def test_nothing_is_sent_without_tls(provider, check):
    server = provider("recaptcha2")
    plain = server.url.replace("https://", "http://")
    assert_is(check(server, url=plain), "DOWN", "BROKEN", "PWR0721")
    with_login = server.url.replace("https://", "https://user:word@")
    assert_is(check(server, url=with_login), "DOWN", "BROKEN", "PWR0154")
    assert_is(check(server, url="https://"), "DOWN", "BROKEN", "PWR0721")
    assert not server.requests


def test_a_proxy_of_the_environment_is_not_used(tmp_path, provider, check):
    server = provider("recaptcha2")
    (tmp_path / ".netrc").write_text("default login eve password eve\n")
    nowhere = "http://127.0.0.1:1"
    assert_is(check(server, {"https_proxy": nowhere, "HTTPS_PROXY": nowhere, "ALL_PROXY": nowhere,
                             "HOME": str(tmp_path)}), "YES", "-", "-")


def test_threads_that_ask_at_once_each_get_their_answer(tls, provider):
    server = provider("turnstile")
    outcomes = ask_all({"PWR_REMOTE_PROVIDER": "turnstile", "PWR_REMOTE_URL": server.url,
                        "PWR_REMOTE_CA": str(tls.authority), "PWR_REMOTE_SECRET": SECRET,
                        "PWR_REMOTE_SITE_KEY": SITE_KEY, "PWR_REMOTE_HOSTNAME": HOSTNAME,
                        "PWR_REMOTE_ACTION": ACTION, "PWR_REMOTE_RESPONSE": GOOD,
                        "PWR_REMOTE_CLIENT": CLIENT, "PWR_REMOTE_THREADS": "12"})
    assert [outcome.verdict for outcome in outcomes] == ["YES"] * 12
    assert len(server.requests) == 12


def test_the_words_of_a_provider_reach_the_operator(provider, check):
    assert "timeout-or-duplicate" in check(provider("turnstile"), response=SPENT).detail
    answer = {"success": False, "error-codes": ["internal-error"]}
    assert_is(check(provider("turnstile", answer=answer)), "DOWN", "LATER", "PWR0728")
    answer = {"success": False, "error-codes": "invalid-input-secret"}
    assert_is(check(provider("turnstile", answer=answer)), "NO", "REFUSED", "PWR0729")
