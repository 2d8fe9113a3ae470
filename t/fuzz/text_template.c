/*
 * Any bytes as a template: it is refused or rendered, within the ceilings. A partial, a list and a
 * message are there to be named. Where a text is shown, it is escaped unless the template says raw.
 */
#include "folder.h"

#include "base/limits.h"
#include "text/template.h"
#include "text/template_parse.h"
#include "text/unicode.h"

#define SHOWN "<&>" /* what {{a}} stands for */

static const pwr_language_t *make_language(void)
{
    open_folder();
    add_file("p.html", "({{a}}\n{{#l}}{{i}}{{/l}})\n");
    add_file("nb.txt", "m = {a} {n, plural, one {#} other {#}}\n");
    return pwr_translations_language(load_messages("nb"), "nb");
}

static const pwr_view_t *make_view(apr_pool_t *pool)
{
    pwr_view_t *view = pwr_view_make(pool);

    pwr_view_text(view, "a", SHOWN);
    pwr_view_number(view, "n", 7);
    pwr_view_flag(view, "f", true);
    for (int i = 0; i < 3; i++) {
        pwr_view_number(pwr_view_add(view, "l"), "i", i);
    }
    return view;
}

static bool has_raw(const pwr_template_t *template)
{
    for (int i = 0; i < template->count; i++) {
        if (template->ops[i].is_raw) {
            return true;
        }
    }
    return false;
}

static void check_rendered(const pwr_template_t *template, const pwr_whole_file_t *file,
                           const pwr_language_t *language, apr_pool_t *pool)
{
    const char *text = NULL;
    apr_size_t size = 0;

    if (pwr_template_render(&text, &size, template, make_view(pool), language, pool) != NULL) {
        return;
    }
    MUST(size <= PWR_MAX_PAGE && strlen(text) == size && pwr_unicode_is_valid(text, size));
    bool is_literal = memchr(file->text, '<', file->length) != NULL
                      || memchr(file->text, '&', file->length) != NULL;
    MUST(strstr(text, SHOWN) == NULL || is_literal || has_raw(template));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const pwr_language_t *language;
    input_t input = open_input(bytes, length);
    pwr_template_t template = {.name = "fuzz.html", .kind = PWR_TEMPLATE_HTML};
    pwr_whole_file_t file;

    language = language != NULL ? language : make_language();
    const pwr_template_source_t from = {.folder = folder.path, .language = language};
    char *text = rest_on_heap(&input);
    if (input.length <= PWR_MAX_TEMPLATE
        && pwr_whole_file_take(&file, "fuzz.html", text, input.length, input.pool) == NULL
        && pwr_template_parse(&template, &from, &file, input.pool) == NULL) {
        check_rendered(&template, &file, language, input.pool);
    }
    free(text);
    apr_pool_destroy(input.pool);
    return 0;
}
