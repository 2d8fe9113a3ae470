/*
 * A posted proof of work from arbitrary bytes. The first byte says how they are taken: as they are
 * posted, or as the JSON within. Nothing that was not made here may pass, and reading must stay
 * within its bounds.
 */
#include "fuzz.h"

#include <apr_encode.h>

#include "abuse/captcha_work.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static pwr_secret_t *key;
    input_t input = open_input(bytes, length);

    if (key == NULL) {
        MUST(pwr_crypto_start(program_pool()) == NULL);
        key = pwr_secret_make("0123456789abcdef0123456789abcdef", PWR_KEY_BYTES, program_pool());
    }
    bool is_json = next_byte(&input) % 2 == 0;
    char *text = rest_on_heap(&input);
    const char *solution = text;
    if (is_json) {
        solution = apr_pencode_base64_binary(input.pool, (const unsigned char *)text,
                                             (apr_ssize_t)input.length, APR_ENCODE_NONE, NULL);
    }
    MUST(!pwr_work_check(key, "form", PWR_LEVEL_SILENT, solution, input.pool));
    free(text);
    apr_pool_destroy(input.pool);
    return 0;
}
