"""What httpd decoded of an address is encoded again where it stands in a Location header."""
from urllib.parse import urlsplit

import pytest
from site_steps import quick_site
from wire import head, read_answer
import socket

PLAIN = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    <Location "/passord">
        SetHandler pwreset
        Require all granted
    </Location>
</VirtualHost>
"""
# What is asked for behind /passord, and what the Location says behind it.
PATHS = {
    "/help": "/help", "/nb/help": "/nb/help", "": "",
    "/%0d%0aSet-Cookie:%20x=y": "/%0d%0aSet-Cookie:%20x=y", "/%0a%0a<script>": "/%0a%0a%3cscript%3e",
    "/a%22b'c": "/a%22b'c", "/a%20b": "/a%20b", "/%25%32%66": "/%252f", "/a%3fb%23c": "/a%3fb%23c",
    "/%5c%5cevil.test": "/%5c%5cevil.test", "//evil.test": "/evil.test", "/%c3%a5": "/%c3%a5",
    "/%01%7f": "/%01%7f", "/nb//evil.test": "/nb/evil.test", "/a%09b": "/a%09b"}


@pytest.fixture(scope="module")
def plain(keeper):
    with quick_site(keeper) as site:
        site.plain_port = site.block[6]
        site.extra_server_lines = PLAIN.format(port=site.plain_port)
        site.configure()
        site.httpd.write_configuration()
        site.httpd.graceful()
        yield site


@pytest.mark.parametrize("path", PATHS)
def test_the_way_to_https_is_a_location_that_means_the_same(plain, path):
    with socket.create_connection(("127.0.0.1", plain.plain_port), timeout=20) as connection:
        connection.sendall(head(f"GET /passord{path} HTTP/1.1", [
            ("Host", f"127.0.0.1:{plain.plain_port}"), ("Connection", "close")]))
        answer = read_answer(connection)
    assert answer.status == 301
    assert answer.header("Location").lower() == f"{plain.reset_url}{PATHS[path]}".lower()
    assert not answer.header("Set-Cookie") and answer.body == b""
    assert urlsplit(answer.header("Location")).netloc == urlsplit(plain.url).netloc
