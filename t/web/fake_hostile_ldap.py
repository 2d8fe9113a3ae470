"""A fake directory that turns hostile when told to: it stands before a real slapd, passes everything
on, and plays a trick with the requests of one stage.

    fake = FakeHostileDirectory(slapd.port)
    fake.trick("search", "million")       # from the next search on
    fake.behave()

Stages: accept, starttls, bind, search, write. Tricks: the methods below by name, and for writes
"apply_and_drop": the directory does it, and the connection ends before its answer. `writes` counts
the writes that have arrived here, which is what a client has sent, whatever became of them.
"""

import contextlib
import socket
import threading

from directory_slapd_fixture import (BASE, BIND, EXTENDED, SEARCH, SEARCH_DONE, STARTTLS_OID, UNBIND,
                                     FakeServer, read_message, result, tlv)

PASSWORD_OID = b"1.3.6.1.4.1.4203.1.11.1"
NOTICE_OID = b"1.3.6.1.4.1.1466.20036"
MODIFY = 0x66
ANSWERS = {BIND: 0x61, SEARCH: SEARCH_DONE, EXTENDED: 0x78, MODIFY: 0x67}
BAD_POLICY = tlv(0x30, tlv(4, b"1.3.6.1.4.1.42.2.27.8.5.1"), tlv(4, b"\x30\x7f\xa0\x01"))
MEGABYTE = 1 << 20
SOMEBODY = tlv(4, b"uid=a,ou=people," + BASE.encode())


def length_of(size):
    return b"\x84" + size.to_bytes(4, "big")


class FakeHostileDirectory(FakeServer):
    def __init__(self, behind, rogue_port=1):
        self.behind = behind
        self.rogue = tlv(0xA3, tlv(4, b"ldap://127.0.0.1:%d/" % rogue_port))
        self.stage = self.how = None
        self.swap = lambda piece: piece  # what becomes of the directory's answers on their way
        self.writes = 0
        self.played = threading.Event()
        self.sent = 0  # bytes of a trick, as far as the client took them
        super().__init__()

    def trick(self, stage, how):
        self.played.clear()
        self.writes = self.sent = 0
        self.stage, self.how = stage, how

    def behave(self):
        self.stage = None

    @property
    def url(self):
        return f"ldap://127.0.0.1:{self.port}"

    def plays(self, stage):
        if stage != self.stage:
            return False
        self.played.set()
        return True

    def stage_of(self, message, tag):
        if STARTTLS_OID in message:
            return "starttls"
        if tag == MODIFY or PASSWORD_OID in message:
            self.writes += 1
            return "write"
        return {BIND: "bind", SEARCH: "search"}.get(tag)

    def serve(self, stream):
        if self.plays("accept"):
            return getattr(self, self.how)(stream, None, None)
        with socket.create_connection(("127.0.0.1", self.behind)) as server:
            is_last = threading.Event()
            threading.Thread(target=self.pass_back, args=(server, stream, is_last),
                             daemon=True).start()
            while True:
                message, identity, tag = read_message(stream)
                stage = self.stage_of(message, tag)
                is_played = self.plays(stage)
                if is_played and self.how != "apply_and_drop":
                    return getattr(self, self.how)(stream, identity, ANSWERS[tag])
                if is_played:
                    is_last.set()
                server.sendall(message)
                if stage == "starttls":  # what follows is not to be understood
                    return self.pass_back(stream, server, threading.Event())
                if tag == UNBIND:
                    return None

    def pass_back(self, server, stream, is_last):
        """When the answer to the last request comes, it is done, and nobody is told."""
        with contextlib.suppress(OSError):
            while (piece := server.recv(65536)) and not is_last.is_set():
                stream.sendall(self.swap(piece))
            stream.shutdown(socket.SHUT_RDWR)

    def send(self, stream, data):
        stream.sendall(data)
        self.sent += len(data)

    # --- tricks: each gets the stream, the request's id as bytes, and the tag of its answer ---

    def hang(self, stream, *_):
        self.wait_for_silence(stream)

    def close(self, *_):
        pass

    def say_yes_and_hang(self, stream, identity, answer):
        """What follows a StartTLS that was granted is no handshake."""
        self.send(stream, tlv(0x30, identity, result(answer, 0)))
        self.wait_for_silence(stream)

    def drip(self, stream, identity, answer):
        """A right answer, byte by byte, and slow."""
        pause = threading.Event()
        for byte in tlv(0x30, identity, result(answer, 0)):
            self.send(stream, bytes([byte]))
            pause.wait(0.5)
        self.wait_for_silence(stream)

    def gigabyte(self, stream, identity, _):
        """An entry with an attribute of one GiB, in lengths that are right and bytes that come."""
        size = 1 << 30
        value = b"\x04" + length_of(size)
        values = b"\x31" + length_of(size + len(value)) + value
        attribute = tlv(4, b"mail") + values
        attribute = b"\x30" + length_of(size + len(attribute)) + attribute
        attributes = b"\x30" + length_of(size + len(attribute)) + attribute
        entry = SOMEBODY + attributes
        entry = b"\x64" + length_of(size + len(entry)) + entry
        self.send(stream, b"\x30" + length_of(size + len(identity) + len(entry)) + identity + entry)
        self.pour(stream, b"x" * MEGABYTE, 1024)

    def million(self, stream, identity, _):
        """A million entries."""
        entry = tlv(0x30, identity, tlv(0x64, SOMEBODY, tlv(0x30)))
        self.pour(stream, entry * 1000, 1000)
        self.wait_for_silence(stream)

    def unasked(self, stream, *_):
        """A gigabyte of unsolicited notifications, which belong to no request."""
        notice = tlv(0x30, b"\x02\x01\x00", tlv(0x78, tlv(0x0A, b"\x00"), tlv(4),
                                                tlv(4, b"x" * 900000)))
        self.pour(stream, notice, 1200)
        self.wait_for_silence(stream)

    def pour(self, stream, piece, count):
        for _ in range(count):
            self.send(stream, piece)

    def notice(self, stream, *_):
        """Notice of disconnection (RFC 4511, 4.4.1), and the end."""
        self.send(stream, tlv(0x30, b"\x02\x01\x00",
                              tlv(0x78, tlv(0x0A, b"\x34"), tlv(4), tlv(4), tlv(0x8A, NOTICE_OID))))

    def other_id(self, stream, identity, answer):
        """Says yes to a request that was never made."""
        wrong = b"\x02\x04\x7f\xff\xff" + identity[-1:]
        self.send(stream, tlv(0x30, wrong, result(answer, 0)))
        self.wait_for_silence(stream)

    def referral(self, stream, identity, answer):
        self.send(stream, tlv(0x30, identity, result(answer, 10, self.rogue)))
        self.wait_for_silence(stream)

    def bad_control(self, stream, identity, answer):
        """Refuses, with a password policy control whose value is cut off."""
        self.send(stream, tlv(0x30, identity, result(answer, 19), tlv(0xA0, BAD_POLICY)))
        self.wait_for_silence(stream)

    def bad_controls(self, stream, identity, answer):
        """Refuses, it seems: behind it stands what is no list of controls."""
        self.send(stream, tlv(0x30, identity, result(answer, 19), tlv(0xA0, b"\x30\x05\x04\x7fabc")))
        self.wait_for_silence(stream)

    def bad_ber(self, stream, identity, answer):
        """Lengths that point beyond the message, and a negative one."""
        self.send(stream, tlv(0x30, identity, bytes([answer]) + b"\x84\xff\xff\xff\xff\x0a\x01\x00"))
        self.wait_for_silence(stream)
