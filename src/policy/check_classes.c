/*
 * Each directory has its own idea of what a letter is, and a box that ticks a rule which the
 * directory then refuses is worse than none. So its way of counting is followed to the character:
 *   UNICODE  Active Directory: letters of any script; a blank is of no class
 *   SAMBA    check_password_quality: case by the simple mappings; what else is outside ASCII counts
 *   BYTES    389-DS, check_pw_syntax: letters are those of ASCII; a blank is a special
 */
#include "policy/check_classes.h"

#include <string.h>

#include "text/characters.h"

static void count_class(pwr_classes_t *counts, pwr_character_class_t class)
{
    switch (class) {
    case PWR_CLASS_LOWER:
        counts->lower++;
        break;
    case PWR_CLASS_UPPER:
        counts->upper++;
        break;
    case PWR_CLASS_CASELESS:
        counts->others++;
        break;
    case PWR_CLASS_DIGIT:
        counts->digits++;
        break;
    case PWR_CLASS_SIGN:
        counts->specials++;
        break;
    case PWR_CLASS_OTHER:
        break;
    }
}

/* It looks at units of UTF-16, and half a character is of no class. */
static void count_unicode(pwr_classes_t *counts, unsigned point)
{
    if (point <= 0xffff) {
        count_class(counts, pwr_characters_class(point));
    }
}

static void count_bytes(pwr_classes_t *counts, unsigned point)
{
    if (point >= 0x80) {
        counts->others++;
    } else if (pwr_characters_class(point) == PWR_CLASS_OTHER) {
        counts->specials++;
    } else {
        count_class(counts, pwr_characters_class(point));
    }
}

pwr_classes_t pwr_classes_count(const char *text, int counting)
{
    pwr_classes_t counts = {0};
    unsigned before = 0;
    int run = 0;

    for (unsigned point = pwr_characters_next(&text); point != 0;
         point = pwr_characters_next(&text)) {
        switch (counting) {
        case PWR_COUNT_BYTES:
            count_bytes(&counts, point);
            break;
        case PWR_COUNT_SAMBA:
            count_class(&counts, pwr_characters_class_samba(point));
            break;
        default:
            count_unicode(&counts, point);
        }
        run = point == before ? run + 1 : 1;
        before = point;
        counts.repeats = run > counts.repeats ? run : counts.repeats;
    }
    counts.letters
        = counts.lower + counts.upper + (counting != PWR_COUNT_BYTES ? counts.others : 0);
    counts.categories = (counts.lower > 0) + (counts.upper > 0) + (counts.digits > 0)
                        + (counts.specials > 0) + (counts.others > 0);
    return counts;
}

/* Bits of the classes that a word allows; 0 for a word that is none. */
static unsigned classes_of(const char *word)
{
    enum { CASELESS = 1 << PWR_CLASS_CASELESS };
    static const struct {
        const char *word;
        unsigned classes;
    } words[] = {
        {"lower", 1 << PWR_CLASS_LOWER},
        {"upper", 1 << PWR_CLASS_UPPER},
        {"digit", 1 << PWR_CLASS_DIGIT},
        {"letter", 1 << PWR_CLASS_LOWER | 1 << PWR_CLASS_UPPER | CASELESS},
        {"alnum", 1 << PWR_CLASS_LOWER | 1 << PWR_CLASS_UPPER | CASELESS | 1 << PWR_CLASS_DIGIT},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, word) == 0) {
            return words[i].classes;
        }
    }
    return 0;
}

bool pwr_classes_is_name(const char *name)
{
    return classes_of(name) != 0;
}

static bool is_of_class(unsigned point, const char *word)
{
    return (classes_of(word) >> pwr_characters_class(point) & 1U) != 0;
}

bool pwr_check_at_least(pwr_question_t *question)
{
    return question->has >= question->asked;
}

bool pwr_check_at_most(pwr_question_t *question)
{
    return question->has <= question->asked;
}

bool pwr_check_first(pwr_question_t *question)
{
    const char *text = question->candidate->text;

    return is_of_class(pwr_characters_next(&text), question->context->policy->settings->first);
}

bool pwr_check_last(pwr_question_t *question)
{
    const char *text = question->candidate->text;
    unsigned last = 0;

    for (unsigned point = pwr_characters_next(&text); point != 0;
         point = pwr_characters_next(&text)) {
        last = point;
    }
    return is_of_class(last, question->context->policy->settings->last);
}

bool pwr_check_forbidden(pwr_question_t *question)
{
    const char *text = question->candidate->text;

    for (unsigned point = pwr_characters_next(&text); point != 0;
         point = pwr_characters_next(&text)) {
        const char *forbidden = question->context->policy->settings->forbidden;
        for (unsigned bad = pwr_characters_next(&forbidden); bad != 0;
             bad = pwr_characters_next(&forbidden)) {
            if (bad == point) {
                return false;
            }
        }
    }
    return true;
}
