/* The promises of src/text/language.h. */
#include "text_scratch.h"

#include <unicode/uclean.h>

#include "base/limits.h"
#include "text/language.h"

static pwr_translations_t *load(scratch_t *scratch)
{
    pwr_translations_t *translations;

    scratch_write(scratch, "nb.txt", "a = a\n");
    scratch_write(scratch, "en.txt", "a = a\n");
    scratch_write(scratch, "pt-BR.txt", "a = a\n");
    assert_fine(
        pwr_translations_load(&translations, SOURCE(scratch->folder, "nb", NULL), scratch->pool));
    return translations;
}

static void assert_match(scratch_t *scratch, const pwr_translations_t *translations,
                         const char *header, const char *tag)
{
    const pwr_language_t *language = pwr_language_match(translations, header, scratch->pool);

    assert_non_null(language);
    if (strcmp(pwr_language_tag(language), tag) != 0) {
        fail_msg("%s: %s", header, pwr_language_tag(language));
    }
}

static void the_best_of_the_wanted_languages_is_taken(void **state)
{
    scratch_t *scratch = *state;
    const pwr_translations_t *translations = load(scratch);

    assert_match(scratch, translations, "en", "en");
    assert_match(scratch, translations, "en-GB,en;q=0.9,nb;q=0.8", "en");
    assert_match(scratch, translations, "nb-NO,nb;q=0.9,en;q=0.8", "nb");
    assert_match(scratch, translations, "nb;q=0.2, en;q=0.8", "en");
    assert_match(scratch, translations, "fr, en;q=0.5", "en");
    assert_match(scratch, translations, "en;q=0, nb;q=0.1", "nb");
    assert_match(scratch, translations, "pt", "pt-BR");
}

static void the_old_code_no_means_nb(void **state)
{
    scratch_t *scratch = *state;
    const pwr_translations_t *translations;
    pwr_translations_t *made;

    load(scratch);
    assert_fine(pwr_translations_load(&made, SOURCE(scratch->folder, "en", NULL), scratch->pool));
    translations = made;
    assert_match(scratch, translations, "no", "nb");
    assert_match(scratch, translations, "no-NO, en;q=0.5", "nb");
    assert_match(scratch, translations, "nn", "nb");
}

static void what_cannot_be_matched_gives_the_fallback(void **state)
{
    scratch_t *scratch = *state;
    const pwr_translations_t *translations = load(scratch);

    assert_match(scratch, translations, NULL, "nb");
    assert_match(scratch, translations, "", "nb");
    assert_match(scratch, translations, "*", "nb");
    assert_match(scratch, translations, "zh-Hant", "nb");
    assert_match(scratch, translations, "en;;;q=x,,", "nb");
    assert_match(scratch, translations, "\xff\xfe", "nb");
    assert_match(scratch, translations, ",,,,;;;;====", "nb");
    assert_match(scratch, translations, "../../etc/passwd", "nb");
}

static void the_tail_of_a_long_header_is_not_looked_at(void **state)
{
    scratch_t *scratch = *state;
    const pwr_translations_t *translations = load(scratch);
    char *header = apr_pcalloc(scratch->pool, 9000);

    memset(header, 'a', 8000);
    assert_match(scratch, translations, header, "nb");
    for (int i = 0; i < 8000; i += 4) {
        memcpy(header + i, "fr, ", 4);
    }
    memcpy(header, "en, ", 4);
    assert_match(scratch, translations, header, "en");
    memcpy(header, "fr, ", 4);
    memcpy(header + PWR_MAX_ACCEPT_LANGUAGE, "en, ", 4);
    assert_match(scratch, translations, header, "nb");
}

/* More headers than are remembered, so that they push each other out. */
static void a_remembered_match_is_the_first_one(void **state)
{
    scratch_t *scratch = *state;
    const pwr_translations_t *translations = load(scratch);
    static const char *const tags[] = {"en", "nb", "pt-BR"};

    for (int i = 0; i < 3 * 10 * PWR_MATCHES; i++) {
        int header = i % (10 * PWR_MATCHES);
        const char *tag = tags[header % 3];
        assert_match(scratch, translations,
                     apr_psprintf(scratch->pool, "%s, fr;q=0.%03d", tag, header / 3), tag);
        assert_match(scratch, translations, "en-GB", "en");
        assert_match(scratch, translations, "", "nb");
    }
}

static void other_translations_have_matches_of_their_own(void **state)
{
    scratch_t *scratch = *state;
    const pwr_translations_t *translations = load(scratch);
    pwr_translations_t *made;

    assert_fine(pwr_translations_load(&made, SOURCE(scratch->folder, "en", NULL), scratch->pool));
    for (int i = 0; i < 3; i++) {
        assert_match(scratch, translations, "fr", "nb");
        assert_match(scratch, made, "fr", "en");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_best_of_the_wanted_languages_is_taken),
        TEST(the_old_code_no_means_nb),
        TEST(what_cannot_be_matched_gives_the_fallback),
        TEST(the_tail_of_a_long_header_is_not_looked_at),
        TEST(a_remembered_match_is_the_first_one),
        TEST(other_translations_have_matches_of_their_own),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    u_cleanup(); /* of ICU's caches, for valgrind */
    return failed;
}
