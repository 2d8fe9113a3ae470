/* A line that is not understood refuses the whole file: half of the keys would end half of the
 * links, and nobody would know why. */
#include "base/keys.h"

#include <string.h>

#include <apr_strings.h>

#define MOST_WORDS 4

static bool read_key(unsigned char key[PWR_KEY_BYTES], const char *text)
{
    size_t length = 0;
    return pwr_decode_base64url(key, &length, PWR_KEY_BYTES, text, strlen(text))
           && length == PWR_KEY_BYTES;
}

/* A key that opens. The place of the one that seals is kept free for it. */
static bool add_open_key(pwr_keys_t *keys, char *const words[MOST_WORDS], int count)
{
    char *end = NULL;

    if (keys->count == PWR_MAX_KEYS || !read_key(keys->keys[keys->count].bytes, words[1])) {
        return false;
    }
    if (count == 4) {
        apr_int64_t seconds = apr_strtoi64(words[3], &end, 10);
        if (strcmp(words[2], "until") != 0 || seconds <= 0 || *end != '\0') {
            return false;
        }
        keys->keys[keys->count].until = apr_time_from_sec(seconds);
    }
    keys->count++;
    return count == 2 || count == 4;
}

typedef struct {
    bool has_seal, has_count;
} seen_lines_t;

static bool read_line(pwr_keys_t *keys, seen_lines_t *seen, char *line)
{
    char *words[MOST_WORDS + 1] = {NULL};
    char *state = NULL;
    int count = 0;

    for (char *word = apr_strtok(line, " \t\r", &state); word != NULL && count <= MOST_WORDS;
         word = apr_strtok(NULL, " \t\r", &state)) {
        words[count++] = word;
    }
    if (count == 0 || words[0][0] == '#') {
        return true;
    }
    if ((count == 2 || count == 4) && strcmp(words[0], "open") == 0) {
        return add_open_key(keys, words, count);
    }
    if (count == 2 && strcmp(words[0], "seal") == 0 && !seen->has_seal) {
        seen->has_seal = true;
        return read_key(keys->keys[0].bytes, words[1]);
    }
    if (count == 2 && strcmp(words[0], "count") == 0 && !seen->has_count) {
        seen->has_count = true;
        return read_key(keys->counting, words[1]);
    }
    if (count == 2 && strcmp(words[0], "replaces") == 0) {
        apr_cpystrn(keys->replaces, words[1], sizeof keys->replaces);
        return strlen(words[1]) == PWR_FINGERPRINT_CHARS;
    }
    return false;
}

const char *pwr_keys_parse(pwr_keys_t *keys, const char *bytes, size_t length, apr_pool_t *pool)
{
    char *text = apr_pstrmemdup(pool, bytes, length);
    char *state = NULL;
    seen_lines_t seen = {0};
    const char *wrong = NULL;

    memset(keys, 0, sizeof *keys); /* they are compared as bytes */
    keys->count = 1;
    if (length == PWR_KEY_BYTES) {
        memcpy(keys->keys[0].bytes, bytes, length);
        memcpy(keys->counting, bytes, length);
    } else {
        for (char *line = apr_strtok(text, "\n", &state); line != NULL && wrong == NULL;
             line = apr_strtok(NULL, "\n", &state)) {
            wrong = read_line(keys, &seen, line) ? NULL : "a line of it is no key";
        }
        wrong = wrong == NULL && !seen.has_seal ? "it has no key that seals" : wrong;
        if (!seen.has_count) {
            memcpy(keys->counting, keys->keys[0].bytes, PWR_KEY_BYTES);
        }
    }
    pwr_crypto_wipe(text, length);
    return wrong;
}

pwr_secret_t *pwr_keys_secrets(const pwr_keys_t *keys, const char *purpose, const char *text,
                               apr_pool_t *pool)
{
    pwr_secret_t *first = NULL;
    apr_time_t until = 0;

    for (int i = keys->count - 1; i >= 0; i--) {
        pwr_secret_t *key = pwr_secret_make(keys->keys[i].bytes, PWR_KEY_BYTES, pool);
        if (purpose != NULL) {
            key = pwr_crypto_derive(key, purpose, text, pool);
        }
        pwr_secret_set_next(key, first, until);
        first = key;
        until = keys->keys[i].until;
    }
    return first;
}

pwr_secret_t *pwr_keys_counting(const pwr_keys_t *keys, apr_pool_t *pool)
{
    return pwr_secret_make(keys->counting, PWR_KEY_BYTES, pool);
}
