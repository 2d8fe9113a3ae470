/*
 * The words of the program: one UTF-8 file per language (conf/messages/nb.txt, en.txt, ...), each
 * line `key = ICU MessageFormat pattern` with named arguments, e.g. sent.facts = E-posten kommer
 * fra {from}. Lenken virker i {life}.
 *     dead.expired = Lenken gikk ut {expired, time, short}.
 * `#` in column one opens a comment. Arguments are looked up by name in a view. Loaded once at
 * start, read-only after; any thread.
 */
#ifndef PWR_TEXT_TRANSLATIONS_H
#define PWR_TEXT_TRANSLATIONS_H

#include <stdatomic.h>

#include "base/crypto.h"
#include "base/fault.h"
#include "base/limits.h"
#include "text/view.h"

typedef struct pwr_translations_t pwr_translations_t; /* all languages */
typedef struct pwr_language_t pwr_language_t;         /* one of them */

/* What language.c remembers of the headers it has matched. Each word is a keyed hash of a header,
 * with the language's index in the lowest bits; 0 is empty. */
typedef struct {
    unsigned char key[PWR_SHORT_KEY_BYTES];
    _Atomic apr_uint64_t words[PWR_MATCHES];
} pwr_matches_t;

typedef struct {
    const char *folder;
    const char *fallback;  /* tag of the site's own language */
    const char *time_zone; /* an Olson name ("Europe/Oslo"), NULL for the system's */
    const char *offered;   /* tags in the order to offer them, parted by spaces; NULL: every file */
} pwr_translations_source_t;

/* Reads the *.txt in a folder. BROKEN, with file and line, for a line that is no `key = pattern`, a
 * key given twice, a pattern that ICU refuses, or bad UTF-8; BROKEN when a language that was asked
 * for has no file. A key that a language lacks, or leaves empty, is taken from the fallback, else
 * from en; one line here tells how many of each language. Lives in `pool`. */
pwr_fault_t *pwr_translations_load(pwr_translations_t **translations,
                                   const pwr_translations_source_t *source,
                                   apr_pool_t *pool) PWR_MUST_USE;

/* The language of a tag such as "nb", or the fallback. Never NULL. */
const pwr_language_t *pwr_translations_language(const pwr_translations_t *translations,
                                                const char *tag);
/* How many languages are offered, and each in the order they were asked for, else of their tags. */
int pwr_translations_count(const pwr_translations_t *translations);
const pwr_language_t *pwr_translations_at(const pwr_translations_t *translations, int index);

/* Where the matches are kept; a process's own, and the one thing here that changes. */
pwr_matches_t *pwr_translations_matches(const pwr_translations_t *translations);

/* The language's tag ("nb"), its name in its own words (the message language.name, else ICU's), and
 * its direction ("ltr" or "rtl"). */
const char *pwr_language_tag(const pwr_language_t *language);
const char *pwr_language_name(const pwr_language_t *language);
const char *pwr_language_direction(const pwr_language_t *language);

/* The message of `key` with its arguments from `view` (NULL when it has none), as UTF-8. An unknown
 * key gives the key itself and an unknown argument gives "{name}": both are seen on the page and in
 * the guard, neither stops a flow. */
const char *pwr_translations_format(const pwr_language_t *language, const char *key,
                                    const pwr_view_t *view, apr_pool_t *pool);
bool pwr_translations_has(const pwr_language_t *language, const char *key);

#endif
