/* Opening the parts, in one order, for web children and worker alike. */
#include "flow/parts.h"

#include <apr_strings.h>

pwr_fault_t *pwr_parts_load_texts(pwr_texts_t **texts, const pwr_flow_settings_t *settings,
                                  apr_pool_t *pool)
{
    pwr_texts_t *loaded = apr_pcalloc(pool, sizeof *loaded);
    const char *messages = apr_pstrcat(pool, settings->files, "/messages", NULL);
    const char *mail = apr_pstrcat(pool, settings->files, "/mail", NULL);

    PWR_TRY(pwr_messages_load(&loaded->messages, messages, settings->language, settings->time_zone,
                              pool));
    const pwr_language_t *language = pwr_messages_language(loaded->messages, settings->language);
    PWR_TRY(
        pwr_template_load(&loaded->link_text, mail, "link.txt", PWR_TEMPLATE_TEXT, language, pool));
    PWR_TRY(pwr_template_load(&loaded->link_html, mail, "link.html", PWR_TEMPLATE_HTML, language,
                              pool));
    PWR_TRY(pwr_template_load(&loaded->changed_text, mail, "changed.txt", PWR_TEMPLATE_TEXT,
                              language, pool));
    PWR_TRY(pwr_template_load(&loaded->changed_html, mail, "changed.html", PWR_TEMPLATE_HTML,
                              language, pool));
    *texts = loaded;
    return NULL;
}

pwr_fault_t *pwr_parts_open(pwr_parts_t *parts, apr_file_t *audit, apr_pool_t *pool)
{
    const pwr_parts_settings_t *settings = parts->settings;

    parts->realm = settings->flow.base_url;
    PWR_TRY(pwr_store_open(&parts->store, &settings->store, pool));
    PWR_TRY(pwr_directory_open(&parts->directory, &settings->directory, pool));
    parts->events = pwr_events_open(parts->store, audit, pool);
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
