/*
 * What the files of this directory share: the module record, a site, and a request context. Outside
 * src/httpd, the module file alone includes it.
 */
#ifndef PWR_HTTPD_PRIVATE_H
#define PWR_HTTPD_PRIVATE_H

#include "abuse/captcha_answers.h"
#include "base/captcha.h"
#include "httpd/module.h"
#include "httpd/settings.h"
#include "httpd/site_keys.h"

typedef struct pwr_opening_t pwr_opening_t;
typedef struct pwr_pages_t pwr_pages_t;
typedef struct pwr_assets_t pwr_assets_t;

/* One virtual host with a flow. Made when the configuration is checked, filled in by post_config,
 * its parts opened in each process. Lives in the configuration pool. */
struct pwr_site_t {
    pwr_settings_t *settings;
    server_rec *server;
    const char *base_path; /* of the base URL: "/passord"; "" for the root */
    const char *form_path; /* of the form: "/passord/" */
    const char *origin;    /* of the base URL: "https://intranet.example.org" */
    pwr_texts_t *texts;
    pwr_policy_t *policy;
    pwr_pages_t *pages;
    pwr_assets_t *assets;
    pwr_site_keys_t *keys; /* shared by all processes of this server, for its whole life */
    unsigned key_number;   /* of the key below, among those of `keys` */
    const pwr_secret_t
        *key;               /* of this site's seals: derived from that of the key file, parts.key */
    pwr_opening_t *opening; /* of this web process; NULL elsewhere */
    apr_file_t *audit;
    const char *remote_policy;      /* Content-Security-Policy of pages with a provider's widget */
    pwr_client_limit_t *limit;      /* shared by all processes of this server */
    pwr_captcha_answers_t *answers; /* shared likewise */
    const pwr_captcha_t *captcha;   /* NULL: mod_pwreset_captcha is not loaded */
    int wake_fd;                    /* eventfd: a web child writes 1 for each row it put */
    pwr_parts_t parts;              /* open in this process when parts.store is not NULL */
    apr_uint32_t has_warned;        /* of a page that includes the form and may be kept */
};

/* One request to a site, as the handlers see it. */
typedef struct {
    request_rec *request;
    pwr_site_t *site;
    const pwr_language_t *language;
    bool is_language_chosen; /* by a link, not by what the browser asks for */
    const char *client;      /* IP prefix as text */
    const char *prefix; /* what our addresses begin with: the base path, and a chosen language */
    const char *path;   /* behind it: "/r" */
    const char *secret; /* the token that scrub took out of the address; NULL when there was none */
} pwr_request_context_t;

/* The site of a server, or NULL. */
pwr_site_t *pwr_site_of(const server_rec *server);

/* Tells the worker of this node that there is work, once the request's answer has left. Woken
 * sooner, it would take processor and database from the answer, and more of them for a name that
 * has an account: the answer's time would tell. Should the telling fail, the worker looks by itself
 * within seconds. */
void pwr_request_context_wake_worker(const pwr_request_context_t *context);

#endif
