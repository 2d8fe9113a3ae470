/*
 * libFuzzer: a posted proof of work from arbitrary bytes. The first byte says how they are taken:
 * as they are posted, or as the JSON within. Nothing that was not made here may pass, and reading
 * must stay within its bounds.
 */
#include <stdint.h>
#include <stdlib.h>

#include <apr_encode.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "abuse/captcha_work.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *root;
    static pwr_secret_t *key;
    apr_pool_t *pool = NULL;

    if (root == NULL) {
        apr_initialize();
        apr_pool_create(&root, NULL);
        if (pwr_crypto_start(root) != NULL) {
            abort();
        }
        key = pwr_secret_make("0123456789abcdef0123456789abcdef", PWR_KEY_BYTES, root);
    }
    if (size == 0) {
        return 0;
    }
    apr_pool_create(&pool, root);
    const char *solution = apr_pstrmemdup(pool, (const char *)data + 1, size - 1);
    if (data[0] % 2 == 0) {
        solution = apr_pencode_base64_binary(pool, data + 1, (apr_ssize_t)size - 1, APR_ENCODE_NONE,
                                             NULL);
    }
    if (pwr_work_check(key, "form", PWR_LEVEL_SILENT, solution, pool)) {
        abort();
    }
    apr_pool_destroy(pool);
    return 0;
}
