/*
 * What the fuzz targets share. A target is one file, named by the source file that it feeds with
 * arbitrary bytes, and says what holds whatever they are. libFuzzer calls it from one thread.
 */
#ifndef PWR_FUZZ_FUZZ_H
#define PWR_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* A finding: says which promise was broken, and where. */
#define MUST(promise)                                                                              \
    do {                                                                                           \
        if (!(promise)) {                                                                          \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #promise);           \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* What is left of the input. */
typedef struct {
    const uint8_t *bytes;
    size_t length;
    apr_pool_t *pool;
} input_t;

/* Lives as long as the program. */
static inline apr_pool_t *program_pool(void)
{
    static apr_pool_t *pool;

    if (pool == NULL) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
    }
    return pool;
}

/* The input with a pool of its own. The target destroys the pool at its end. */
static inline input_t open_input(const uint8_t *bytes, size_t length)
{
    input_t input = {.bytes = bytes, .length = length};

    apr_pool_create(&input.pool, program_pool());
    return input;
}

/* The next byte; 0 when there is none. */
static inline unsigned next_byte(input_t *input)
{
    if (input->length == 0) {
        return 0;
    }
    input->length--;
    return *input->bytes++;
}

/* The bytes up to the next 0x1e, which no field holds, or to the end. Closed by a NUL. */
static inline char *next_bytes(size_t *length, input_t *input)
{
    const uint8_t *end = input->length > 0 ? memchr(input->bytes, 0x1e, input->length) : NULL;
    size_t size = end != NULL ? (size_t)(end - input->bytes) : input->length;
    char *field = apr_pstrmemdup(input->pool, size > 0 ? (const char *)input->bytes : "", size);
    size_t used = size + (end != NULL ? 1 : 0);

    input->bytes += used;
    input->length -= used;
    *length = size;
    return field;
}

/* The same as a string: a NUL in it ends it. */
static inline char *next_text(input_t *input)
{
    size_t length = 0;
    return next_bytes(&length, input);
}

/* All that is left, as a string of its own block on the heap: reading one byte too many is seen.
 * The target frees it. */
static inline char *rest_on_heap(input_t *input)
{
    char *text = malloc(input->length + 1);

    MUST(text != NULL);
    memcpy(text, input->length > 0 ? (const char *)input->bytes : "", input->length);
    text[input->length] = '\0';
    return text;
}

#endif
