/*
 * JSON from outside, and texts on their way into a line of JSON: what is read can be written and
 * read again, and a line stays one line of UTF-8.
 */
#include "fuzz.h"

#include "base/limits.h"
#include "text/json.h"
#include "text/unicode.h"

static void check_read(const char *bytes, size_t length, apr_pool_t *pool)
{
    const pwr_json_t *json = pwr_json_read(bytes, length, pool);
    apr_int64_t number = 0;
    double real = 0;
    bool flag = false;

    if (json == NULL) {
        return;
    }
    MUST(memchr(bytes, '\0', length) == NULL);
    const char *line = pwr_json_sorted_line(json, pool);
    const pwr_json_t *again = pwr_json_read(line, strlen(line), pool);
    MUST(again != NULL || strlen(line) > PWR_MAX_JSON);
    MUST(again == NULL || strcmp(pwr_json_sorted_line(again, pool), line) == 0);
    (void)pwr_json_get_texts(json, "b");
    /* A member has one kind. */
    bool is_number = pwr_json_get_number(&number, json, "a");
    bool is_flag = pwr_json_get_flag(&flag, json, "a");
    bool is_real = pwr_json_get_real(&real, json, "a");
    bool is_text = pwr_json_get_text(json, "a") != NULL;
    bool is_object = pwr_json_get_object(json, "a") != NULL;
    MUST(is_flag + is_real + is_text + is_object <= 1 && (!is_number || is_real));
    MUST(!is_text
         || pwr_unicode_is_valid(pwr_json_get_text(json, "a"),
                                 strlen(pwr_json_get_text(json, "a"))));
}

static void check_written(const char *text, apr_pool_t *pool)
{
    pwr_json_t *json = pwr_json_make(pool);

    pwr_json_text(json, "a", text);
    const char *line = pwr_json_line(json, pool);
    for (const char *at = line; *at != '\0'; at++) {
        MUST((unsigned char)*at >= ' ');
    }
    MUST(pwr_unicode_is_valid(line, strlen(line)));
    const pwr_json_t *again = pwr_json_read(line, strlen(line), pool);
    if (strlen(line) <= PWR_MAX_JSON) {
        MUST(again != NULL && pwr_json_get_text(again, "a") != NULL);
        MUST(!pwr_unicode_is_valid(text, strlen(text))
             || strcmp(pwr_json_get_text(again, "a"), text) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    char *text = rest_on_heap(&input);

    check_read(text, input.length, input.pool);
    check_written(text, input.pool);
    free(text);
    apr_pool_destroy(input.pool);
    return 0;
}
