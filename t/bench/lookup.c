/*
 * Lookups and password writes through the directory component's pool, and the same LDAP operations
 * by libldap alone in a loop, each thread with a connection of its own. All threads do the same at
 * a time: a slice ours, a slice bare, a slice ours with the next server, and so on, so that
 * whatever else the machine does meets all alike. People are called u0000000 and so on, with a mail
 * address of that name.
 *
 *     lookup find|write THREADS SECONDS URL PEOPLE [URL PEOPLE ...]
 *
 * prints for each URL: ours and bare per second, failures. URL as in PwResetLDAPURL, without TLS;
 * the service account stands in BENCH_BIND_DN and BENCH_BIND_PASSWORD.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "base/limits.h"
#include "directory/backend.h"

#define MOST_THREADS 64
#define MOST_SERVERS 4
#define SLICE apr_time_from_msec(50)

/* One server, the same for all threads. */
typedef struct {
    pwr_directory_settings_t settings;
    pwr_directory_t *directory;
    int people;
} server_t;

typedef struct {
    const server_t *server;
    LDAP *bare;
    int turns[2]; /* ours, bare */
    int failures;
} seat_t;

/* A thread. */
typedef struct {
    seat_t seats[MOST_SERVERS];
    int seat_count;
    bool is_write;
    apr_time_t begin;
    apr_time_t until;
    apr_uint64_t random_state;
    int index, count; /* of the threads: no two write to one person */
    const char **attributes;
} lookup_runner_t;

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "lookup: %s: %s\n", what, why != NULL ? why : "no reason given");
    exit(1);
}

static void expect_fine(pwr_fault_t *fault)
{
    if (fault != NULL) {
        stop(fault->tag, fault->detail);
    }
}

/* SplitMix64: the same people in the same order, whoever asks. */
static apr_uint64_t roll(lookup_runner_t *runner)
{
    apr_uint64_t mixed = runner->random_state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

static const char *new_password(lookup_runner_t *runner, apr_pool_t *scratch)
{
    return apr_psprintf(scratch, "Nytt-%" APR_UINT64_T_HEX_FMT "-passord", roll(runner));
}

/* --- ours --- */

static pwr_account_t *find_ours(const server_t *server, const char *name, apr_pool_t *scratch)
{
    apr_array_header_t *accounts = NULL;

    expect_fine(pwr_directory_find(&accounts, server->directory, name, scratch));
    return accounts->nelts == 1 ? APR_ARRAY_IDX(accounts, 0, pwr_account_t *) : NULL;
}

static bool turn_ours(lookup_runner_t *runner, const seat_t *seat, const char *name,
                      apr_pool_t *scratch)
{
    pwr_account_t *account = find_ours(seat->server, name, scratch);
    pwr_write_outcome_t outcome = PWR_WRITE_NOT_SENT;

    if (account == NULL || !runner->is_write) {
        return account != NULL;
    }
    const char *text = new_password(runner, scratch);
    const pwr_secret_t *password = pwr_secret_make(text, strlen(text), scratch);
    expect_fine(
        pwr_directory_set_password(&outcome, seat->server->directory, account, password, scratch));
    return outcome == PWR_WRITE_DONE;
}

/* --- libldap alone --- */

static LDAP *connect_bare(const server_t *server)
{
    const char *password = getenv("BENCH_BIND_PASSWORD");
    struct berval secret = {.bv_len = strlen(password), .bv_val = (char *)password};
    int version = LDAP_VERSION3;
    LDAP *ld = NULL;

    ldap_initialize(&ld, APR_ARRAY_IDX(server->settings.uris, 0, const char *));
    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
    int code = ldap_sasl_bind_s(ld, server->settings.bind_dn, LDAP_SASL_SIMPLE, &secret, NULL, NULL,
                                NULL);
    if (code != LDAP_SUCCESS) {
        stop("bind", ldap_err2string(code));
    }
    return ld;
}

/* The entry's DN; NULL when there is not exactly one. */
static const char *search_bare(const lookup_runner_t *runner, const seat_t *seat, const char *base,
                               const char *filter, apr_pool_t *scratch)
{
    int scope = base == seat->server->settings.base ? LDAP_SCOPE_SUBTREE : LDAP_SCOPE_BASE;
    LDAPMessage *answer = NULL;
    const char *dn = NULL;
    int code = ldap_search_ext_s(seat->bare, base, scope, filter, (char **)runner->attributes, 0,
                                 NULL, NULL, NULL, PWR_MAX_MATCHES, &answer);

    if (code == LDAP_SUCCESS && ldap_count_entries(seat->bare, answer) == 1) {
        char *text = ldap_get_dn(seat->bare, ldap_first_entry(seat->bare, answer));
        dn = apr_pstrdup(scratch, text);
        ldap_memfree(text);
    }
    ldap_msgfree(answer);
    return dn;
}

/* The password operation (RFC 3062) with the password policy control. */
static bool write_bare(const seat_t *seat, const char *dn, const char *password)
{
    struct berval who = {.bv_len = strlen(dn), .bv_val = (char *)dn};
    struct berval what = {.bv_len = strlen(password), .bv_val = (char *)password};
    LDAPControl *policy = NULL;
    LDAPMessage *answer = NULL;
    int id = 0, result = LDAP_OTHER;

    ldap_create_passwordpolicy_control(seat->bare, &policy);
    LDAPControl *controls[] = {policy, NULL};
    int code = ldap_passwd(seat->bare, &who, NULL, &what, controls, NULL, &id);
    ldap_control_free(policy);
    if (code != LDAP_SUCCESS || ldap_result(seat->bare, id, LDAP_MSG_ALL, NULL, &answer) <= 0) {
        return false;
    }
    ldap_parse_result(seat->bare, answer, &result, NULL, NULL, NULL, NULL, 1);
    return result == LDAP_SUCCESS;
}

/* A write has the account read again before and after it, as ours does. */
static bool turn_bare(lookup_runner_t *runner, const seat_t *seat, const char *name,
                      apr_pool_t *scratch)
{
    const pwr_directory_settings_t *settings = &seat->server->settings;
    const char *filter
        = apr_psprintf(scratch, "(&%s(|(mail=%s)(uid=%s)))", settings->filter, name, name);
    const char *dn = search_bare(runner, seat, settings->base, filter, scratch);

    if (dn == NULL || !runner->is_write) {
        return dn != NULL;
    }
    return search_bare(runner, seat, dn, settings->filter, scratch) != NULL
           && write_bare(seat, dn, new_password(runner, scratch))
           && search_bare(runner, seat, dn, settings->filter, scratch) != NULL;
}

/* --- the run --- */

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    lookup_runner_t *runner = data;
    apr_pool_t *scratch = NULL;

    (void)thread;
    apr_pool_create_unmanaged_ex(&scratch, NULL, NULL); /* threads share nothing */
    for (apr_time_t now = apr_time_now(); now < runner->until; now = apr_time_now()) {
        int slice = (int)((now - runner->begin) / SLICE);
        int round = slice / (2 * runner->seat_count);
        seat_t *seat = &runner->seats[slice / 2 % runner->seat_count];
        int who = (slice + round) % 2; /* each of the two comes first as often */
        int share = seat->server->people / runner->count;
        int person = (int)(roll(runner) % (apr_uint64_t)share) * runner->count + runner->index;
        const char *name = apr_psprintf(scratch, "u%07d", person);
        bool is_done = who == 0 ? turn_ours(runner, seat, name, scratch)
                                : turn_bare(runner, seat, name, scratch);
        seat->turns[who]++;
        seat->failures += is_done ? 0 : 1;
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return NULL;
}

/* What ours asks for of OpenLDAP, so that both get as many bytes. */
static const char **attributes_of(apr_pool_t *pool)
{
    static const char *const always[]
        = {"entryUUID", "uid", "mail", "displayName", "cn", "givenName", "sn", "o", "company"};
    apr_array_header_t *names = apr_array_make(pool, 24, sizeof(const char *));

    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        APR_ARRAY_PUSH(names, const char *) = always[i];
    }
    for (const char *const *name = pwr_backend_openldap.attributes; *name != NULL; name++) {
        APR_ARRAY_PUSH(names, const char *) = *name;
    }
    APR_ARRAY_PUSH(names, const char *) = NULL;
    return (const char **)names->elts;
}

static void open_server(server_t *server, const char *url, int threads, apr_pool_t *pool)
{
    pwr_directory_settings_t *settings = &server->settings;
    const char *password = getenv("BENCH_BIND_PASSWORD");

    *settings = (pwr_directory_settings_t){.backend_name = "auto",
                                           .bind_dn = getenv("BENCH_BIND_DN"),
                                           .timeout = apr_time_from_sec(5),
                                           .connections = threads};
    if (password == NULL || settings->bind_dn == NULL) {
        stop("no service account", "BENCH_BIND_DN, BENCH_BIND_PASSWORD");
    }
    settings->mail_attributes = apr_array_make(pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(settings->mail_attributes, const char *) = "mail";
    settings->bind_password = pwr_secret_make(password, strlen(password), pool);
    expect_fine(pwr_directory_parse_url(settings, url, pool));
    settings->tls = PWR_TLS_NONE;
    expect_fine(pwr_directory_open(&server->directory, settings, pool));
    find_ours(server, "u0000000", pool);
}

static void seat_all(lookup_runner_t *runner, server_t *servers, int count)
{
    runner->seat_count = count;
    for (int i = 0; i < count; i++) {
        runner->seats[i] = (seat_t){.server = &servers[i], .bare = connect_bare(&servers[i])};
    }
}

/* Of one server; each of the two had its share of the slices. */
static void print_rates(const lookup_runner_t *runners, int threads, int at, double seconds)
{
    int turns[2] = {0, 0}, failures = 0;
    double share = seconds / 2 / runners[0].seat_count;

    for (int i = 0; i < threads; i++) {
        const seat_t *seat = &runners[i].seats[at];
        turns[0] += seat->turns[0];
        turns[1] += seat->turns[1];
        failures += seat->failures;
        ldap_unbind_ext_s(seat->bare, NULL, NULL);
    }
    printf("%.1f %.1f %d\n", turns[0] / share, turns[1] / share, failures);
}

static void run_all(lookup_runner_t *runners, int threads, int seconds, apr_pool_t *pool)
{
    apr_thread_t *handles[MOST_THREADS];
    apr_time_t begin = apr_time_now();

    for (int i = 0; i < threads; i++) {
        runners[i].begin = begin;
        runners[i].until = begin + apr_time_from_sec(seconds);
        runners[i].random_state = (apr_uint64_t)begin + (apr_uint64_t)i;
        apr_thread_create(&handles[i], NULL, run, &runners[i], pool);
    }
    for (int i = 0; i < threads; i++) {
        apr_status_t status = APR_SUCCESS;
        apr_thread_join(&status, handles[i]);
    }
}

int main(int argc, const char *const *argv)
{
    static lookup_runner_t runners[MOST_THREADS];
    static server_t servers[MOST_SERVERS];
    int threads = argc > 2 ? (int)apr_atoi64(argv[2]) : 0;
    int count = (argc - 4) / 2;
    apr_pool_t *pool = NULL;

    apr_initialize();
    signal(SIGPIPE, SIG_IGN);
    apr_pool_create(&pool, NULL);
    if (threads < 1 || threads > MOST_THREADS || count < 1 || count > MOST_SERVERS) {
        stop("usage", "lookup find|write THREADS SECONDS URL PEOPLE [URL PEOPLE ...]");
    }
    expect_fine(pwr_crypto_start(pool));
    for (int i = 0; i < count; i++) {
        open_server(&servers[i], argv[4 + 2 * i], threads, pool);
        servers[i].people = (int)apr_atoi64(argv[5 + 2 * i]);
    }
    for (int i = 0; i < threads; i++) {
        runners[i] = (lookup_runner_t){.is_write = strcmp(argv[1], "write") == 0,
                                       .index = i,
                                       .count = threads,
                                       .attributes = attributes_of(pool)};
        seat_all(&runners[i], servers, count);
    }
    run_all(runners, threads, (int)apr_atoi64(argv[3]), pool);
    for (int i = 0; i < count; i++) {
        print_rates(runners, threads, i, (double)apr_atoi64(argv[3]));
    }
    apr_pool_destroy(pool);
    return 0;
}
