/*
 * What the flows need: the settings of the parts as values, and the parts once they are open. One
 * per site (virtual host). Filled by httpd/settings before the fork, opened per process after it;
 * read-only for the flows, any thread.
 */
#ifndef PWR_FLOW_PARTS_H
#define PWR_FLOW_PARTS_H

#include "directory/directory.h"
#include "flow/request.h"
#include "mail/mail.h"
#include "policy/policy.h"
#include "text/template.h"

/* The caps count what was in the last day; a request is worked for a day at most. */
#define PWR_LONGEST_CAP apr_time_from_sec(2 * 86400)

/* What the flows themselves are told. */
typedef struct {
    const char *base_url; /* "https://intranet.example.org/passord", no slash at the end */
    const char *organisation;
    const char *contact;
    const char
        *registry; /* who knows which address is registered; NULL when the site has not said */
    const char *login_url;
    const char *time_zone; /* Olson name; NULL for the system's */
    const char *language;  /* the fallback's tag */
    const char *mail_also; /* tag of the language in which mails say it again; NULL: in none */
    const char *languages; /* tags to offer, parted by spaces; NULL: all that there are */
    const char *files;     /* folder of messages/, pages/, mail/, assets/ */
    const char *mails;     /* folder of the site's own templates of mails; NULL: none */
    apr_interval_time_t link_life;
    apr_interval_time_t keep; /* ended rows are kept so long for the helpdesk */
    int mails_per_hour;       /* to one account */
    int mails_per_day;
    int attempts_per_hour; /* of an old password, wrong ones, for one name and one account */
    int attempts_per_day;
    bool may_change;       /* the page for those who know the old password */
    bool may_unlock;       /* a link may end a lock and leave the password alone */
    bool tells_ineligible; /* an account that cannot be reset is told so, by mail */
    int workers;           /* threads */
    int backlog;           /* most requests that may wait */
    int store_rows;        /* most rows in the database */
    int store_size;        /* and most of its size, in MiB */
    int audit_lines;       /* in an hour, of events that name no account */
} pwr_flow_settings_t;

typedef struct {
    pwr_flow_settings_t flow;
    pwr_store_settings_t store;
    pwr_directory_settings_t directory;
    pwr_mail_settings_t mail;
    pwr_policy_settings_t policy;
    pwr_abuse_settings_t abuse;
    pwr_remote_settings_t remote;
} pwr_parts_settings_t;

/* The mails there are; each has mail/<name>.txt and .html (parts.c). */
typedef enum {
    PWR_MAIL_TEMPLATE_LINK,
    PWR_MAIL_TEMPLATE_CHANGED,
    PWR_MAIL_TEMPLATE_UNLOCKED,
    PWR_MAIL_TEMPLATE_INELIGIBLE, /* the account cannot be reset */
    PWR_MAIL_TEMPLATE_COUNT
} pwr_mail_template_kind_t;

/* One kind of mail; the bodies are what is said again below in a second language. */
typedef struct {
    pwr_template_t *text, *html;
    pwr_template_t *text_body, *html_body;
} pwr_mail_template_t;

/* The words and mails, loaded once before the fork. */
typedef struct {
    pwr_translations_t *translations;
    pwr_mail_template_t mail_templates[PWR_MAIL_TEMPLATE_COUNT];
} pwr_texts_t;

typedef struct {
    const pwr_parts_settings_t *settings;
    const pwr_texts_t *texts;
    const pwr_policy_t *policy;     /* opened before the fork */
    const char *site;               /* the base URL: a link of one site is nothing to another */
    const pwr_secret_t *key;        /* of links, with those behind it that open older ones */
    const pwr_secret_t *count_key;  /* of digests for the caps; NULL: `key` */
    const pwr_secret_t *seal_key;   /* of this site alone, for forms and captchas */
    pwr_client_limit_t *limit;      /* in memory that all processes share, */
    pwr_metrics_t *metrics;         /* as these are; NULL: nothing is counted; */
    pwr_audit_limit_t *audit_limit; /* and this; NULL: each event has a line */
    pwr_store_t *store;
    pwr_directory_t *directory;
    pwr_events_t *events;
    pwr_request_parts_t request;
} pwr_parts_t;

/* Loads messages and mail templates. BROKEN with file, line and remedy. */
pwr_fault_t *pwr_parts_load_texts(pwr_texts_t **texts, const pwr_flow_settings_t *settings,
                                  apr_pool_t *pool) PWR_MUST_USE;

/* Opens the parts in this process, after the fork: `settings`, `texts`, `policy`, the keys,
 * `limit`, `metrics` and `audit_limit` are set in `parts` by the caller and stay as they are; the
 * rest is filled in. `audit` may be NULL. What is opened lives in `pool`. */
pwr_fault_t *pwr_parts_open(pwr_parts_t *parts, apr_file_t *audit, apr_pool_t *pool) PWR_MUST_USE;

#endif
