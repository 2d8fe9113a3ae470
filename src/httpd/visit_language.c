/*
 * A language link leads to the page it stands on. The answer to a POST has no address of its own,
 * so from there it leads to the page with the form; nothing that was posted is in an address but
 * what came from one.
 */
#include "httpd/visit_language.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "text/language.h"

#define NOTE "pwreset-language" /* of the request: the tag that was taken off its address */
#define MOST_IN_A_ROW 3         /* links; more of them stand behind a click */

const pwr_language_t *pwr_visit_language_take(const char **path, const pwr_site_t *site)
{
    const pwr_messages_t *messages = site->texts->messages;

    for (int i = 0; **path == '/' && i < pwr_messages_count(messages); i++) {
        const pwr_language_t *language = pwr_messages_at(messages, i);
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

static void choose(pwr_visit_t *visit, const pwr_language_t *language)
{
    visit->language = language;
    visit->is_language_chosen = true;
    visit->prefix = apr_pstrcat(visit->request->pool, visit->site->base_path, "/",
                                pwr_language_tag(language), NULL);
}

void pwr_visit_language_strip(request_rec *request, const pwr_site_t *site)
{
    const char *path = request->uri + strlen(site->base_path);
    const pwr_language_t *chosen
        = apr_table_get(request->notes, NOTE) == NULL ? pwr_visit_language_take(&path, site) : NULL;

    if (chosen == NULL) {
        return;
    }
    apr_table_setn(request->notes, NOTE, pwr_language_tag(chosen));
    request->uri = apr_pstrcat(request->pool, site->base_path, path, NULL);
    if (request->uri[0] == '\0') {
        request->uri = apr_pstrdup(request->pool, "/");
    }
}

void pwr_visit_language_begin(pwr_visit_t *visit, const char *path)
{
    request_rec *request = visit->request;
    const pwr_messages_t *messages = visit->site->texts->messages;
    const char *chosen = apr_table_get(request->notes, NOTE);

    visit->path = path;
    visit->prefix = visit->site->base_path;
    if (chosen != NULL) {
        choose(visit, pwr_messages_language(messages, chosen));
        return;
    }
    visit->language = pwr_language_match(
        messages, apr_table_get(request->headers_in, "Accept-Language"), request->pool);
}

const char *pwr_visit_language_mark(const pwr_visit_t *visit)
{
    return visit->is_language_chosen ? visit->prefix + strlen(visit->site->base_path)
                                     : pwr_language_tag(visit->language);
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
static const char *address_of(const pwr_visit_t *visit, const pwr_view_t *view)
{
    apr_pool_t *pool = visit->request->pool;
    const char *token = pwr_view_get(view, "token").text;
    const char *held = pwr_view_get(view, "held").text;
    bool is_get = visit->request->method_number == M_GET;
    bool is_error = pwr_view_get(view, "status").kind != PWR_VIEW_NOTHING;

    if (held != NULL) {
        return apr_pstrcat(pool, "/c/", held, NULL);
    }
    if (!is_error && strncmp(visit->path, "/stop", strlen("/stop")) == 0) {
        return apr_pstrcat(pool, "/stop/", token != NULL ? token : "-", NULL);
    }
    if (token != NULL) {
        return apr_pstrcat(pool, "/r/", token, NULL);
    }
    if (strcmp(pwr_view_get(view, "page").text, "change") == 0) {
        return "/change";
    }
    const char *back = pwr_view_get(view, "return_url").text;
    const char *page = is_error || !is_get ? "/" : visit->path;
    return back != NULL && strcmp(page, "/") == 0
               ? apr_pstrcat(pool, "/?return=", escaped(back, pool), NULL)
               : page;
}

void pwr_visit_language_links(pwr_view_t *view, const pwr_visit_t *visit)
{
    const pwr_messages_t *messages = visit->site->texts->messages;
    apr_pool_t *pool = visit->request->pool;
    const char *address = address_of(visit, view);

    for (int i = 0; i < pwr_messages_count(messages); i++) {
        const pwr_language_t *other = pwr_messages_at(messages, i);
        if (other == visit->language) {
            continue;
        }
        pwr_view_t *item = pwr_view_add(view, "languages");
        pwr_view_text(item, "lang", pwr_language_tag(other));
        pwr_view_text(item, "dir", pwr_language_direction(other));
        pwr_view_text(item, "name", pwr_language_name(other));
        pwr_view_text(
            item, "url",
            apr_pstrcat(pool, visit->site->base_path, "/", pwr_language_tag(other), address, NULL));
    }
    pwr_view_text(view, "language_name", pwr_language_name(visit->language));
    pwr_view_flag(view, "has_languages", pwr_messages_count(messages) > 1);
    pwr_view_flag(view, "has_many_languages", pwr_messages_count(messages) - 1 > MOST_IN_A_ROW);
}
