/*
 * A language link leads to the page it stands on. The answer to a POST has no address of its own,
 * so from there it leads to the page with the form; nothing that was posted is in an address but
 * what came from one.
 */
#include "httpd/handle_language.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "text/language.h"

#define NOTE "pwreset-language" /* of the request: the tag that was taken off its address */
#define MOST_IN_A_ROW 3         /* links; more of them stand behind a click */

const pwr_language_t *pwr_handle_language_take(const char **path, const pwr_site_t *site)
{
    const pwr_translations_t *translations = site->texts->translations;

    for (int i = 0; **path == '/' && i < pwr_translations_count(translations); i++) {
        const pwr_language_t *language = pwr_translations_at(translations, i);
        size_t length = strlen(pwr_language_tag(language));
        const char *rest = *path + 1;
        if (strncmp(rest, pwr_language_tag(language), length) == 0
            && (rest[length] == '\0' || rest[length] == '/')) {
            *path = rest + length;
            return language;
        }
    }
    return NULL;
}

static void choose(pwr_request_context_t *context, const pwr_language_t *language)
{
    context->language = language;
    context->is_language_chosen = true;
    context->prefix = apr_pstrcat(context->request->pool, context->site->base_path, "/",
                                  pwr_language_tag(language), NULL);
}

void pwr_handle_language_strip(request_rec *request, const pwr_site_t *site)
{
    const char *path = request->uri + strlen(site->base_path);
    const pwr_language_t *chosen = apr_table_get(request->notes, NOTE) == NULL
                                       ? pwr_handle_language_take(&path, site)
                                       : NULL;

    if (chosen == NULL) {
        return;
    }
    apr_table_setn(request->notes, NOTE, pwr_language_tag(chosen));
    request->uri = apr_pstrcat(request->pool, site->base_path, path, NULL);
    if (request->uri[0] == '\0') {
        request->uri = apr_pstrdup(request->pool, "/");
    }
}

void pwr_handle_language_begin(pwr_request_context_t *context, const char *path)
{
    request_rec *request = context->request;
    const pwr_translations_t *translations = context->site->texts->translations;
    const char *chosen = apr_table_get(request->notes, NOTE);

    context->path = path;
    context->prefix = context->site->base_path;
    if (chosen != NULL) {
        choose(context, pwr_translations_language(translations, chosen));
        return;
    }
    context->language = pwr_language_match(
        translations, apr_table_get(request->headers_in, "Accept-Language"), request->pool);
}

const char *pwr_handle_language_mark(const pwr_request_context_t *context)
{
    return context->is_language_chosen ? context->prefix + strlen(context->site->base_path)
                                       : pwr_language_tag(context->language);
}

/* For a query: every byte but letters and digits stands as %xx. */
static const char *escaped(const char *text, apr_pool_t *pool)
{
    char *out = apr_palloc(pool, 3 * strlen(text) + 1);
    char *at = out;

    for (; *text != '\0'; text++) {
        at += apr_snprintf(at, 4, apr_isalnum(*text) ? "%c" : "%%%02X", (unsigned char)*text);
    }
    return out;
}

/* The path of this page, or of the page with its form. A token is repeated where the page has it
 * anyway. */
static const char *address_of(const pwr_request_context_t *context, const pwr_view_t *view)
{
    apr_pool_t *pool = context->request->pool;
    const char *token = pwr_view_get(view, "token").text;
    const char *held = pwr_view_get(view, "held").text;
    bool is_get = context->request->method_number == M_GET;
    bool is_error = pwr_view_get(view, "status").kind != PWR_VIEW_NOTHING;

    if (held != NULL) {
        return apr_pstrcat(pool, "/c/", held, NULL);
    }
    if (!is_error && strncmp(context->path, "/stop", strlen("/stop")) == 0) {
        return apr_pstrcat(pool, "/stop/", token != NULL ? token : "-", NULL);
    }
    if (token != NULL) {
        return apr_pstrcat(pool, "/r/", token, NULL);
    }
    if (strcmp(pwr_view_get(view, "page").text, "change") == 0) {
        return "/change";
    }
    const char *back = pwr_view_get(view, "return_url").text;
    const char *page = is_error || !is_get ? "/" : context->path;
    return back != NULL && strcmp(page, "/") == 0
               ? apr_pstrcat(pool, "/?return=", escaped(back, pool), NULL)
               : page;
}

void pwr_handle_language_links(pwr_view_t *view, const pwr_request_context_t *context)
{
    const pwr_translations_t *translations = context->site->texts->translations;
    apr_pool_t *pool = context->request->pool;
    const char *address = address_of(context, view);

    for (int i = 0; i < pwr_translations_count(translations); i++) {
        const pwr_language_t *other = pwr_translations_at(translations, i);
        if (other == context->language) {
            continue;
        }
        pwr_view_t *item = pwr_view_add(view, "languages");
        pwr_view_text(item, "lang", pwr_language_tag(other));
        pwr_view_text(item, "dir", pwr_language_direction(other));
        pwr_view_text(item, "name", pwr_language_name(other));
        pwr_view_text(item, "url",
                      apr_pstrcat(pool, context->site->base_path, "/", pwr_language_tag(other),
                                  address, NULL));
    }
    pwr_view_text(view, "language_name", pwr_language_name(context->language));
    pwr_view_flag(view, "has_languages", pwr_translations_count(translations) > 1);
    pwr_view_flag(view, "has_many_languages",
                  pwr_translations_count(translations) - 1 > MOST_IN_A_ROW);
}
