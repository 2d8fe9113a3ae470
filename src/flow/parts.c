/* Opening the parts, in one order, for web children and worker alike. */
#include "flow/parts.h"

#include <string.h>

#include <apr_strings.h>

#define COMMON "lang dir org contact login login_url zone life_minutes also also_lang also_dir"

static pwr_fault_t *load_mails(pwr_texts_t *texts, const pwr_flow_settings_t *settings,
                               apr_pool_t *pool)
{
    static const pwr_slots_t link
        = {.common = COMMON, .own = "link stop_link until", .needed = "link"};
    static const pwr_slots_t changed = {.common = COMMON, .own = "changed", .needed = ""};
    const struct {
        const char *name;
        pwr_template_kind_t kind;
        const pwr_slots_t *slots;
        pwr_template_t **made;
    } rows[] = {
        {"link.txt", PWR_TEMPLATE_TEXT, &link, &texts->link_text},
        {"link.html", PWR_TEMPLATE_HTML, &link, &texts->link_html},
        {"changed.txt", PWR_TEMPLATE_TEXT, &changed, &texts->changed_text},
        {"changed.html", PWR_TEMPLATE_HTML, &changed, &texts->changed_html},
        {"link_body.txt", PWR_TEMPLATE_TEXT, &link, &texts->link_text_body},
        {"link_body.html", PWR_TEMPLATE_HTML, &link, &texts->link_html_body},
        {"changed_body.txt", PWR_TEMPLATE_TEXT, &changed, &texts->changed_text_body},
        {"changed_body.html", PWR_TEMPLATE_HTML, &changed, &texts->changed_html_body},
    };
    pwr_template_source_t source = {
        .folder = apr_pstrcat(pool, settings->files, "/mail", NULL),
        .own = settings->mails,
        .language = pwr_messages_language(texts->messages, settings->language),
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        source.slots = rows[i].slots;
        PWR_TRY(pwr_template_load(rows[i].made, &source, rows[i].name, rows[i].kind, pool));
    }
    return NULL;
}

pwr_fault_t *pwr_parts_load_texts(pwr_texts_t **texts, const pwr_flow_settings_t *settings,
                                  apr_pool_t *pool)
{
    pwr_texts_t *loaded = apr_pcalloc(pool, sizeof *loaded);
    const pwr_messages_source_t source = {
        .folder = apr_pstrcat(pool, settings->files, "/messages", NULL),
        .fallback = settings->language,
        .time_zone = settings->time_zone,
        .offered = settings->languages,
    };

    PWR_TRY(pwr_messages_load(&loaded->messages, &source, pool));
    PWR_TRY(load_mails(loaded, settings, pool));
    if (settings->mail_also != NULL
        && strcmp(pwr_language_tag(pwr_messages_language(loaded->messages, settings->mail_also)),
                  settings->mail_also)
               != 0) {
        return pwr_fault_broken(pool, "PWR0803",
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

    parts->realm = settings->flow.base_url;
    PWR_TRY(pwr_store_open(&parts->store, &settings->store, pool));
    PWR_TRY(pwr_directory_open(&parts->directory, &settings->directory, pool));
    parts->events = pwr_events_open(parts->store, audit, parts->metrics, pool);
    parts->request = (pwr_request_parts_t){
        .realm = parts->realm,
        .key = parts->key,
        .challenge = {.settings = &settings->abuse,
                      .remote = &settings->remote,
                      .key = parts->key,
                      .limit = parts->limit},
        .store = parts->store,
        .events = parts->events,
    };
    return NULL;
}
