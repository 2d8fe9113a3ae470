/*
 * A page has some dozens of names at most, so a view is an array that is searched from its start;
 * the hash kept beside each name makes a miss cost one comparison of integers.
 */
#include "text/view.h"

#include <string.h>

#include <apr_tables.h>

typedef struct {
    apr_uint32_t hash;
    const char *name;
    pwr_view_value_t value;
    pwr_view_t *last; /* LIST: where the next item is hung on */
} entry_t;

struct pwr_view_t {
    apr_pool_t *pool;
    const pwr_view_t *outer; /* looked at after this one; NULL at the top */
    const pwr_view_t *next;  /* the item after this one */
    apr_array_header_t *entries;
};

static apr_uint32_t hash_of(const char *name)
{
    apr_uint32_t hash = 2166136261U; /* FNV-1a: names come from the program, not from a client */

    for (; *name != '\0'; name++) {
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    }
    return hash;
}

static entry_t *find_entry(const pwr_view_t *view, const char *name, apr_uint32_t hash)
{
    entry_t *entries = (entry_t *)view->entries->elts;

    for (int i = 0; i < view->entries->nelts; i++) {
        if (entries[i].hash == hash && strcmp(entries[i].name, name) == 0) {
            return &entries[i];
        }
    }
    return NULL;
}

static entry_t *add_entry(pwr_view_t *view, const char *name, pwr_view_kind_t kind)
{
    entry_t *entry = apr_array_push(view->entries);

    *entry = (entry_t){.hash = hash_of(name), .name = name, .value = {.kind = kind}};
    return entry;
}

pwr_view_t *pwr_view_make(apr_pool_t *pool)
{
    pwr_view_t *view = apr_pcalloc(pool, sizeof *view);

    view->pool = pool;
    view->entries = apr_array_make(pool, 8, sizeof(entry_t));
    return view;
}

void pwr_view_text(pwr_view_t *view, const char *name, const char *text)
{
    if (text != NULL) {
        add_entry(view, name, PWR_VIEW_TEXT)->value.text = text;
    }
}

void pwr_view_number(pwr_view_t *view, const char *name, apr_int64_t number)
{
    add_entry(view, name, PWR_VIEW_NUMBER)->value.number = number;
}

void pwr_view_time(pwr_view_t *view, const char *name, apr_time_t at)
{
    add_entry(view, name, PWR_VIEW_TIME)->value.number = at;
}

void pwr_view_flag(pwr_view_t *view, const char *name, bool is_set)
{
    add_entry(view, name, PWR_VIEW_FLAG)->value.number = is_set ? 1 : 0;
}

void pwr_view_set_text(pwr_view_t *view, const char *name, const char *text)
{
    entry_t *entry = find_entry(view, name, hash_of(name));

    if (entry == NULL) {
        entry = add_entry(view, name, PWR_VIEW_TEXT);
    }
    entry->value = (pwr_view_value_t){.kind = PWR_VIEW_TEXT, .text = text};
}

pwr_view_t *pwr_view_add(pwr_view_t *view, const char *name)
{
    pwr_view_t *item = pwr_view_make(view->pool);
    entry_t *list = find_entry(view, name, hash_of(name));

    item->outer = view;
    if (list == NULL) {
        list = add_entry(view, name, PWR_VIEW_LIST);
        list->value.first = item;
    } else {
        list->last->next = item;
    }
    list->last = item;
    return item;
}

pwr_view_value_t pwr_view_get(const pwr_view_t *view, const char *name)
{
    apr_uint32_t hash = hash_of(name);

    for (; view != NULL; view = view->outer) {
        const entry_t *entry = find_entry(view, name, hash);
        if (entry != NULL) {
            return entry->value;
        }
    }
    return (pwr_view_value_t){.kind = PWR_VIEW_NOTHING};
}

const pwr_view_t *pwr_view_next(const pwr_view_t *item)
{
    return item->next;
}
