/*
 * Mustache to operations, in one pass over each file. A partial is parsed where it is named, after
 * its lines have got the indentation of the tag, as the specification describes it; so rendering
 * knows nothing of files, lines or white space.
 */
#include "text/template_parse.h"

#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "base/limits.h"

#define MAX_DELIMITER 15
#define SPACE " \t\r\n\f\v"
#define SIGILS "#^/!>=&{"
#define SIGILS_OF_LINES "#^/!>=" /* alone on a line, such a tag takes the line with it */

typedef struct source_t {
    const char *name;
    const char *folder;
    const char *text;
    const char *end;
    const char *at; /* the first byte that is not yet in an operation */
    char open[MAX_DELIMITER + 1];
    char close[MAX_DELIMITER + 1];
    const struct source_t *from; /* the file that names this one; NULL for the template itself */
} source_t;

typedef struct {
    char sigil; /* one of SIGILS; '\0' for a plain variable */
    const char *start;
    const char *after;
    const char *content; /* without sigil, and without white space at its ends */
    const char *indent;  /* before a tag alone on its line; else empty */
} tag_t;

typedef struct {
    apr_array_header_t *ops;
    int opened[PWR_MAX_NESTING]; /* indexes of sections */
    const char *opened_at[PWR_MAX_NESTING];
    int depth;
    apr_size_t total; /* bytes of all files so far */
    apr_size_t literal_length;
    apr_array_header_t *used; /* const char *: names that stand in the template */
    const pwr_template_source_t *from;
    const char *extension;
    apr_pool_t *pool;
} parser_t;

static pwr_fault_t *parse_source(parser_t *parser, source_t *source);

static pwr_fault_t *make_fault(const parser_t *parser, const source_t *source, const char *at,
                               const char *tag, const char *why)
{
    int line = 1;

    for (const char *byte = source->text; byte < at; byte++) {
        line += *byte == '\n' ? 1 : 0;
    }
    return pwr_fault_broken(parser->pool, tag, "%s/%s:%d: %s", source->folder, source->name, line,
                            why);
}

static pwr_op_t *add_op(parser_t *parser, pwr_op_kind_t kind, const char *text)
{
    pwr_op_t *op = apr_array_push(parser->ops);

    *op = (pwr_op_t){.kind = kind, .text = text};
    return op;
}

static void add_literal(parser_t *parser, const char *from, const char *to)
{
    if (to > from) {
        pwr_op_t *op = add_op(parser, PWR_OP_LITERAL, from);
        op->length = (apr_size_t)(to - from);
        parser->literal_length += op->length;
    }
}

static const char *find(const char *from, const source_t *source, const char *what)
{
    return memmem(from, (size_t)(source->end - from), what, strlen(what));
}

static const char *trimmed(const char *from, const char *to, apr_pool_t *pool)
{
    while (from < to && strchr(SPACE, *from) != NULL) {
        from++;
    }
    while (to > from && strchr(SPACE, to[-1]) != NULL) {
        to--;
    }
    return apr_pstrmemdup(pool, from, (apr_size_t)(to - from));
}

/* Reads the tag that opens at `start`. */
static pwr_fault_t *read_tag(tag_t *tag, const parser_t *parser, const source_t *source,
                             const char *start)
{
    const char *from = start + strlen(source->open);
    char close[MAX_DELIMITER + 2];

    while (from < source->end && strchr(SPACE, *from) != NULL) {
        from++;
    }
    *tag = (tag_t){.start = start, .indent = ""};
    if (from < source->end && strchr(SIGILS, *from) != NULL) {
        tag->sigil = *from++;
    }
    const char *mirror = tag->sigil == '{' ? "}" : tag->sigil == '=' ? "=" : "";
    apr_snprintf(close, sizeof close, "%s%s", mirror, source->close);
    const char *end = find(from, source, close);
    if (end == NULL) {
        return make_fault(parser, source, start, "PWR0340", "a tag is not closed.");
    }
    tag->after = end + strlen(close);
    tag->content = trimmed(from, end, parser->pool);
    if (strchr("!=", tag->sigil) != NULL && tag->sigil != '\0') {
        return NULL;
    }
    if (*tag->content == '\0' || strpbrk(tag->content, SPACE) != NULL) {
        return make_fault(parser, source, start, "PWR0341",
                          "the name in a tag is empty or holds white space.");
    }
    return NULL;
}

/* When the tag is alone on its line, widens it to the whole line and keeps what stood before it. */
static void take_line(tag_t *tag, const parser_t *parser, const source_t *source)
{
    const char *from = tag->start;
    const char *to = tag->after;

    while (from > source->at && (from[-1] == ' ' || from[-1] == '\t')) {
        from--;
    }
    while (to < source->end && (*to == ' ' || *to == '\t')) {
        to++;
    }
    if (to + 1 < source->end && to[0] == '\r' && to[1] == '\n') {
        to++;
    }
    bool is_at_start = from == source->text || from[-1] == '\n';
    bool is_at_end = to == source->end || *to == '\n';
    if (is_at_start && is_at_end) {
        tag->indent = apr_pstrmemdup(parser->pool, from, (apr_size_t)(tag->start - from));
        tag->start = from;
        tag->after = to == source->end ? to : to + 1;
    }
}

/* Notes a name that the view is asked for. */
static pwr_fault_t *use_slot(parser_t *parser, const source_t *source, const tag_t *tag)
{
    const pwr_slots_t *slots = parser->from->slots;

    APR_ARRAY_PUSH(parser->used, const char *) = tag->content;
    if (slots == NULL || pwr_slots_know(slots, tag->content)) {
        return NULL;
    }
    return make_fault(parser, source, tag->start, "PWR0351",
                      apr_psprintf(parser->pool, "there is no slot '%s' here. Use one of: %s%s%s.",
                                   tag->content, slots->own, slots->own[0] != '\0' ? " " : "",
                                   slots->common));
}

static pwr_fault_t *take_variable(parser_t *parser, const source_t *source, const tag_t *tag)
{
    const pwr_language_t *language = parser->from->language;
    pwr_op_t *op;

    if (strncmp(tag->content, "t.", 2) != 0) {
        PWR_TRY(use_slot(parser, source, tag));
        op = add_op(parser, PWR_OP_VARIABLE, tag->content);
    } else {
        op = add_op(parser, PWR_OP_MESSAGE, tag->content + 2);
        if (!pwr_translations_has(language, op->text)) {
            return make_fault(parser, source, tag->start, "PWR0348",
                              apr_psprintf(parser->pool, "there is no message '%s' in %s.txt.",
                                           op->text, pwr_language_tag(language)));
        }
    }
    op->is_raw = tag->sigil != '\0';
    return NULL;
}

static pwr_fault_t *open_section(parser_t *parser, const source_t *source, const tag_t *tag)
{
    PWR_TRY(use_slot(parser, source, tag));
    if (parser->depth == PWR_MAX_NESTING) {
        return make_fault(parser, source, tag->start, "PWR0345", "sections are nested too deep.");
    }
    parser->opened[parser->depth] = parser->ops->nelts;
    parser->opened_at[parser->depth++] = tag->start;
    add_op(parser, tag->sigil == '#' ? PWR_OP_SECTION : PWR_OP_INVERTED, tag->content);
    return NULL;
}

/* `depth` is how many sections were open when this file began: those it cannot close. */
static pwr_fault_t *close_section(parser_t *parser, const source_t *source, const tag_t *tag,
                                  int depth)
{
    pwr_op_t *ops = (pwr_op_t *)parser->ops->elts;
    int index = parser->depth > depth ? parser->opened[parser->depth - 1] : -1;

    if (index < 0 || strcmp(ops[index].text, tag->content) != 0) {
        return make_fault(parser, source, tag->start, "PWR0343",
                          apr_psprintf(parser->pool,
                                       "{{/%s}} closes a section that is not open here.",
                                       tag->content));
    }
    parser->depth--;
    if (ops[index].kind == PWR_OP_SECTION) {
        ops[index].jump = parser->ops->nelts;
        add_op(parser, PWR_OP_END, tag->content)->jump = index;
    } else {
        ops[index].jump = parser->ops->nelts;
    }
    return NULL;
}

static pwr_fault_t *set_delimiters(const parser_t *parser, source_t *source, const tag_t *tag)
{
    const char *open = tag->content;
    apr_size_t open_length = strcspn(open, SPACE);
    const char *close = open + open_length + strspn(open + open_length, SPACE);
    apr_size_t close_length = strlen(close);

    if (open_length == 0 || close_length == 0 || open_length > MAX_DELIMITER
        || close_length > MAX_DELIMITER || strpbrk(close, SPACE) != NULL
        || strchr(open, '=') != NULL) {
        return make_fault(parser, source, tag->start, "PWR0342",
                          "a change of delimiters is not of the form {{=<% %>=}}.");
    }
    memcpy(source->open, open, open_length);
    source->open[open_length] = '\0';
    memcpy(source->close, close, close_length + 1);
    return NULL;
}

/* The text with `indent` before each line; the end of a last line begins no further one. */
static const char *indented(const pwr_whole_file_t *file, const char *indent, apr_size_t *length,
                            apr_pool_t *pool)
{
    apr_size_t size = strlen(indent);
    apr_size_t lines = 1;

    for (apr_size_t i = 0; i < file->length; i++) {
        lines += file->text[i] == '\n' ? 1 : 0;
    }
    char *text = apr_palloc(pool, file->length + lines * size + 1);
    char *out = text;
    for (apr_size_t i = 0; i < file->length; i++) {
        if (i == 0 || file->text[i - 1] == '\n') {
            memcpy(out, indent, size);
            out += size;
        }
        *out++ = file->text[i];
    }
    *length = (apr_size_t)(out - text);
    return text;
}

const char *pwr_template_folder(const pwr_template_source_t *source, const char *name,
                                apr_pool_t *pool)
{
    apr_finfo_t facts;

    if (source->own == NULL
        || apr_stat(&facts, apr_pstrcat(pool, source->own, "/", name, NULL), APR_FINFO_TYPE, pool)
               != APR_SUCCESS) {
        return source->folder;
    }
    if (source->used != NULL) {
        apr_hash_set(source->used, apr_pstrdup(pool, name), APR_HASH_KEY_STRING, "");
    }
    return source->own;
}

/* The file that a partial's tag names, when it is there and does not lead back here. */
static pwr_fault_t *find_partial(source_t *inner, const parser_t *parser, const tag_t *tag)
{
    const source_t *source = inner->from;
    apr_finfo_t facts;
    const char *file = tag->content;
    int depth = 0;

    if (strchr(file, '.') == NULL) {
        file = apr_pstrcat(parser->pool, file, parser->extension, NULL);
    }
    for (const source_t *outer = source; outer != NULL; outer = outer->from) {
        if (strcmp(outer->name, file) == 0 || ++depth > PWR_MAX_NESTING) {
            return make_fault(
                parser, source, tag->start, "PWR0346",
                apr_psprintf(parser->pool, "the partial '%s' leads back to itself.", tag->content));
        }
    }
    bool is_name = file[0] != '.' && strpbrk(file, "/\\") == NULL;
    inner->name = file;
    inner->folder
        = is_name ? pwr_template_folder(parser->from, file, parser->pool) : source->folder;
    const char *path = apr_pstrcat(parser->pool, inner->folder, "/", file, NULL);
    if (!is_name || apr_stat(&facts, path, APR_FINFO_TYPE, parser->pool) != APR_SUCCESS) {
        return make_fault(
            parser, source, tag->start, "PWR0347",
            apr_psprintf(parser->pool, "there is no partial '%s' in this folder.", file));
    }
    return NULL;
}

static pwr_fault_t *take_partial(parser_t *parser, const source_t *source, const tag_t *tag)
{
    source_t inner = {.open = "{{", .close = "}}", .from = source};
    pwr_whole_file_t file;
    apr_size_t length;

    PWR_TRY(find_partial(&inner, parser, tag));
    PWR_TRY(pwr_whole_file_read(&file,
                                apr_pstrcat(parser->pool, inner.folder, "/", inner.name, NULL),
                                PWR_MAX_TEMPLATE, parser->pool));
    inner.text = indented(&file, tag->indent, &length, parser->pool);
    inner.end = inner.text + length;
    parser->total += length;
    if (parser->total > PWR_MAX_SOURCES) {
        return make_fault(parser, source, tag->start, "PWR0349",
                          "the template is too large with all its partials.");
    }
    return parse_source(parser, &inner);
}

static pwr_fault_t *take_tag(parser_t *parser, source_t *source, const tag_t *tag, int depth)
{
    switch (tag->sigil) {
    case '!':
        return NULL;
    case '=':
        return set_delimiters(parser, source, tag);
    case '#':
    case '^':
        return open_section(parser, source, tag);
    case '/':
        return close_section(parser, source, tag, depth);
    case '>':
        return take_partial(parser, source, tag);
    default:
        return take_variable(parser, source, tag);
    }
}

static pwr_fault_t *parse_source(parser_t *parser, source_t *source)
{
    int depth = parser->depth;
    const char *start;

    source->at = source->text;
    while ((start = find(source->at, source, source->open)) != NULL) {
        tag_t tag;
        PWR_TRY(read_tag(&tag, parser, source, start));
        if (tag.sigil != '\0' && strchr(SIGILS_OF_LINES, tag.sigil) != NULL) {
            take_line(&tag, parser, source);
        }
        add_literal(parser, source->at, tag.start);
        PWR_TRY(take_tag(parser, source, &tag, depth));
        source->at = tag.after;
    }
    add_literal(parser, source->at, source->end);
    if (parser->depth > depth) {
        const pwr_op_t *ops = (const pwr_op_t *)parser->ops->elts;
        return make_fault(parser, source, parser->opened_at[parser->depth - 1], "PWR0344",
                          apr_psprintf(parser->pool, "the section '%s' is not closed.",
                                       ops[parser->opened[parser->depth - 1]].text));
    }
    return NULL;
}

pwr_fault_t *pwr_template_parse(pwr_template_t *made, const pwr_template_source_t *from,
                                const pwr_whole_file_t *file, apr_pool_t *pool)
{
    const char *dot = strrchr(made->name, '.');
    parser_t parser = {.ops = apr_array_make(pool, 32, sizeof(pwr_op_t)),
                       .total = file->length,
                       .used = apr_array_make(pool, 16, sizeof(const char *)),
                       .from = from,
                       .extension = dot != NULL ? dot : "",
                       .pool = pool};
    source_t source = {.name = made->name,
                       .folder = pwr_template_folder(from, made->name, pool),
                       .text = file->text,
                       .end = file->text + file->length,
                       .open = "{{",
                       .close = "}}"};

    PWR_TRY(parse_source(&parser, &source));
    const char *lacking
        = from->slots != NULL ? pwr_slots_lacking(from->slots, parser.used, pool) : NULL;
    if (lacking != NULL) {
        return make_fault(
            &parser, &source, source.text, "PWR0352",
            apr_psprintf(pool, "lacks the slot '%s'. Without it this cannot work.", lacking));
    }
    made->ops = (const pwr_op_t *)parser.ops->elts;
    made->count = parser.ops->nelts;
    made->literal_length = parser.literal_length;
    return NULL;
}
