/*
 * A directory server of arbitrary bytes: libldap reads them from a socket whose other end is the
 * target's. One handle for each input; one thread.
 */
#ifndef PWR_FUZZ_WIRE_H
#define PWR_FUZZ_WIRE_H

#include <openldap.h>
#include <sys/socket.h>

#include "fuzz.h"

#include "base/limits.h"

#define FIRST_REQUEST 1 /* the message id that libldap gives to a handle's first request */
#define MOST_ANSWERED 65536

/* libldap 2.5 leaks what it cannot understand: the parts of a notice of disconnection, a request
 * whose connection is gone. What is leaked through liblber is not looked at here. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:liblber\nleak:libldap\n";
}

/* A handle that will read `bytes` and then the end. `peer` is to be closed after the handle. */
static inline LDAP *open_wire(int *peer, const void *bytes, size_t length)
{
    int ends[2];
    int version = LDAP_VERSION3;
    ber_len_t most = PWR_MAX_DIRECTORY_ANSWER; /* as directory/ldap_handle.c has it */
    Sockbuf *buffer = NULL;
    LDAP *ld = NULL;

    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    MUST(ldap_init_fd(ends[0], LDAP_PROTO_IPC, "ldapi:///", &ld) == LDAP_SUCCESS);
    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
    ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    MUST(ldap_get_option(ld, LDAP_OPT_SOCKBUF, &buffer) == LDAP_OPT_SUCCESS && buffer != NULL);
    MUST(ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &most) == 1);
    length = length < MOST_ANSWERED ? length : MOST_ANSWERED;
    MUST(write(ends[1], bytes, length) == (ssize_t)length);
    MUST(shutdown(ends[1], SHUT_WR) == 0);
    *peer = ends[1];
    return ld;
}

#endif
