/*
 * Rendering: one walk over the operations into one growing block. Escaped bytes are written in
 * place, constant messages come as they were loaded, and nothing is looked up but names.
 */
#include "text/template.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "base/limits.h"
#include "text/escape.h"
#include "text/template_parse.h"

#define PLAIN_ROOM 32   /* a number or time as text */
#define FIRST_ROOM 1024 /* what variables may add before the block grows */

/* A section that is being rendered. */
typedef struct {
    const pwr_view_t *outer; /* the view to go back to */
    const pwr_view_t *item;  /* NULL unless it walks a list */
} frame_t;

typedef struct {
    char *bytes;
    apr_size_t length;
    apr_size_t room;
    bool is_over; /* something did not fit under the ceiling */
    const pwr_template_t *template;
    const pwr_view_t *view;
    const pwr_language_t *language;
    frame_t frames[PWR_MAX_NESTING];
    int depth;
    apr_pool_t *pool;
} rendered_page_t;

pwr_fault_t *pwr_template_load(pwr_template_t **made, const pwr_template_source_t *source,
                               const char *name, pwr_template_kind_t kind, apr_pool_t *pool)
{
    const char *folder = pwr_template_folder(source, name, pool);
    pwr_template_t *template = apr_pcalloc(pool, sizeof *template);
    pwr_whole_file_t file;

    template->name = apr_pstrdup(pool, name);
    template->kind = kind;
    PWR_TRY(pwr_whole_file_read(&file, apr_pstrcat(pool, folder, "/", name, NULL), PWR_MAX_TEMPLATE,
                                pool));
    PWR_TRY(pwr_template_parse(template, source, &file, pool));
    *made = template;
    return NULL;
}

/* Where `size` more bytes may be written, or NULL when the page would be too large. */
static char *reserve(rendered_page_t *page, apr_size_t size)
{
    if (size > PWR_MAX_PAGE - page->length) {
        page->is_over = true;
        return NULL;
    }
    if (page->length + size > page->room) {
        apr_size_t room = 2 * (page->length + size);
        char *bytes = apr_palloc(page->pool, room + 1);
        memcpy(bytes, page->bytes, page->length);
        page->bytes = bytes;
        page->room = room;
    }
    page->length += size;
    return page->bytes + page->length - size;
}

static void write_bytes(rendered_page_t *page, const char *bytes, apr_size_t length)
{
    char *out = reserve(page, length);

    if (out != NULL) {
        memcpy(out, bytes, length);
    }
}

static void write_text(rendered_page_t *page, const char *text, bool is_raw)
{
    if (is_raw || page->template->kind == PWR_TEMPLATE_TEXT) {
        write_bytes(page, text, strlen(text));
        return;
    }
    char *out = reserve(page, pwr_escape_html_length(text));
    if (out != NULL) {
        pwr_escape_html_into(out, text);
    }
}

/* RFC 3339 in UTC: what an attribute such as datetime="" wants. People read times in messages. */
static void write_time(rendered_page_t *page, apr_time_t at)
{
    char text[PLAIN_ROOM];
    apr_time_exp_t parts;

    apr_time_exp_gmt(&parts, at);
    apr_snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900,
                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    write_bytes(page, text, strlen(text));
}

static void write_variable(rendered_page_t *page, const pwr_op_t *op)
{
    char text[PLAIN_ROOM];
    pwr_view_value_t value = pwr_view_get(page->view, op->text);

    switch (value.kind) {
    case PWR_VIEW_TEXT:
        write_text(page, value.text, op->is_raw);
        break;
    case PWR_VIEW_NUMBER:
        apr_snprintf(text, sizeof text, "%" APR_INT64_T_FMT, value.number);
        write_text(page, text, true);
        break;
    case PWR_VIEW_TIME:
        write_time(page, value.number);
        break;
    case PWR_VIEW_FLAG:
        write_text(page, value.number != 0 ? "true" : "false", true);
        break;
    case PWR_VIEW_NOTHING:
    case PWR_VIEW_LIST:
        break;
    }
}

static bool is_true(const pwr_view_value_t *value)
{
    switch (value->kind) {
    case PWR_VIEW_TEXT:
        return *value->text != '\0';
    case PWR_VIEW_FLAG:
        return value->number != 0;
    case PWR_VIEW_NOTHING:
        return false;
    default:
        return true; /* a list has an item, or it would not be there */
    }
}

/* Returns the index of the operation to do next. */
static int enter(rendered_page_t *page, const pwr_op_t *op, int index)
{
    pwr_view_value_t value = pwr_view_get(page->view, op->text);

    if (!is_true(&value)) {
        return op->jump + 1;
    }
    page->frames[page->depth++] = (frame_t){.outer = page->view, .item = value.first};
    if (value.first != NULL) {
        page->view = value.first;
    }
    return index + 1;
}

static int leave(rendered_page_t *page, const pwr_op_t *op, int index)
{
    frame_t *frame = &page->frames[page->depth - 1];

    frame->item = frame->item != NULL ? pwr_view_next(frame->item) : NULL;
    if (frame->item != NULL) {
        page->view = frame->item;
        return op->jump + 1;
    }
    page->view = frame->outer;
    page->depth--;
    return index + 1;
}

/* Does one operation and returns the index of the next. */
static int step(rendered_page_t *page, int index)
{
    const pwr_op_t *op = &page->template->ops[index];
    pwr_view_value_t value;

    switch (op->kind) {
    case PWR_OP_LITERAL:
        write_bytes(page, op->text, op->length);
        return index + 1;
    case PWR_OP_VARIABLE:
        write_variable(page, op);
        return index + 1;
    case PWR_OP_MESSAGE:
        write_text(page, pwr_translations_format(page->language, op->text, page->view, page->pool),
                   op->is_raw);
        return index + 1;
    case PWR_OP_SECTION:
        return enter(page, op, index);
    case PWR_OP_INVERTED:
        value = pwr_view_get(page->view, op->text);
        return is_true(&value) ? op->jump : index + 1;
    default:
        return leave(page, op, index);
    }
}

pwr_fault_t *pwr_template_render(const char **text, apr_size_t *length,
                                 const pwr_template_t *template, const pwr_view_t *view,
                                 const pwr_language_t *language, apr_pool_t *pool)
{
    rendered_page_t page = {.template = template, .view = view, .language = language, .pool = pool};

    page.room = template->literal_length + FIRST_ROOM;
    page.bytes = apr_palloc(pool, page.room + 1);
    for (int i = 0; i < template->count && !page.is_over;) {
        i = step(&page, i);
    }
    if (page.is_over) {
        return pwr_fault_broken(pool, "PWR0350", "%s became larger than %d bytes. Shorten it.",
                                template->name, PWR_MAX_PAGE);
    }
    page.bytes[page.length] = '\0';
    *text = page.bytes;
    if (length != NULL) {
        *length = page.length;
    }
    return NULL;
}
