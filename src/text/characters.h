/*
 * What a single character is, and how texts look without what makes them hard to compare. ICU's
 * answers (the property names are those of UAX 44). Text is valid UTF-8. No state; any thread.
 */
#ifndef PWR_TEXT_CHARACTERS_H
#define PWR_TEXT_CHARACTERS_H

#include <stdbool.h>

#include <apr_pools.h>

typedef enum {
    PWR_CLASS_LOWER,    /* Lowercase */
    PWR_CLASS_UPPER,    /* Uppercase */
    PWR_CLASS_CASELESS, /* Alphabetic, and neither of them */
    PWR_CLASS_DIGIT,    /* 0 to 9 */
    PWR_CLASS_SIGN,     /* the 32 signs of ASCII */
    PWR_CLASS_OTHER     /* blanks, emoji, everything else */
} pwr_character_class_t;

/* The code point at `*text`, which moves behind it; 0 at the end. */
unsigned pwr_characters_next(const char **text);

pwr_character_class_t pwr_characters_class(unsigned point);
/* As Samba's check_password_quality has it: outside ASCII, lower and upper case only where its
 * tables lead there and back, and everything else, whatever it is, CASELESS. */
pwr_character_class_t pwr_characters_class_samba(unsigned point);

/* `text` after full case folding and NFC; NULL when it is no valid UTF-8. Wiped with `pool`. */
char *pwr_characters_folded(const char *text, apr_pool_t *pool);
/* The same with marks and what looks alike taken away: "Bjørn Åsén" and "BJORN ASEN" are one. */
char *pwr_characters_plain(const char *text, apr_pool_t *pool);

/* UTF-16LE without a mark, `*length` bytes. Wiped with `pool`. */
unsigned char *pwr_characters_utf16le(apr_size_t *length, const char *text, apr_pool_t *pool);
/* Units of UTF-16. */
int pwr_characters_units(const char *text);

#endif
