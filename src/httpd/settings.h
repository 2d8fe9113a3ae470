/*
 * The settings of one server or virtual host: those of the parts as values, and those that only
 * src/httpd needs. Filled by the rows of directives.c while the configuration is read, finished by
 * pwr_settings_finish, read-only after that. Lives in the configuration pool.
 */
#ifndef PWR_HTTPD_SETTINGS_H
#define PWR_HTTPD_SETTINGS_H

#include <httpd.h>
#include <http_config.h>

#include "flow/parts.h"

#define PWR_MOST_DIRECTIVES 160
#define PWR_MOST_IN_LIST 64

typedef struct pwr_site_t pwr_site_t;

typedef struct {
    pwr_parts_settings_t parts;
    const char *key_file;
    const char *audit_log;   /* NULL: none */
    bool is_plain_allowed;   /* without TLS, as behind a proxy that ends it */
    const char *worker_user; /* the same for all sites; NULL: the server's user */
    bool is_sandboxed;       /* the worker */
    bool is_well_known;      /* /.well-known/change-password is answered */
    const char *pages;       /* folder of the site's own templates; NULL: none */
    apr_array_header_t
        *return_urls;     /* pwr_return_t: where "go to sign-in" may lead; NULL: nowhere else */
    const char *style;    /* "file:/path" that we serve, or a path on this server; NULL: none */
    const char *logo;     /* the same */
    const char *help_url; /* NULL: our own page */

    /* By row: the lines that set it (const ap_directive_t *); NULL where none does. */
    apr_array_header_t *lines[PWR_MOST_DIRECTIVES];
    const char *where;                /* "file:line" of the first directive, for messages */
    bool is_inherited;                /* a virtual host that says nothing itself */
    pwr_site_t *site;                 /* made by settings_check; NULL where the flow is not used */
    bool is_refused;                  /* or where a reload found it wrong: it answers 503 */
} pwr_settings_t;

typedef enum {
    PWR_KIND_TEXT,     /* const char * */
    PWR_KIND_PATH,     /* const char *, made absolute under ServerRoot */
    PWR_KIND_NUMBER,   /* int within lowest..highest */
    PWR_KIND_DURATION, /* apr_interval_time_t; lowest..highest in seconds */
    PWR_KIND_SWITCH,   /* bool: on or off */
    PWR_KIND_LIST,     /* apr_array_header_t * of const char *: every word of every line, at most
                          PWR_MOST_IN_LIST; `func` checks each line */
    PWR_KIND_OWN       /* `func` parses it */
} pwr_directive_kind_t;

typedef struct {
    pwr_settings_t *settings;
    apr_pool_t *pool;
    int count; /* arguments */
    char *const *words;
} pwr_directive_args_t;

/* What a row of directives.c says about its directive. */
typedef struct {
    pwr_directive_kind_t kind;
    apr_size_t offset;   /* of its field(s) in pwr_settings_t */
    apr_size_t size;     /* bytes that a merge copies */
    const char *initial; /* the value when it is not set; NULL for none */
    int lowest, highest;
    int most_words;    /* 0 means 1 */
    const char *write; /* what to write instead of a bad value */
    /* NULL, or what is wrong. OWN: parses the words; else checks one that was set by its kind. */
    const char *(*func)(const pwr_directive_args_t *args);
} pwr_directive_t;

/* The table, closed by a row without name (directives.c). */
extern const command_rec pwr_directives[];

/* The generic code over the rows: module record members. */
void *pwr_settings_create(apr_pool_t *pool, server_rec *server);
void *pwr_settings_merge(apr_pool_t *pool, void *base, void *add);
const char *pwr_settings_set(cmd_parms *cmd, void *unused, int argc, char *const argv[]);

/* NULL, or why the word cannot be shown to people. */
const char *pwr_settings_check_text(const char *word);

/* Fills in what was not set. NULL, or what is wrong. */
const char *pwr_settings_finish(pwr_settings_t *settings, apr_pool_t *pool);

#endif
