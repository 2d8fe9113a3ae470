"""A program in a terminal of its own, driven as a person would: look at the screen, press keys.

Only what the program writes is kept, without the terminal's control sequences; a program that draws
each page anew (TERM=vt100) can be read so.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

ROWS, COLUMNS = 60, 200
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78M]|[\x0e\x0f\x07]|\$<\d+>")


class Terminal:
    """`screen` is what was written since the last key."""

    def __init__(self, argv, **environment):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(argv[0], argv, {**os.environ, "TERM": "vt100", "LC_ALL": "C.UTF-8",
                                           **environment})
            finally:
                os._exit(127)
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.written = b""

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        os.close(self.file)
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)

    @property
    def screen(self):
        text = CONTROL.sub(b" ", self.written).decode(errors="replace")
        return " ".join(text.split())

    def wait_for(self, words, seconds=15.0):
        deadline = time.monotonic() + seconds
        while words not in self.screen:
            left = deadline - time.monotonic()
            ready = select.select([self.file], [], [], max(left, 0))[0]
            if not ready:
                raise AssertionError(f"the screen never says {words!r} but: {self.screen}")
            try:
                self.written += os.read(self.file, 65536)
            except OSError as error:
                raise AssertionError(f"it ended without {words!r}: {self.screen}") from error

    def press(self, keys):
        self.written = b""
        os.write(self.file, keys.encode())
