/* One function per check; those about several servers tell each by its name. */
#include "flow/check.h"

#include <unistd.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "flow/lockout.h"
#include "store/outbox.h"

typedef struct {
    pwr_parts_t *parts;
    pwr_check_teller_t tell;
    void *data;
    apr_pool_t *pool;
    int faults;
} run_t;

static void told(run_t *run, const char *name, const pwr_fault_t *fault)
{
    run->faults += fault != NULL ? 1 : 0;
    run->tell(fault != NULL ? PWR_CHECK_FAILED : PWR_CHECK_OK, name, fault, run->data);
}

static void warned(run_t *run, const char *name, const pwr_fault_t *fault)
{
    run->tell(fault != NULL ? PWR_CHECK_WARNING : PWR_CHECK_OK, name, fault, run->data);
}

/* The check has the rights of the server's user, as the worker and the web processes have. */
static void check_files(run_t *run)
{
    const pwr_parts_settings_t *settings = run->parts->settings;
    const struct {
        const char *directive, *path;
    } files[] = {
        {"PwResetLDAPTrustedCA", settings->directory.trusted_ca},
        {"PwResetLDAPKeytab", settings->directory.keytab},
        {"PwResetLDAPClientCertificate", settings->directory.client_certificate},
        {"PwResetLDAPClientCertificate", settings->directory.client_key},
        {"PwResetRelayTrustedCA", settings->mail.trusted_ca},
        {"PwResetPwnedTrustedCA", settings->policy.pwned_ca},
        {"PwResetCaptchaTrustedCA", settings->remote.trusted_ca},
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i].path == NULL) {
            continue;
        }
        pwr_fault_t *fault = NULL;
        if (access(files[i].path, R_OK) != 0) {
            fault = pwr_fault_broken(run->pool, "PWR0860",
                                     "The server's user (User, Group) cannot read the file %s of "
                                     "%s: %s. Let that user read it and pass the folders above it.",
                                     files[i].path, files[i].directive,
                                     pwr_fault_status(apr_get_os_error(), run->pool));
        }
        told(run,
             apr_psprintf(run->pool, "the server's user can read the file of %s",
                          files[i].directive),
             fault);
    }
}

static void check_store(run_t *run)
{
    const pwr_store_settings_t *settings = &run->parts->settings->store;
    apr_time_t oldest = 0;
    int waiting = 0;
    pwr_fault_t *fault = pwr_schema_prepare(run->parts->store, run->pool);

    told(run, apr_psprintf(run->pool, "database (%s) answers and has its tables", settings->driver),
         fault);
    if (fault != NULL) {
        return;
    }
    fault = pwr_outbox_backlog(&waiting, &oldest, run->parts->store, run->parts->site, run->pool);
    if (fault == NULL && oldest != 0
        && pwr_clock_now() - oldest > run->parts->settings->flow.link_life / 4) {
        fault = pwr_fault_later(run->pool, "PWR0801",
                                "%d requests wait, the oldest for %ld minutes. The worker's lines "
                                "in the error log say why.",
                                waiting, (long)(apr_time_sec(pwr_clock_now() - oldest) / 60));
    }
    told(run, "requests are worked without delay", fault);
}

static void check_directory(run_t *run)
{
    const pwr_directory_settings_t *settings = &run->parts->settings->directory;
    pwr_rules_t rules;

    for (int i = 0; i < settings->uris->nelts; i++) {
        told(run,
             apr_psprintf(run->pool, "directory %s takes our bind",
                          APR_ARRAY_IDX(settings->uris, i, const char *)),
             pwr_directory_probe(run->parts->directory, i, run->pool));
    }
    told(run, "our bind is one that the password policy applies to",
         pwr_directory_check_bind(run->parts->directory, run->pool));
    told(run, "directory shows what we need of an account",
         pwr_directory_check_rights(run->parts->directory, run->pool));
    told(run, "directory lets us read its password rules",
         pwr_directory_rules(&rules, run->parts->directory, NULL, run->pool));
}

/* NULL where the directory's lock leaves room for what the directives allow. */
static const pwr_fault_t *compare_caps(const pwr_lockout_t *lockout,
                                       const pwr_flow_settings_t *flow, apr_pool_t *pool)
{
    int room = pwr_lockout_room(lockout);
    int in_hour = pwr_lockout_room_in(lockout, apr_time_from_sec(3600));
    int in_day = pwr_lockout_room_in(lockout, apr_time_from_sec(86400));

    if (room == 0) {
        return pwr_fault_broken(pool, "PWR0807",
                                "The directory locks an account at %d failed logins. That leaves "
                                "no room for an attempt at PwResetChange's page beside the "
                                "owner's own: no old password is tried there. Let the directory "
                                "lock at %d or more, or write PwResetChange off.",
                                lockout->threshold, PWR_LOCKOUT_MARGIN + 1);
    }
    if (flow->attempts_per_hour <= in_hour && flow->attempts_per_day <= in_day) {
        return NULL;
    }
    const char *span = lockout->interval == 0
                           ? "until a right login"
                           : apr_psprintf(pool, "within %ld minutes",
                                          (long)(apr_time_sec(lockout->interval) / 60));
    return pwr_fault_broken(
        pool, "PWR0808",
        "PwResetAttemptsPerHour %d and PwResetAttemptsPerDay %d cannot be had: the "
        "directory locks an account at %d failed logins %s, and %d of them are "
        "the owner's. At most %d wrong old passwords are tried, %d in an hour, "
        "%d in a day. Write PwResetAttemptsPerHour %d and PwResetAttemptsPerDay %d, "
        "or let the directory lock later.",
        flow->attempts_per_hour, flow->attempts_per_day, lockout->threshold, span,
        PWR_LOCKOUT_MARGIN, room, in_hour, in_day,
        flow->attempts_per_hour < in_hour ? flow->attempts_per_hour : in_hour,
        flow->attempts_per_day < in_day ? flow->attempts_per_day : in_day);
}

static void check_lockout(run_t *run)
{
    const pwr_flow_settings_t *flow = &run->parts->settings->flow;
    pwr_lockout_t lockout = {0};

    if (!flow->may_change) {
        return;
    }
    pwr_fault_t *fault = pwr_directory_check_lockout(&lockout, run->parts->directory, run->pool);
    warned(run, "directory shows how near an account is to its lock", fault);
    if (lockout.is_known) {
        warned(run, "attempts at old passwords fit below the directory's lock",
               compare_caps(&lockout, flow, run->pool));
    }
}

static void check_relays(run_t *run)
{
    const apr_array_header_t *relays = run->parts->settings->mail.relays;
    pwr_relays_t *open = NULL;
    pwr_fault_t *fault = pwr_mail_start(run->pool);

    if (fault == NULL) {
        fault = pwr_relays_open(&open, &run->parts->settings->mail, run->pool);
    }
    told(run, "sender and relays make sense", fault);
    for (int i = 0; fault == NULL && i < relays->nelts; i++) {
        const pwr_relay_t *relay = APR_ARRAY_IDX(relays, i, const pwr_relay_t *);
        told(run, apr_psprintf(run->pool, "relay %s takes our session", relay->name),
             pwr_relays_probe(open, i, run->pool));
    }
}

int pwr_check_run(pwr_parts_t *parts, pwr_check_teller_t tell, void *data, apr_pool_t *pool)
{
    run_t run = {.parts = parts, .tell = tell, .data = data, .pool = pool};

    check_files(&run);
    check_store(&run);
    check_directory(&run);
    check_lockout(&run);
    check_relays(&run);
    return run.faults;
}
