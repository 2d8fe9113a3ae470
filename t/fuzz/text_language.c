/*
 * An Accept-Language header from arbitrary bytes: the answer is one of the site's languages, and
 * what is remembered of a header is what it was matched with.
 */
#include "folder.h"

#include "text/language.h"

static pwr_translations_t *load_languages(void)
{
    static const char *const names[] = {"nb.txt", "en.txt", "de.txt", "pt.txt", "ar.txt", "se.txt"};

    open_folder();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        add_file(names[i], "m = M\n");
    }
    return load_messages("nb");
}

static void forget(pwr_translations_t *translations)
{
    pwr_matches_t *matches = pwr_translations_matches(translations);

    for (int i = 0; i < PWR_MATCHES; i++) {
        atomic_store(&matches->words[i], 0);
    }
}

static bool is_offered(const pwr_translations_t *translations, const pwr_language_t *language)
{
    for (int i = 0; i < pwr_translations_count(translations); i++) {
        if (pwr_translations_at(translations, i) == language) {
            return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static pwr_translations_t *translations;
    input_t input = open_input(bytes, length);
    char *header = rest_on_heap(&input);

    translations = translations != NULL ? translations : load_languages();
    const pwr_language_t *language = pwr_language_match(translations, header, input.pool);
    MUST(is_offered(translations, language));
    MUST(pwr_language_match(translations, header, input.pool) == language);
    forget(translations);
    MUST(pwr_language_match(translations, header, input.pool) == language);
    MUST(is_offered(translations, pwr_translations_language(translations, header)));
    free(header);
    apr_pool_destroy(input.pool);
    return 0;
}
