/* Opening the parts, in one order, for web children and worker alike. */
#include "flow/parts.h"

#include <string.h>

#include <apr_strings.h>

#define COMMON "lang dir org contact login login_url zone life_minutes also also_lang also_dir"

static const struct {
    const char *name;
    pwr_slots_t slots;
} mail_templates[PWR_MAIL_TEMPLATE_COUNT] = {
    [PWR_MAIL_TEMPLATE_LINK]
    = {"link",
       {.common = COMMON,
        .own = "link stop_link until can_reply name is_several account_count accounts",
        .needed = "link"}},
    [PWR_MAIL_TEMPLATE_CHANGED] = {"changed", {.common = COMMON, .own = "changed", .needed = ""}},
    [PWR_MAIL_TEMPLATE_UNLOCKED] = {"unlocked", {.common = COMMON, .own = "changed", .needed = ""}},
    [PWR_MAIL_TEMPLATE_INELIGIBLE] = {"ineligible", {.common = COMMON, .own = "", .needed = ""}},
};

static pwr_fault_t *load_mail_template(pwr_mail_template_t *made,
                                       const pwr_template_source_t *source, const char *name,
                                       apr_pool_t *pool)
{
    const struct {
        const char *end;
        pwr_template_kind_t kind;
        pwr_template_t **made;
    } files[] = {
        {".txt", PWR_TEMPLATE_TEXT, &made->text},
        {".html", PWR_TEMPLATE_HTML, &made->html},
        {"_body.txt", PWR_TEMPLATE_TEXT, &made->text_body},
        {"_body.html", PWR_TEMPLATE_HTML, &made->html_body},
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        PWR_TRY(pwr_template_load(files[i].made, source,
                                  apr_pstrcat(pool, name, files[i].end, NULL), files[i].kind,
                                  pool));
    }
    return NULL;
}

static pwr_fault_t *load_mails(pwr_texts_t *texts, const pwr_flow_settings_t *settings,
                               apr_pool_t *pool)
{
    pwr_template_source_t source = {
        .folder = apr_pstrcat(pool, settings->files, "/mail", NULL),
        .own = settings->mails,
        .language = pwr_translations_language(texts->translations, settings->language),
    };

    for (int i = 0; i < PWR_MAIL_TEMPLATE_COUNT; i++) {
        source.slots = &mail_templates[i].slots;
        PWR_TRY(
            load_mail_template(&texts->mail_templates[i], &source, mail_templates[i].name, pool));
    }
    return NULL;
}

pwr_fault_t *pwr_parts_load_texts(pwr_texts_t **texts, const pwr_flow_settings_t *settings,
                                  apr_pool_t *pool)
{
    pwr_texts_t *loaded = apr_pcalloc(pool, sizeof *loaded);
    const pwr_translations_source_t source = {
        .folder = apr_pstrcat(pool, settings->files, "/messages", NULL),
        .fallback = settings->language,
        .time_zone = settings->time_zone,
        .offered = settings->languages,
    };

    PWR_TRY(pwr_translations_load(&loaded->translations, &source, pool));
    PWR_TRY(load_mails(loaded, settings, pool));
    if (settings->mail_also != NULL
        && strcmp(pwr_language_tag(
                      pwr_translations_language(loaded->translations, settings->mail_also)),
                  settings->mail_also)
               != 0) {
        return pwr_fault_broken(pool, "PWR0805",
                                "PwResetMailAlso: the language %s is not offered here. Write "
                                "PwResetMailAlso with one that is.",
                                settings->mail_also);
    }
    *texts = loaded;
    return NULL;
}

pwr_fault_t *pwr_parts_open(pwr_parts_t *parts, apr_file_t *audit, apr_pool_t *pool)
{
    const pwr_parts_settings_t *settings = parts->settings;

    parts->site = settings->flow.base_url;
    parts->count_key = parts->count_key != NULL ? parts->count_key : parts->key;
    PWR_TRY(pwr_store_open(&parts->store, &settings->store, pool));
    PWR_TRY(pwr_directory_open(&parts->directory, &settings->directory, pool));
    parts->events = pwr_events_open(parts->store,
                                    &(pwr_audit_t){.file = audit,
                                                   .limit = parts->audit_limit,
                                                   .lines_per_hour = settings->flow.audit_lines},
                                    parts->metrics, pool);
    parts->request = (pwr_request_parts_t){
        .site = parts->site,
        .key = parts->count_key,
        .challenge = {.settings = &settings->abuse,
                      .remote = &settings->remote,
                      .key = parts->seal_key,
                      .limit = parts->limit},
        .store = parts->store,
        .events = parts->events,
    };
    return NULL;
}
