"""A fake of the range service for leaked passwords: what api.pwnedpasswords.com documents, over real
TLS. A fake because the real one is another's machine; and one that fails or is silent on request."""
import hashlib
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakePwnedRange:
    """`leaked` are passwords; `behave` is None, "503" or "silent". `asked` are the paths that came,
    `padded` whether each asked for padding."""

    def __init__(self, port, authority, folder, *leaked):
        self.hashes = [hashlib.sha1(word.encode()).hexdigest().upper() for word in leaked]
        self.behave, self.asked, self.padded = None, [], []
        self.end = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), self.handler())
        certificate, key = authority.issue(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{port}/range/"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def handler(fake):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                fake.asked.append(self.path)
                fake.padded.append(self.headers.get("Add-Padding") == "true")
                if fake.behave == "silent":
                    fake.end.wait(10)
                    return
                prefix = self.path.removeprefix("/range/")
                lines = [f"{digest[5:]}:17" for digest in fake.hashes if digest.startswith(prefix)]
                lines += [f"{number:035X}:0" for number in range(800)]
                body = "\r\n".join(lines).encode()
                self.send_response(503 if fake.behave == "503" else 200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def stop(self):
        self.end.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
