/*
 * Seals. Arbitrary text opens under no purpose. A text that was sealed here comes out unchanged for
 * its purpose alone, and never after one of its characters was changed.
 */
#include "fuzz.h"

#include "abuse/seal.h"

#define MOST_SEALED 2900 /* longer ones need not open, see base/crypto.h */

static const char *const purposes[]
    = {PWR_SEAL_FORM, PWR_SEAL_SENT, PWR_SEAL_HELD, PWR_SEAL_SOLVED, PWR_SEAL_CAPTCHA};
#define PURPOSES (sizeof purposes / sizeof *purposes)

static void check_own(const pwr_secret_t *key, unsigned choice, const char *text, apr_pool_t *pool)
{
    static const char letters[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *purpose = purposes[choice % PURPOSES];
    const char *other = purposes[(choice + 1) % PURPOSES];
    char *sealed = apr_pstrdup(pool, pwr_seal_make(key, purpose, text, pool));
    pwr_seal_t seal;

    MUST(pwr_seal_open(&seal, key, purpose, sealed, pool) && strcmp(seal.text, text) == 0);
    MUST(!pwr_seal_open(&seal, key, other, sealed, pool));
    char *changed = sealed + choice % strlen(sealed);
    *changed = letters[(size_t)(strchr(letters, *changed) - letters + 1) % 64];
    MUST(!pwr_seal_open(&seal, key, purpose, sealed, pool));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static pwr_secret_t *key;
    input_t input = open_input(bytes, length);
    unsigned choice = next_byte(&input) * 256;
    choice += next_byte(&input);
    char *text = rest_on_heap(&input);
    pwr_seal_t seal;

    if (key == NULL) {
        MUST(pwr_crypto_start(program_pool()) == NULL);
        key = pwr_secret_make("0123456789abcdef0123456789abcdef", PWR_KEY_BYTES, program_pool());
    }
    for (size_t i = 0; i < PURPOSES; i++) {
        MUST(!pwr_seal_open(&seal, key, purposes[i], text, input.pool));
    }
    if (strlen(text) <= MOST_SEALED) {
        check_own(key, choice, text, input.pool);
    }
    free(text);
    apr_pool_destroy(input.pool);
    return 0;
}
