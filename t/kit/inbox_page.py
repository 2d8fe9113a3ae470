"""The inbox as a page in the browser: the mails, newest first, and one of them opened.

Mails are foreign text. Everything is escaped; the HTML part is shown in a sandboxed frame that may
run nothing and load nothing, and its links open in a window of their own.
"""
import email
import email.policy
import html
import http.server
import re
import socketserver
import threading
from urllib.parse import quote, unquote

LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:)]")
PAGE_POLICY = ("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
               "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
MAIL_POLICY = ("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
               "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")

PAGE = """<!doctype html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/inbox.css">
<script src="/inbox.js" defer></script>
<noscript><meta http-equiv="refresh" content="5"></noscript>
</head>
<body data-state="{state}">
<header><h1><a href="/">Innboks</a></h1><p>{count}</p></header>
<main>
<nav aria-label="E-post">{rows}</nav>
{mail}
</main>
</body>
</html>
"""

MAIL = """<article>
<h2>{subject}</h2>
<dl><dt>Fra</dt><dd>{sender}</dd><dt>Til</dt><dd>{to}</dd><dt>Sendt</dt><dd>{date}</dd></dl>
{html_part}
<section><h3>Som tekst</h3><pre>{text}</pre></section>
<p><a href="/raw/{name}">Slik den kom, med alle hodelinjer</a></p>
</article>"""

HTML_PART = """<section><h3>Som HTML</h3>
<iframe title="E-posten som HTML" src="/html/{name}"
  sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></section>"""

STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --quiet: #5b6775; --paper: #fff;
  --ground: #eef1f4; --line: #d5dbe1; --mark: #0b5c6b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --quiet: #a3b0bd; --paper: #1a222b;
  --ground: #11171d; --line: #33404c; --mark: #7fd0de; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--ground); }
a { color: var(--mark); }
header { display: flex; gap: 1rem; align-items: baseline; padding: .75rem 1.5rem;
  background: var(--paper); border-bottom: 1px solid var(--line); }
header h1 { font-size: 1.25rem; margin: 0; }
header a { color: inherit; text-decoration: none; }
header p, dt, small { margin: 0; color: var(--quiet); }
main { display: grid; grid-template-columns: minmax(15rem, 22rem) 1fr; gap: 1.5rem;
  padding: 1.5rem; max-width: 85rem; }
nav a { display: block; padding: .6rem .9rem; border-left: 3px solid transparent;
  color: inherit; text-decoration: none; overflow-wrap: anywhere; border-radius: 4px; }
nav a:hover { background: var(--paper); }
nav a[aria-current] { background: var(--paper); border-left-color: var(--mark); }
nav b, nav small { display: block; }
article { background: var(--paper); border: 1px solid var(--line); border-radius: 6px;
  padding: 1.5rem; min-width: 0; }
article h2 { margin-top: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dd { margin: 0; overflow-wrap: anywhere; }
h3 { font-size: 1rem; color: var(--quiet); margin-bottom: .4rem; }
iframe { width: 100%; height: 37rem; border: 1px solid var(--line); background: #fff; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--ground); padding: 1rem;
  border-radius: 4px; font: 14px/1.5 ui-monospace, monospace; }
@media (max-width: 48rem) { main { grid-template-columns: 1fr; padding: 1rem; } }
"""

# Asks for a short word, not for the page, so that reading and scrolling are left in peace.
SCRIPT = """
setInterval(async () => {
  try {
    const answer = await fetch('/state', { cache: 'no-store' });
    if (await answer.text() !== document.body.dataset.state) location.reload();
  } catch (gone) { /* the server is stopped; the page stays as it is */ }
}, 1000);
"""


def names(folder):
    return sorted((path.name for path in folder.glob("*.eml")), reverse=True)


def read(folder, name):
    return email.message_from_bytes((folder / name).read_bytes(), policy=email.policy.default)


def body(message, kind):
    part = message.get_body((kind,))
    return part.get_content() if part is not None else None


def header(message, name):
    try:
        return html.escape(str(message[name] or ""))
    except (ValueError, IndexError):
        return "(uleselig)"


def with_links(text):
    """Escaped text whose links can be clicked."""
    parts, end = [], 0
    for match in LINK.finditer(text):
        link = html.escape(match.group())
        parts += [html.escape(text[end:match.start()]),
                  f'<a href="{link}" target="_blank" rel="noreferrer">{link}</a>']
        end = match.end()
    return "".join(parts) + html.escape(text[end:])


def row(folder, name, current):
    message = read(folder, name)
    mark = ' aria-current="page"' if name == current else ""
    return (f'<a href="/mail/{quote(name)}"{mark}><b>{header(message, "Subject")}</b>'
            f'{header(message, "To")}<small>{header(message, "Date")}</small></a>')


def opened(folder, name):
    message = read(folder, name)
    html_part = HTML_PART.format(name=quote(name)) if body(message, "html") is not None else ""
    return MAIL.format(
        subject=header(message, "Subject"), sender=header(message, "From"), name=quote(name),
        to=header(message, "To"), date=header(message, "Date"), html_part=html_part,
        text=with_links(body(message, "plain") or ""))


def state(folder):
    listed = names(folder)
    return listed[0][:4] if listed else "tom"


def page(folder, current):
    listed = names(folder)
    current = current or (listed[0] if listed else None)
    count = {0: "Ingen e-post ennå", 1: "Én e-post"}.get(
        len(listed), f"{len(listed)} e-poster, nyeste først")
    if listed:
        mail = opened(folder, current)
    else:
        mail = "<article><p>Be om et nytt passord, så dukker e-posten opp her.</p></article>"
    return PAGE.format(
        title="Innboks" if not listed else f"Innboks ({len(listed)})", state=state(folder),
        count=count, mail=mail, rows="".join(row(folder, name, current) for name in listed[:200]))


class Pages(http.server.BaseHTTPRequestHandler):
    """GET / /mail/NAME /html/NAME /raw/NAME /state /inbox.css /inbox.js"""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self):
        if self.headers.get("Host", "").rpartition(":")[0] not in ("127.0.0.1", "localhost"):
            return self.answer("Bare fra denne maskinen.", status=403, kind="text/plain")
        fixed = {"/inbox.css": (STYLE, "text/css"), "/inbox.js": (SCRIPT, "text/javascript"),
                 "/state": (state(self.server.folder), "text/plain")}
        if self.path in fixed:
            return self.answer(*fixed[self.path])
        if self.path == "/":
            return self.answer(page(self.server.folder, None))
        return self.mail(*self.path.strip("/").partition("/")[::2])

    def mail(self, view, name):
        folder, name = self.server.folder, unquote(name)
        if name not in names(folder) or view not in ("mail", "html", "raw"):
            return self.answer("Siden finnes ikke.", status=404, kind="text/plain")
        if view == "mail":
            return self.answer(page(folder, name))
        if view == "raw":
            raw = (folder / name).read_bytes().decode(errors="replace")
            return self.answer(raw, "text/plain", MAIL_POLICY)
        part = body(read(folder, name), "html") or ""
        return self.answer('<base target="_blank">' + part, "text/html", MAIL_POLICY)

    def answer(self, text, kind="text/html", policy=PAGE_POLICY, status=200):
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments):
        """Nothing: the state is asked for every second."""


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self):
        # The parent's looks up the machine's name, which may take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address


def start(port, folder):
    listener = Listener(("127.0.0.1", port), Pages)
    listener.folder = folder
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    return listener
