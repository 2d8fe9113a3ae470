/*
 * What the parser of templates leaves for their rendering: a flat row of operations. Sections jump
 * by index; partials have been put in their places.
 */
#ifndef PWR_TEXT_TEMPLATE_PARSE_H
#define PWR_TEXT_TEMPLATE_PARSE_H

#include <apr_tables.h>

#include "text/template_source.h"
#include "text/whole_file.h"

typedef enum {
    PWR_OP_LITERAL,
    PWR_OP_VARIABLE,
    PWR_OP_MESSAGE,
    PWR_OP_SECTION,  /* jump: its end */
    PWR_OP_INVERTED, /* jump: behind the last operation inside; has no end of its own */
    PWR_OP_END       /* jump: its section */
} pwr_op_kind_t;

typedef struct {
    pwr_op_kind_t kind;
    bool is_raw;       /* of VARIABLE and MESSAGE: {{{name}}} or {{&name}} */
    const char *text;  /* LITERAL: not closed by NUL; VARIABLE, SECTION: a name; MESSAGE: a key */
    apr_size_t length; /* LITERAL */
    int jump;
} pwr_op_t;

struct pwr_template_t {
    const char *name; /* for faults */
    pwr_template_kind_t kind;
    const pwr_op_t *ops;
    int count;
    apr_size_t literal_length; /* of all literals: a first guess of a page's size */
};

/* The folder that has the file: the site's own when it is there. */
const char *pwr_template_folder(const pwr_template_source_t *source, const char *name,
                                apr_pool_t *pool);

/* Fills the rest of `made`, whose name and kind are set, from its file; reads partials from where
 * the source says. The file's text must outlive the template. */
pwr_fault_t *pwr_template_parse(pwr_template_t *made, const pwr_template_source_t *source,
                                const pwr_whole_file_t *file, apr_pool_t *pool) PWR_MUST_USE;

#endif
