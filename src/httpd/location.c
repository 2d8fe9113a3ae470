/*
 * Walks over the <Location> sections as ap_location_walk does for a request: in their order, the
 * later one counts.
 */
#include "httpd/location.h"

#include <string.h>

#include <ap_expr.h>
#include <apr_fnmatch.h>
#include <http_config.h>
#include <http_core.h>
#include <http_main.h>

#include "httpd/claim.h"

typedef enum { SAYS_NOTHING, SAYS_OTHER, SAYS_OURS } handler_t;

static bool matches(const core_dir_config *section, const char *path)
{
    size_t length = strlen(section->d);

    if (section->r != NULL) {
        return ap_regexec(section->r, path, 0, NULL, 0) == 0;
    }
    if (section->d_is_fnmatch) {
        return apr_fnmatch(section->d, path, APR_FNM_PATHNAME) == APR_SUCCESS;
    }
    return strncmp(section->d, path, length) == 0
           && (length == 0 || section->d[length - 1] == '/' || path[length] == '/'
               || path[length] == '\0');
}

/* The words behind SetHandler, of which httpd keeps an expression and the place in the file; NULL
 * when they are not found. */
static const char *find_words(const ap_directive_t *line, const ap_expr_info_t *handler)
{
    for (; line != NULL; line = line->next) {
        const char *words
            = line->first_child != NULL ? find_words(line->first_child, handler) : NULL;
        if (words != NULL) {
            return words;
        }
        if ((unsigned)line->line_num == handler->line_number
            && strcasecmp(line->directive, "SetHandler") == 0
            && strcmp(line->filename, handler->filename) == 0) {
            return line->args;
        }
    }
    return NULL;
}

static handler_t name_handler(const char *words)
{
    size_t length = strlen(PWR_CLAIM_HANDLER);
    bool is_quoted = words[0] == '"' || words[0] == '\'';
    const char *name = is_quoted ? words + 1 : words;
    bool is_ours = strncasecmp(name, PWR_CLAIM_HANDLER, length) == 0
                   && name[length] == (is_quoted ? words[0] : '\0');

    return is_ours || strchr(words, '%') != NULL ? SAYS_OURS : SAYS_OTHER;
}

static handler_t find_own_handler(const core_dir_config *section)
{
    if (section->expr_handler != NULL) {
        const char *words = find_words(ap_conftree, section->expr_handler);
        return words != NULL ? name_handler(words) : SAYS_OURS;
    }
    return section->handler != NULL ? name_handler(section->handler) : SAYS_NOTHING;
}

static handler_t find_handler(const core_dir_config *section)
{
    const apr_array_header_t *conditions = section->sec_if;
    handler_t found = find_own_handler(section);

    for (int i = 0; conditions != NULL && i < conditions->nelts; i++) {
        ap_conf_vector_t *inner = APR_ARRAY_IDX(conditions, i, ap_conf_vector_t *);
        const core_dir_config *condition = ap_get_core_module_config(inner);
        found = find_own_handler(condition) == SAYS_OURS ? SAYS_OURS : found;
    }
    return found;
}

static const apr_array_header_t *sections_of(const server_rec *server)
{
    const core_server_config *core = ap_get_core_module_config(server->module_config);
    return core->sec_url;
}

bool pwr_location_is_served(const server_rec *server, const char *path)
{
    const apr_array_header_t *sections = sections_of(server);
    bool is_served = find_handler(ap_get_core_module_config(server->lookup_defaults)) == SAYS_OURS;

    for (int i = 0; i < sections->nelts; i++) {
        ap_conf_vector_t *inner = APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);
        const core_dir_config *section = ap_get_core_module_config(inner);
        handler_t says = matches(section, path) ? find_handler(section) : SAYS_NOTHING;
        is_served = says == SAYS_NOTHING ? is_served : says == SAYS_OURS;
    }
    return is_served;
}

bool pwr_location_serves_site(const pwr_site_t *site)
{
    for (const server_rec *server = ap_server_conf; server != NULL; server = server->next) {
        if (pwr_site_of(server) == site && pwr_location_is_served(server, site->form_path)) {
            return true;
        }
    }
    return false;
}

bool pwr_location_is_named(const server_rec *server, const char *path)
{
    const apr_array_header_t *sections = sections_of(server);

    for (int i = 0; i < sections->nelts; i++) {
        ap_conf_vector_t *inner = APR_ARRAY_IDX(sections, i, ap_conf_vector_t *);
        const core_dir_config *section = ap_get_core_module_config(inner);
        if (section->r == NULL && strcmp(section->d, path) == 0) {
            return true;
        }
    }
    return false;
}
