"""A browser without JavaScript and without cookies: fetches pages, fills in forms, posts them.

Each request has a connection of its own, so nothing carries over from one to the next.
"""
import http.client
import ssl
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

REDIRECTS = (301, 302, 303, 307, 308)


class Field:
    """One control of a form: its attributes, and the value that would be sent (None: not sent)."""

    def __init__(self, tag, attributes):
        self.attributes = attributes
        self.name = attributes.get("name")
        self.kind = attributes.get("type", "text").lower() if tag != "textarea" else "textarea"
        self.value = attributes.get("value", "")
        if self.kind in ("checkbox", "radio"):
            self.checked_value = attributes.get("value", "on")
            self.value = self.checked_value if "checked" in attributes else None
        if self.kind in ("submit", "button", "image", "reset"):
            self.value = None


class Form:
    """A form of a page. `fields` has every control in order, buttons included."""

    def __init__(self, attributes):
        self.action = attributes.get("action", "")
        self.method = attributes.get("method", "get").lower()
        self.attributes = attributes
        self.fields = []

    def named(self, name):
        return next(field for field in self.fields if field.name == name)

    def of_kind(self, *kinds):
        return [field for field in self.fields if field.kind in kinds]

    def values(self, **filled):
        """Name and value pairs as a browser would send them, with these filled in."""
        pairs = [(field.name, filled.pop(field.name, field.value)) for field in self.fields
                 if field.name]
        pairs += filled.items()
        return [(name, value) for name, value in pairs if value is not None]


class PageParser(HTMLParser):
    """Collects what the tests ask of a page."""

    def __init__(self):
        super().__init__()
        self.forms, self.links, self.words = [], [], []
        self.heading, self.title, self.language = "", "", None
        self.open = []

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = attributes.get("lang")
        elif tag == "form":
            self.forms.append(Form(attributes))
            self.open.append(tag)
        elif tag in ("input", "textarea", "button", "select") and "form" in self.open:
            if tag == "button":
                attributes.setdefault("type", "submit")
            self.forms[-1].fields.append(Field(tag, attributes))
        elif tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag in ("h1", "title", "script", "style"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            self.open.remove(tag)

    def handle_data(self, data):
        if "script" in self.open or "style" in self.open:
            return
        if "title" in self.open:
            self.title += data
            return
        if "h1" in self.open:
            self.heading += data
        self.words.append(data)


class Page:
    """An answer. `text` is what a reader sees, white space made single; `hops` are the statuses of
    the redirects on the way here."""

    def __init__(self, url, response, body, hops):
        self.url = url
        self.status = response.status
        self.headers = response.headers
        self.raw_headers = response.getheaders()
        self.body = body
        self.hops = hops
        self.html = body.decode("utf-8", errors="replace")
        parser = PageParser()
        if "html" in self.headers.get("Content-Type", ""):
            parser.feed(self.html)
        self.forms, self.links = parser.forms, parser.links
        self.title = " ".join(parser.title.split())
        self.heading = " ".join(parser.heading.split())
        self.language = parser.language
        self.text = " ".join(" ".join(parser.words).split())

    @property
    def form(self):
        """The page's main form: the first one that posts."""
        for form in self.forms:
            if form.method == "post":
                return form
        raise AssertionError(f"no form to post on {self.url} ({self.status}): {self.text[:300]}")

    def __repr__(self):
        return f"<Page {self.status} {self.heading!r} {self.url}>"


class Browser:
    """`headers` go with each request; Accept-Language is Norwegian unless said otherwise."""

    def __init__(self, ca_file, language="nb-NO,nb;q=0.9,en;q=0.5", **headers):
        self.context = ssl.create_default_context(cafile=str(ca_file))
        self.headers = {"Accept": "text/html", "Accept-Language": language,
                        "User-Agent": "kit", **headers}

    def request(self, method, url, body=None, headers=None, hops=()):
        parts = urlsplit(url)
        make = http.client.HTTPSConnection if parts.scheme == "https" else None
        if make is None:
            raise ValueError(f"only https is asked for: {url}")
        connection = make(parts.hostname, parts.port, context=self.context, timeout=30)
        try:
            target = parts.path or "/"
            target += f"?{parts.query}" if parts.query else ""
            connection.request(method, target, body, {**self.headers, **(headers or {})})
            response = connection.getresponse()
            return Page(url, response, response.read(), list(hops))
        finally:
            connection.close()

    def get(self, url, follow=True, headers=None, hops=()):
        page = self.request("GET", url, headers=headers, hops=hops)
        return self.follow(page) if follow else page

    def post(self, url, pairs, follow=True, headers=None):
        """`pairs` is a dictionary or a list of pairs."""
        headers = {"Content-Type": "application/x-www-form-urlencoded",
                   "Sec-Fetch-Site": "same-origin", **(headers or {})}
        page = self.request("POST", url, urlencode(pairs).encode(), headers)
        return self.follow(page) if follow else page

    def follow(self, page):
        if page.status not in REDIRECTS:
            return page
        if len(page.hops) == 5:
            raise AssertionError(f"redirected in a circle: {page.url}")
        target = urljoin(page.url, page.headers["Location"])
        return self.get(target, hops=[*page.hops, page.status])

    def submit(self, page, form=None, follow=True, headers=None, **filled):
        """Posts the page's form with these values filled in."""
        form = form or page.form
        url = urljoin(page.url, form.action)
        return self.post(url, form.values(**filled), follow, headers)
