"""What every fake server in threads needs: a port of its own, and a thread for each connection."""
import contextlib
import socket
import threading


class FakeServer:
    """Listens from the moment it is made. What it does with a connection is `serve(stream)` of the
    subclass. The end of a `with` block waits for all its threads, so that what they noted is whole;
    `stop()` waits for none."""

    def __init__(self):
        self.accepted = 0
        self.ended = threading.Event()
        self.threads = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start(self.accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        for thread in self.threads:
            thread.join(10)

    def start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        with contextlib.suppress(OSError):
            while not self.ended.is_set():
                stream, _ = self.listener.accept()
                self.accepted += 1
                self.start(self.serve_quietly, stream)

    def serve_quietly(self, stream):
        with contextlib.suppress(OSError), stream:
            self.serve(stream)

    def stop(self):
        if not self.ended.is_set():
            self.ended.set()
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()

    @staticmethod
    def wait_for_silence(stream):
        while stream.recv(4096):
            pass
