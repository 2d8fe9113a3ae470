"""A fake domain controller that claims to be Windows: it offers the policy hints control, keeps the
bytes of each modify request, and answers it as it is told."""

import ssl

from directory_slapd_fixture import (BIND, SEARCH, SEARCH_DONE, UNBIND, FakeServer, read_message,
                                     result, tlv)

BASE = b"DC=fake,DC=example,DC=org"
DN = b"CN=kari,OU=People," + BASE
MODIFY = 0x66
HINTS, HINTS_OLD = b"1.2.840.113556.1.4.2239", b"1.2.840.113556.1.4.2066"

PERSON = {
    b"objectGUID": bytes(range(16)), b"sAMAccountName": b"kari", b"mail": b"kari@example.org",
    b"displayName": b"Kari Nordmann-Li", b"userAccountControl": b"512", b"lockoutTime": b"0",
    b"pwdLastSet": b"134398271234782660", b"accountExpires": b"9223372036854775807",
    b"msDS-User-Account-Control-Computed": b"0", b"msDS-KeyVersionNumber": b"4"}
DOMAIN = {b"minPwdLength": b"8", b"pwdHistoryLength": b"24", b"minPwdAge": b"-864000000000",
          b"pwdProperties": b"1"}

# What Windows says, as far as the code goes.
RESTRICTION = b"0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n"
OWN_RESTRICTION = (b"0000052D: AtrErr: DSID-03191083, #1:\n\t0: 0000052D: DSID-03191083, problem 1005 "
                   b"(CONSTRAINT_ATT_TYPE), data 0, Att 9005a (unicodePwd)\n")
UNSEEN = b"0000001F: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n"


def take(data):
    """The first BER element: its tag, its contents, and what comes after it."""
    size, start = data[1], 2
    if size & 0x80:
        start = 2 + (size & 0x7F)
        size = int.from_bytes(data[2:start], "big")
    return data[0], data[start:start + size], data[start + size:]


def elements(data):
    found = []
    while data:
        tag, contents, data = take(data)
        found.append((tag, contents))
    return found


class Modify:
    """A modify request taken apart: the DN, [(operation, attribute, [values])], and
    {OID: (is critical, value)}."""

    def __init__(self, message):
        _, request, *controls = elements(take(message)[1])
        (_, self.dn), (_, changes) = elements(request[1])
        self.changes = []
        for _, change in elements(changes):
            (_, operation), (_, partial) = elements(change)
            (_, name), (_, values) = elements(partial)
            self.changes.append((operation[0], name, [value for _, value in elements(values)]))
        self.controls = {}
        for _, control in elements(controls[0][1]) if controls else []:
            (_, oid), *rest = elements(control)
            self.controls[oid] = (any(tag == 1 and value != b"\0" for tag, value in rest),
                                  next((value for tag, value in rest if tag == 4), None))


def entry(dn, attributes):
    rows = [tlv(0x30, tlv(4, name), tlv(0x31, *(tlv(4, value) for value in values)))
            for name, values in attributes.items()]
    return tlv(0x64, tlv(4, dn), tlv(0x30, *rows))


class FakeActiveDirectory(FakeServer):
    """Speaks ldaps with the certificate of `folder`; without a folder it speaks ldap. `controls` are
    the OIDs that it offers. `answer` is the code and the diagnostic of every modify request."""

    def __init__(self, folder=None, controls=(HINTS, HINTS_OLD), answer=(0, b"")):
        self.answer = answer
        self.root = {b"supportedCapabilities": [b"1.2.840.113556.1.4.800"],
                     b"defaultNamingContext": [BASE], b"supportedControl": list(controls)}
        self.requests = []
        self.tls = None
        if folder is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        super().__init__()

    def serve(self, stream):
        with self.tls.wrap_socket(stream, server_side=True) if self.tls else stream as talk:
            while self.serve_one(talk, *read_message(talk)):
                pass

    def serve_one(self, stream, message, identity, tag):
        if tag == BIND:
            stream.sendall(tlv(0x30, identity, result(0x61, 0)))
        elif tag == SEARCH:
            self.search(stream, message, identity)
        elif tag == MODIFY:
            self.requests.append(Modify(message))
            code, words = self.answer
            body = tlv(0x67, tlv(0x0A, bytes([code])), tlv(4), tlv(4, words))
            stream.sendall(tlv(0x30, identity, body))
        return tag != UNBIND

    def search(self, stream, message, identity):
        (_, base), (_, scope), *_ = elements(elements(take(message)[1])[1][1])
        if base == b"":
            found = entry(b"", self.root)
        elif base == BASE and scope == b"\0":
            found = entry(BASE, {name: [value] for name, value in DOMAIN.items()})
        else:
            found = entry(DN, {name: [value] for name, value in PERSON.items()})
        stream.sendall(tlv(0x30, identity, found))
        stream.sendall(tlv(0x30, identity, result(SEARCH_DONE, 0)))
