"""Fake verification services: each speaks the protocol that the provider of that name documents, over
real TLS, and does on request what no real one can be asked for - lies, silence, floods.

They are fakes because the real ones are other people's machines. A question that is not what the
provider documents (path, content type, members) is answered as the provider would, and is kept in
`faults` as well."""
import json
import time
from urllib.parse import parse_qsl, urlsplit

from fake_server import FakeServer

SECRET, SITE_KEY, CLIENT = 's3cr3t &"\\=+/ of ours', "site-key_1", "2001:db8::7"
HOSTNAME, ACTION = "sso.example.org", "pwreset"
GOOD, SPENT = "03A-good_response.1", "03A-spent_response.1"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
TS = "2026-11-22T10:00:00Z"
GIB = 1 << 30


class Protocol:
    """What one provider documents. `right` and `wrong` are (HTTP status, answer)."""

    def __init__(self, path, kind, asked, right, wrong, bad_secret, inner=None, query=None):
        self.path, self.kind, self.asked = path, kind, asked
        self.right, self.wrong, self.bad_secret = (200, right), wrong, bad_secret
        self.inner, self.query = inner, query or {}

    def members(self, body):
        if self.kind == FORM:
            pairs = parse_qsl(body, keep_blank_values=True, strict_parsing=True)
            assert len(dict(pairs)) == len(pairs), "a member twice"
            return dict(pairs)
        members = json.loads(body)
        if self.inner is None:
            return members
        assert list(members) == [self.inner], "more than one outer member"
        return members[self.inner]

    def answer(self, members, query):
        given = {**members, **query}
        expected = {**self.asked, **self.query}
        if any(given.get(name) != SECRET for name, value in expected.items() if value == SECRET):
            return self.bad_secret
        is_good = all(given.get(name) == GOOD for name, value in expected.items() if value == GOOD)
        return self.right if is_good else self.wrong


def no(*codes, **more):
    return 200, {"success": False, "error-codes": list(codes), **more}


PLAIN = {"secret": SECRET, "response": GOOD, "remoteip": CLIENT}
BAD_SECRET = no("invalid-input-secret")

PROTOCOLS = {
    "recaptcha2": Protocol(
        "/recaptcha/api/siteverify", FORM, PLAIN,
        {"success": True, "challenge_ts": TS, "hostname": HOSTNAME},
        no("timeout-or-duplicate"), BAD_SECRET),
    "recaptcha3": Protocol(
        "/recaptcha/api/siteverify", FORM, PLAIN,
        {"success": True, "challenge_ts": TS, "hostname": HOSTNAME, "score": 0.9,
         "action": ACTION},
        no("timeout-or-duplicate"), BAD_SECRET),
    "recaptcha-enterprise": Protocol(
        "/v1/projects/our-project/assessments", JSON,
        {"token": GOOD, "siteKey": SITE_KEY, "expectedAction": ACTION},
        {"name": "projects/1/assessments/2", "event": {"token": GOOD, "siteKey": SITE_KEY},
         "riskAnalysis": {"score": 0.9, "reasons": []},
         "tokenProperties": {"valid": True, "hostname": HOSTNAME, "action": ACTION,
                             "createTime": TS}},
        (200, {"name": "projects/1/assessments/2", "riskAnalysis": {"score": 0, "reasons": []},
               "tokenProperties": {"valid": False, "invalidReason": "DUPE", "hostname": "",
                                   "action": "", "createTime": TS}}),
        (400, {"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.",
                         "status": "INVALID_ARGUMENT"}}),
        inner="event", query={"key": SECRET}),
    "hcaptcha": Protocol(
        "/siteverify", FORM, {**PLAIN, "sitekey": SITE_KEY},
        {"success": True, "challenge_ts": TS, "hostname": HOSTNAME, "credit": False},
        no("invalid-or-already-seen-response"), BAD_SECRET),
    "turnstile": Protocol(
        "/turnstile/v0/siteverify", FORM, PLAIN,
        {"success": True, "challenge_ts": TS, "hostname": HOSTNAME, "error-codes": [],
         "action": ACTION, "cdata": "", "metadata": {"interactive": False}},
        no("timeout-or-duplicate", messages=[]), BAD_SECRET),
    "friendly": Protocol(
        "/api/v1/siteverify", FORM, {"solution": GOOD, "secret": SECRET, "sitekey": SITE_KEY},
        {"success": True},
        (200, {"success": False, "errors": ["solution_timeout_or_duplicate"]}),
        (401, {"success": False, "errors": ["secret_invalid"]})),
    "mcaptcha": Protocol(
        "/api/v1/pow/siteverify", JSON, {"token": GOOD, "key": SITE_KEY, "secret": SECRET},
        {"valid": True}, (200, {"valid": False}), (401, {"error": "Wrong password"})),
    "cap": Protocol(
        f"/{SITE_KEY}/siteverify", JSON, {"secret": SECRET, "response": GOOD},
        {"success": True},
        (404, {"success": False, "error": "Token not found"}),
        (403, {"success": False, "error": "Invalid site key or secret"})),
}


class Request:
    def __init__(self, stream):
        first = stream.readline().decode("latin-1").split()
        if not first:  # under TLS 1.3 a client turns away only when our handshake is over
            raise OSError("no request")
        self.method, self.target, self.version = first
        self.headers = {}
        for line in iter(lambda: stream.readline().rstrip(b"\r\n"), b""):
            name, _, value = line.decode("latin-1").partition(":")
            self.headers.setdefault(name.lower(), []).append(value.strip())
        self.body = stream.read(int(self.headers.get("content-length", ["0"])[0])).decode("ascii")


class FakeCaptchaProvider(FakeServer):
    """`FakeCaptchaProvider(name, context)` keeps to the protocol. `answer` or `raw` is said instead
    of the provider's, with `status`; `behave(self, peer)` does something else altogether."""

    def __init__(self, name, context, status=None, answer=None, raw=None, behave=None, head=b""):
        self.name, self.protocol, self.context = name, PROTOCOLS[name], context
        self.status, self.said, self.raw, self.behave = status, answer, raw, behave
        self.head = head
        self.requests, self.faults, self.sent = [], [], 0
        super().__init__()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}{self.protocol.path}"

    def serve(self, peer):
        with self.context.wrap_socket(peer, server_side=True) as tls:
            with tls.makefile("rb") as stream:
                request = Request(stream)
            self.requests.append(request)
            self.speak(tls, request)

    def speak(self, tls, request):
        self.inspect(request)
        if self.behave is not None:
            self.behave(self, tls)
            return
        status, answer = self.protocol.answer(*self.read(request))
        status = self.status or status
        body = self.raw if self.raw is not None else json.dumps(
            answer if self.said is None else self.said).encode()
        tls.sendall(b"HTTP/1.1 %d Word\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n"
                    b"Connection: close\r\n\r\n%s" % (status, self.head, len(body), body))

    def read(self, request):
        query = dict(parse_qsl(urlsplit(request.target).query))
        return self.protocol.members(request.body), query

    def inspect(self, request):
        """Holds the question against what the provider documents."""
        try:
            members, query = self.read(request)
        except (ValueError, KeyError, AssertionError) as fault:
            members, query = {}, {}
            self.faults.append(f"body {request.body!r}: {fault}")
        self.expect("method", request.method, "POST")
        self.expect("path", urlsplit(request.target).path, self.protocol.path)
        self.expect("content type", request.headers.get("content-type"), [self.protocol.kind])
        self.expect("host", request.headers.get("host"), [f"127.0.0.1:{self.port}"])
        self.expect("names", sorted(members), sorted(self.protocol.asked))
        self.expect("query", sorted(query), sorted(self.protocol.query))
        for name in ("authorization", "cookie", "referer", "expect", "proxy-authorization"):
            self.expect(name, request.headers.get(name), None)

    def expect(self, what, given, wanted):
        if given != wanted:
            self.faults.append(f"{what}: {given!r}, not {wanted!r}")

    # What no real provider does when asked.

    def hang(self, _tls):
        self.ended.wait(30)

    def drip(self, tls):
        """A byte now and then: never silent for long, never ready."""
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
        while not self.ended.wait(0.05):
            tls.sendall(b" ")
            self.sent += 1

    def flood(self, tls):
        """One GiB, said beforehand."""
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n{\"success\":true," % GIB)
        self.pour(tls, b" " * 65536, GIB)

    def flood_in_chunks(self, tls):
        tls.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.pour(tls, b"10000\r\n" + b" " * 65536 + b"\r\n", GIB)

    def flood_of_headers(self, tls):
        tls.sendall(b"HTTP/1.1 200 OK\r\n")
        self.pour(tls, b"X-Word: " + b"a" * 1000 + b"\r\n", GIB)

    def pour(self, tls, piece, whole):
        while self.sent < whole and not self.ended.is_set():
            tls.sendall(piece)
            self.sent += len(piece)

    def cut(self, tls):
        """Ends in the middle of a good answer."""
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n"
                    + json.dumps(self.protocol.right[1]).encode())

    def shut(self, _tls):
        """Ends without a word."""

    def without_a_head(self, tls):
        """HTTP/0.9: the answer and nothing else."""
        tls.sendall(json.dumps(self.protocol.right[1]).encode())

    def late(self, tls):
        """A good answer, too late."""
        time.sleep(1.5)
        tls.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
                    + json.dumps(self.protocol.right[1]).encode())
