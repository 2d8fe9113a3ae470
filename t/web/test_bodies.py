"""Whatever is sent as a body, other people are served, and no memory is taken for it."""
import gzip
import io
import os
import re
import socket
import ssl
import threading
import time
from urllib.parse import urlsplit

import pytest
from site_steps import quick_site
from wire import FORM_TYPE, Http2, connect, form_headers, head, read_answer
from workers import web_children

GIB = 1 << 30
PATHS = ["/", "/c", "/r", "/stop"]
SLOW_SOCKETS = 500
# In KiB. The sanitizers keep freed memory back, so under them these say little.
FREED_IS_KEPT = 4 * 1024 * 1024 if "asan" in os.environ.get("PWRESET_HTTPD_LD_PRELOAD", "") else 0
MEMORY_OF_A_CONNECTION = 320  # a thread, TLS, and httpd's own buffers
# More threads than slow clients, and the time a client has for its headers and its body.
HARDY = """ServerLimit 10
StartServers 10
MaxRequestWorkers 640
ThreadsPerChild 64
MaxSpareThreads 640
RequestReadTimeout handshake=5 header=10-20,MinRate=500 body=10,MinRate=500
LimitRequestBody 0"""
# One child of a few threads, whose memory can be watched.
SMALL = """ServerLimit 1
StartServers 1
MaxRequestWorkers 8
ThreadsPerChild 8
MinSpareThreads 8
MaxSpareThreads 8
LimitRequestBody 0"""


@pytest.fixture(scope="module")
def small(keeper):
    """LimitRequestBody is off: the module's own ceiling counts."""
    with quick_site(keeper, server_lines=SMALL) as started:
        started.browser.get(f"{started.reset_url}/")  # the language is compiled at its first use
        yield started


@pytest.fixture
def hardy(keeper):
    with quick_site(keeper, server_lines=HARDY) as started:
        yield started


def memory_of(site):
    """What the web children have written to, in KiB. A share of the libraries would depend on who else
    has them open."""
    total = 0
    for pid in web_children(site):
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            total += int(re.search(r"^Anonymous:\s+(\d+)", file.read(), re.M)[1])
    return total


def post_head(site, path="/", more=(), length=None):
    """Headers of a posted form; no Content-Length when `length` is None."""
    kept = [(name, value) for name, value in form_headers(site, b"")
            if name not in ("Content-Length", "Connection")]
    if length is not None:
        kept.append(("Content-Length", length))
    return head(f"POST {urlsplit(site.reset_url).path}{path} HTTP/1.1", [*kept, *more])


class Received:
    """What has come already, to be read as an answer."""

    def __init__(self, data):
        self.data = data

    def makefile(self, _mode):
        return io.BytesIO(self.data)


def answer_while(connection, data, seconds=10):
    """The answer to a body that never ends: `data` is sent over and over until it has come. Also
    how many bytes went out by then."""
    connection.settimeout(0.0)
    deadline, out, come = time.monotonic() + seconds, 0, b""
    while time.monotonic() < deadline and b"</html>" not in come:
        try:
            out += connection.send(data)
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        except OSError:
            break
        try:
            come += connection.recv(65536)
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            time.sleep(0.001)
        except OSError:
            break
    return read_answer(Received(come), "POST"), out


def assert_page(answer, status):
    assert answer.status == status
    assert "text/html" in answer.header("Content-Type")
    assert answer.header("Cache-Control") == "no-store"


@pytest.mark.parametrize("path", PATHS)
def test_a_body_of_ten_gigabytes_is_refused_before_it_comes(small, path):
    with connect(small) as connection:
        begun = time.monotonic()
        connection.sendall(post_head(small, path, length=10 * GIB))
        answer = read_answer(connection, "POST")
        assert_page(answer, 413)
        assert "close" in answer.header("Connection")
        assert time.monotonic() - begun < 2


@pytest.mark.parametrize("path", PATHS)
def test_an_endless_body_in_chunks_is_refused_early(small, path):
    before = memory_of(small)
    chunk = b"1000\r\n" + b"a" * 4096 + b"\r\n"
    with connect(small) as connection:
        connection.sendall(post_head(small, path, [("Transfer-Encoding", "chunked")]))
        answer, out = answer_while(connection, chunk)
    assert_page(answer, 413)
    assert out < 4 << 20
    assert memory_of(small) - before < 1024 + FREED_IS_KEPT


@pytest.mark.parametrize("path, status", [("/help", 405), ("/nowhere", 404)])
def test_an_endless_body_where_none_is_taken_is_not_read_to_its_end(small, path, status):
    chunk = b"1000\r\n" + b"a" * 4096 + b"\r\n"
    with connect(small) as connection:
        connection.sendall(post_head(small, path, [("Transfer-Encoding", "chunked")]))
        answer, out = answer_while(connection, chunk)
    assert_page(answer, status)
    assert out < 4 << 20


BODIES = {
    "100,000 fields": (b"a=&" * 100000, (), 413),
    "5,000 fields": (b"a=&" * 5000, (), 400),
    "many fields of different names": (b"&".join(b"a%d=" % n for n in range(17)), (), 400),
    "a name of 1 MiB": (b"a" * (1 << 20) + b"=x", (), 413),
    "a name of 15 KiB": (b"a" * (15 << 10) + b"=x", (), 422),
    "a compressed body": (gzip.compress(b"name=ingen&x=" + b"0" * (1 << 20)),
                          [("Content-Encoding", "gzip")], 415),
    "deflate": (b"name=ingen", [("Content-Encoding", "deflate")], 415),
    "identity, said aloud": (b"name=ingen", [("Content-Encoding", "identity")], 415),
    "only separators": (b"&" * 16000, (), 422),
    "escapes only": (b"%" * 16000, (), 400),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_no_form_has_is_refused_at_once(small, what):
    body, more, status = BODIES[what]
    begun = time.monotonic()
    with connect(small) as connection:
        connection.sendall(post_head(small, "/", more, len(body)))
        try:
            connection.sendall(body)
        except OSError:
            pass  # refused before all of it was out
        assert_page(read_answer(connection, "POST"), status)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain",
                                  "application/json", "application/x-www-form-urlencodedx", ""])
def test_another_type_of_body_is_refused(small, kind):
    page = small.browser.request("POST", f"{small.reset_url}/", b"name=ingen", {
        "Content-Type": kind, "Sec-Fetch-Site": "same-origin"})
    assert page.status == 415


def test_many_huge_bodies_take_no_memory(small):
    def refuse(_number):
        with connect(small) as connection:
            connection.sendall(post_head(small, "/", length=10 * GIB))
            assert read_answer(connection, "POST").status == 413

    for number in range(100):
        refuse(number)
    before = memory_of(small)
    for number in range(300):
        refuse(number)
    assert memory_of(small) - before < 1024 + FREED_IS_KEPT


def test_a_body_of_ten_gigabytes_over_http2_is_refused_and_the_connection_lives_on(small):
    path = f"{urlsplit(small.reset_url).path}/"
    with Http2(small) as client:
        protocol = client.protocol
        stream = protocol.get_next_available_stream_id()
        protocol.send_headers(stream, [
            (":method", "POST"), (":scheme", "https"), (":authority", client.netloc),
            (":path", path), ("content-type", FORM_TYPE), ("content-length", str(10 * GIB)),
            ("sec-fetch-site", "same-origin")])
        client.parts[stream] = {"headers": [], "body": b"", "is_whole": False}
        protocol.send_data(stream, b"a" * 16384)
        assert client.wait(stream)[0].status == 413
        assert client.wait(client.send("GET", path))[0].status == 200


class SlowCrowd:
    """Sockets that send a request one byte every five seconds."""

    def __init__(self, site, count):
        self.sockets = []
        self.ended = threading.Event()
        address = ("127.0.0.1", site.httpd.port)
        context = ssl.create_default_context(cafile=str(site.ca.certificate))
        for number in range(count):
            plain = socket.create_connection(address, timeout=20)
            connection = context.wrap_socket(plain, server_hostname="127.0.0.1")
            start = post_head(site, PATHS[number % 3], length=2000)
            connection.sendall(start if number % 2 else start[:60])
            self.sockets.append(connection)
        self.thread = threading.Thread(target=self.drip)
        self.thread.start()

    def drip(self):
        while not self.ended.wait(5):
            for connection in self.sockets:
                try:
                    connection.send(b"a")
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.ended.set()
        self.thread.join()

    def close(self):
        for connection in self.sockets:
            connection.close()


def test_while_500_slow_clients_send_a_byte_now_and_then_other_people_are_served(hardy):
    person, waits, before = hardy.someone(), [], memory_of(hardy)
    with SlowCrowd(hardy, SLOW_SOCKETS) as crowd:
        until = time.monotonic() + 7
        while time.monotonic() < until:
            begun = time.monotonic()
            assert hardy.ask("ingen", follow=False).status == 303
            waits.append(time.monotonic() - begun)
        taken = memory_of(hardy) - before
        hardy.ask(person.uid)
        assert hardy.mail_to(person.mails[0])
    print(f"{len(waits)} requests, the slowest {max(waits):.2f} s; {taken} KiB more")
    assert max(waits) < 10  # served, on a busy machine too
    assert taken < SLOW_SOCKETS * MEMORY_OF_A_CONNECTION + FREED_IS_KEPT
    slow = crowd.sockets[1]
    assert slow.recv(12) in (b"", b"HTTP/1.1 400", b"HTTP/1.1 408")  # within the time for a body
    crowd.close()
