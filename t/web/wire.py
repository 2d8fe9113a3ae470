"""HTTP as lines and as frames, for what no browser would send."""
import http.client
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import h2.config
import h2.connection
import h2.events

FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass
class Answer:
    """`headers` are pairs in the order in which they came."""
    status: int
    headers: list
    body: bytes

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def bytes(self):
        """All of it, to look for something that should not be in it."""
        return repr(self.headers).encode() + self.body


def connect(site, protocol="http/1.1"):
    """A TLS connection that speaks this protocol."""
    context = ssl.create_default_context(cafile=str(site.ca.certificate))
    context.set_alpn_protocols([protocol])
    plain = socket.create_connection(("127.0.0.1", site.httpd.port), timeout=30)
    connection = context.wrap_socket(plain, server_hostname="127.0.0.1")
    assert connection.selected_alpn_protocol() == protocol
    return connection


def read_answer(connection, method="GET"):
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    return Answer(response.status, response.getheaders(), response.read())


def head(request_line, headers):
    lines = [request_line, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def exchange(site, request_line, headers, body=b""):
    """One request over HTTP/1, every byte of it as given, and its answer."""
    with connect(site) as connection:
        connection.sendall(head(request_line, headers) + body)
        return read_answer(connection, request_line.partition(" ")[0])


def form_body(pairs):
    return urlencode(pairs).encode()


def form_headers(site, body, host=None):
    """The headers of a form that a browser posts on this site; no Host when `host` is ""."""
    host = urlsplit(site.url).netloc if host is None else host
    first = [("Host", host)] if host else []
    return [*first, ("Accept-Language", "nb"), ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", FORM_TYPE), ("Content-Length", len(body)), ("Connection", "close")]


class Http2:
    """One connection. What `send` makes leaves with `flush`, so many requests can leave as one."""

    def __init__(self, site):
        self.netloc = urlsplit(site.url).netloc
        self.socket = connect(site, "h2")
        self.protocol = h2.connection.H2Connection(h2.config.H2Configuration(
            header_encoding="utf-8", validate_outbound_headers=False))
        self.protocol.initiate_connection()
        self.parts = {}

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.socket.close()

    def send(self, method, path, headers=(), body=b"", authority=None):
        stream = self.protocol.get_next_available_stream_id()
        pseudo = [(":method", method), (":scheme", "https"),
                  (":authority", authority or self.netloc), (":path", path)]
        self.protocol.send_headers(stream, [*pseudo, *headers], end_stream=not body)
        if body:
            self.protocol.send_data(stream, body, end_stream=True)
        self.parts[stream] = {"headers": [], "body": b"", "is_whole": False}
        return stream

    def post(self, path, pairs, headers=(), authority=None):
        body = form_body(pairs)
        usual = [("accept-language", "nb"), ("sec-fetch-site", "same-origin"),
                 ("content-type", FORM_TYPE), ("content-length", str(len(body)))]
        return self.send("POST", path, [*usual, *headers], body, authority)

    def flush(self):
        self.socket.sendall(self.protocol.data_to_send())

    def wait(self, *streams):
        """Their answers, in this order."""
        self.flush()
        while not all(self.parts[stream]["is_whole"] for stream in streams):
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the server closed the connection")
            for event in self.protocol.receive_data(data):
                self.take(event)
            self.flush()
        return [self.answer(stream) for stream in streams]

    def take(self, event):
        part = self.parts.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.ResponseReceived):
            part["headers"] = event.headers
        elif isinstance(event, h2.events.DataReceived):
            part["body"] += event.data
            self.protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
            part["is_whole"] = True

    def answer(self, stream):
        """Status 0 stands for a stream that the server has reset."""
        part = self.parts[stream]
        headers = dict(part["headers"])
        status = int(headers.pop(":status", 0))
        return Answer(status, list(headers.items()), part["body"])
