/* One row per page; views are sets of names, as conf/pages reads them. */
#include "httpd/pages.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "abuse/seal.h"
#include "base/limits.h"
#include "base/log.h"
#include "httpd/assets.h"
#include "httpd/contact.h"
#include "httpd/page_slots.h"
#include "httpd/handle_language.h"

struct pwr_pages_t {
    pwr_template_t *template[PWR_PAGE_COUNT];
};

static const struct {
    const char *name;
    const char *file;
    const char *title; /* message key */
} rows[PWR_PAGE_COUNT] = {
    [PWR_PAGE_REQUEST] = {"request", "request.html", "request.title"},
    [PWR_PAGE_SENT] = {"sent", "sent.html", "sent.title"},
    [PWR_PAGE_CHALLENGE] = {"challenge", "challenge.html", "challenge.title"},
    [PWR_PAGE_RESET] = {"reset", "reset.html", "reset.title"},
    [PWR_PAGE_CHANGE] = {"change", "change.html", "change.title"},
    [PWR_PAGE_DONE] = {"done", "done.html", "done.title"},
    [PWR_PAGE_UNLOCKED] = {"unlocked", "unlocked.html", "unlocked.title"},
    [PWR_PAGE_UNSURE] = {"unsure", "unsure.html", "unsure.title"},
    [PWR_PAGE_DEAD] = {"dead", "dead.html", "dead.title"},
    [PWR_PAGE_STOP] = {"stop", "stop.html", "stop.title"},
    [PWR_PAGE_HELP] = {"help", "help.html", "help.title"},
    [PWR_PAGE_ERROR] = {"error", "error.html", "error.title"},
    [PWR_PAGE_LINK] = {"link", "link.html", "request.title"},
};

/* A file that is no page and no part of one is misspelt: the site believes that it counts. */
static pwr_fault_t *tell_unused(const char *folder, apr_hash_t *used, apr_pool_t *pool)
{
    apr_dir_t *dir = NULL;
    apr_finfo_t facts;
    apr_status_t status = apr_dir_open(&dir, folder, pool);

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0917",
                                "PwResetPages: the folder %s cannot be read: %s. Name one that is "
                                "there.",
                                folder, pwr_fault_status(status, pool));
    }
    while (apr_dir_read(&facts, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *ending = strrchr(facts.name, '.');
        if (facts.name[0] != '.' && ending != NULL && strcmp(ending, ".html") == 0
            && apr_hash_get(used, facts.name, APR_HASH_KEY_STRING) == NULL) {
            pwr_log(PWR_LOG_WARNING, "PWR0918",
                    "PwResetPages: %s/%s is no page of ours and part of none, so it replaces "
                    "nothing. Is its name right?",
                    folder, facts.name);
        }
    }
    apr_dir_close(dir);
    return NULL;
}

pwr_fault_t *pwr_pages_load(pwr_pages_t **pages, const pwr_settings_t *settings,
                            const pwr_texts_t *texts, apr_pool_t *pool)
{
    const pwr_flow_settings_t *flow = &settings->parts.flow;
    pwr_template_source_t source = {
        .folder = apr_pstrcat(pool, flow->files, "/pages", NULL),
        .own = settings->pages,
        .language = pwr_translations_language(texts->translations, flow->language),
        .used = apr_hash_make(pool),
    };

    *pages = apr_pcalloc(pool, sizeof **pages);
    for (int i = 0; i < PWR_PAGE_COUNT; i++) {
        source.slots = pwr_page_slots((pwr_page_t)i);
        PWR_TRY(pwr_template_load(&(*pages)->template[i], &source, rows[i].file, PWR_TEMPLATE_HTML,
                                  pool));
    }
    return settings->pages != NULL ? tell_unused(settings->pages, source.used, pool) : NULL;
}

const pwr_template_t *pwr_pages_template(const pwr_pages_t *pages, pwr_page_t page)
{
    return pages->template[page];
}

/* What the administrator of another mail system lets through. */
static void show_sender(pwr_view_t *view, const pwr_site_t *site)
{
    const pwr_mail_settings_t *mail = &site->settings->parts.mail;

    pwr_view_text(view, "from", mail->from);
    pwr_view_text(view, "bounce", mail->bounce != NULL ? mail->bounce : mail->from);
    pwr_view_text(view, "mail_domain", strrchr(mail->from, '@') + 1);
    pwr_view_text(view, "origin", site->origin);
}

/* How long a link works, in words: `life_hours` is 0 where minutes say it better. */
static void show_life(pwr_view_t *view, const pwr_request_context_t *context)
{
    apr_int64_t minutes = apr_time_sec(context->site->settings->parts.flow.link_life) / 60;
    bool is_in_hours = minutes >= 120 && minutes % 60 == 0;

    pwr_view_number(view, "life_minutes", minutes);
    pwr_view_number(view, "life_hours", is_in_hours ? minutes / 60 : 0);
    pwr_view_text(
        view, "life",
        pwr_translations_format(context->language, "common.life", view, context->request->pool));
}

pwr_view_t *pwr_pages_view(const pwr_request_context_t *context, pwr_page_t page)
{
    const pwr_flow_settings_t *flow = &context->site->settings->parts.flow;
    const char *prefix = context->prefix;
    apr_pool_t *pool = context->request->pool;
    pwr_view_t *view = pwr_view_make(pool);

    pwr_view_text(view, "lang", pwr_language_tag(context->language));
    pwr_view_text(view, "dir", pwr_language_direction(context->language));
    pwr_view_text(view, "org", flow->organisation);
    pwr_view_text(view, "page", rows[page].name);
    pwr_view_flag(view, "is_fragment", context->request->main != NULL);
    pwr_view_text(view, "prefix", prefix);
    pwr_view_text(view, "css_url", pwr_assets_url(context->site->assets, "pwreset.css"));
    pwr_view_text(view, "script_url", pwr_assets_url(context->site->assets, "pwreset.js"));
    pwr_view_text(view, "worker_url", pwr_assets_url(context->site->assets, "pwreset-worker.js"));
    pwr_view_text(view, "style_url", pwr_assets_url(context->site->assets, PWR_ASSET_STYLE));
    pwr_view_text(view, "logo_url", pwr_assets_url(context->site->assets, PWR_ASSET_LOGO));
    pwr_view_text(view, "icon_url", pwr_assets_url(context->site->assets, "pwreset.svg"));
    pwr_view_text(view, "login_url", flow->login_url);
    pwr_view_text(view, "help_url",
                  context->site->settings->help_url != NULL
                      ? context->site->settings->help_url
                      : apr_pstrcat(pool, prefix, "/help", NULL));
    if (flow->may_change) {
        pwr_view_text(view, "change_url", apr_pstrcat(pool, prefix, "/change", NULL));
    }
    pwr_view_text(view, "contact", flow->contact);
    pwr_contact_show(view, flow->contact, pool);
    pwr_view_text(view, "registry", flow->registry);
    show_sender(view, context->site);
    show_life(view, context);
    return view;
}

void pwr_pages_finish(pwr_view_t *view, const pwr_request_context_t *context, pwr_page_t page)
{
    apr_pool_t *pool = context->request->pool;
    const char *title = pwr_translations_format(context->language, rows[page].title, view, pool);

    if (pwr_view_get(view, "has_errors").kind != PWR_VIEW_NOTHING) {
        const char *prefix
            = pwr_translations_format(context->language, "common.error_prefix", view, pool);
        title = apr_pstrcat(pool, prefix, " ", title, NULL);
    }
    if (pwr_view_get(view, "title").kind == PWR_VIEW_NOTHING) {
        pwr_view_text(view, "title", title);
    }
    pwr_handle_language_links(view, context);
}

/* Is it a wait or a fault of ours, which nothing that the person types can fix? */
static bool is_ours(const char *key)
{
    static const char *const keys[] = {"request.more_work", "request.too_quick", "request.renewed",
                                       "request.refused",   "challenge.early",   "challenge.wrong"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(key, keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

void pwr_pages_error(pwr_view_t *view, const pwr_request_context_t *context,
                     const pwr_page_error_t *error)
{
    const char *text
        = pwr_translations_format(context->language, error->key, view, context->request->pool);
    pwr_view_t *item = pwr_view_add(view, "errors");

    pwr_view_flag(view, "has_errors", true);
    pwr_view_flag(view, "is_ours", is_ours(error->key));
    pwr_view_text(item, "field", error->field);
    pwr_view_text(item, "text", text);
    if (error->name != NULL) {
        pwr_view_text(view, error->name, text);
    }
}

/* The widget of a provider, for a browser that runs its script. */
static void show_remote(pwr_view_t *view, const pwr_remote_settings_t *remote, apr_pool_t *pool)
{
    const pwr_remote_provider_t *provider = pwr_remote_provider(remote->provider);
    const char *script = provider->script;
    const char *place = script != NULL ? strstr(script, "%s") : NULL;

    if (place != NULL) {
        script = apr_pstrcat(pool, apr_pstrmemdup(pool, script, (apr_size_t)(place - script)),
                             remote->site_key, place + 2, NULL);
    }
    pwr_view_flag(view, "has_remote", true);
    pwr_view_text(view, "remote_class", provider->class_name);
    pwr_view_text(view, "remote_key", remote->site_key);
    pwr_view_text(view, "remote_action", remote->action);
    pwr_view_text(view, "remote_script", script);
}

void pwr_pages_show_form(pwr_view_t *view, const pwr_request_context_t *context, const char *sealed)
{
    apr_pool_t *pool = context->request->pool;
    const pwr_remote_settings_t *remote = &context->site->settings->parts.remote;
    pwr_level_t level = pwr_client_limit_look(context->site->limit, context->client).level;

    pwr_view_text(view, "seal", sealed);
    pwr_view_text(view, "work_url",
                  apr_pstrcat(pool, context->site->base_path, "/challenge", NULL));
    pwr_view_flag(view, "level_work", level >= PWR_LEVEL_WORK);
    if (remote->provider != NULL) {
        show_remote(view, remote, pool);
    }
}

/* The site's own sentence in this language, or in whichever it has. */
static const char *sentence_of(const apr_table_t *said, const char *tag)
{
    const char *sentence = apr_table_get(said, tag);
    return sentence != NULL ? sentence : apr_table_get(said, "");
}

/* What messages about a rule may name. */
static void show_line(pwr_view_t *view, const pwr_request_context_t *context,
                      const pwr_policy_line_t *line)
{
    pwr_view_number(view, "asked", line->asked);
    pwr_view_text(view, "detail", line->detail);
    pwr_view_text(view, "counting", line->counting);
    if (line->said != NULL) {
        pwr_view_text(view, "said", sentence_of(line->said, pwr_language_tag(context->language)));
    }
}

static void add_rule(pwr_view_t *view, const pwr_request_context_t *context,
                     const pwr_policy_line_t *line)
{
    apr_pool_t *pool = context->request->pool;
    pwr_view_t *item = pwr_view_add(view, "rules");
    const char *key = apr_pstrcat(pool, "rules.", line->kind, NULL);

    show_line(item, context, line);
    pwr_view_text(item, "kind", line->kind);
    pwr_view_flag(item, "has_tick", line->has_tick);
    pwr_view_text(item, "value", line->detail != NULL ? line->detail : apr_itoa(pool, line->asked));
    pwr_view_text(item, "text", pwr_translations_format(context->language, key, item, pool));
}

void pwr_pages_show_rules(pwr_view_t *view, const pwr_request_context_t *context,
                          const pwr_policy_context_t *policy_context)
{
    const apr_array_header_t *lines = pwr_policy_lines(policy_context, context->request->pool);

    pwr_view_number(view, "min_length", policy_context->rules->min_length);
    pwr_view_number(view, "max_length", policy_context->rules->max_length);
    for (int i = 0; i < lines->nelts; i++) {
        add_rule(view, context, &APR_ARRAY_IDX(lines, i, pwr_policy_line_t));
    }
}

void pwr_pages_show_verdict(pwr_view_t *view, const pwr_request_context_t *context,
                            const pwr_verdict_t *verdict)
{
    pwr_view_number(view, "entered_length", verdict->entered_length);
    pwr_view_flag(view, "is_guessable", verdict->is_guessable);
    if (verdict->line.kind != NULL) {
        show_line(view, context, &verdict->line);
    }
}

void pwr_pages_show_link(pwr_view_t *view, const pwr_request_context_t *context,
                         const pwr_reset_link_t *link)
{
    const pwr_policy_context_t policy_context
        = {.policy = context->site->policy, .rules = &link->rules, .account = link->account};

    pwr_view_text(view, "login", link->row->login);
    pwr_view_flag(view, "may_unlock", pwr_reset_link_may_unlock(link, &context->site->parts));
    pwr_pages_show_rules(view, context, &policy_context);
}

void pwr_pages_show_dead(pwr_view_t *view, const pwr_request_context_t *context,
                         const pwr_reset_link_t *link)
{
    const pwr_secret_t *key = context->site->key;

    pwr_view_flag(view, "is_expired", link->state == PWR_RESET_LINK_EXPIRED);
    pwr_view_flag(view, "is_spent", link->state == PWR_RESET_LINK_SPENT);
    pwr_view_flag(view, "is_unlocked", link->state == PWR_RESET_LINK_UNLOCKED);
    pwr_view_flag(view, "is_stopped", link->state == PWR_RESET_LINK_STOPPED);
    pwr_view_flag(view, "is_changed", link->state == PWR_RESET_LINK_CHANGED);
    pwr_view_flag(view, "is_busy", link->state == PWR_RESET_LINK_BUSY);
    pwr_view_flag(view, "is_unknown", link->state == PWR_RESET_LINK_UNKNOWN);
    if (link->row == NULL) {
        return;
    }
    pwr_view_time(view, "expired", link->row->expires);
    if (link->ended != 0) {
        pwr_view_time(view, "ended", link->ended);
    }
    pwr_view_flag(view, "can_renew", true);
    pwr_view_text(view, "token", context->secret);
    pwr_pages_show_form(view, context, pwr_seal_form(key, context->request->pool));
}
