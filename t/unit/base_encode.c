/*
 * Decoders take one spelling of a value and no other: two spellings of one token must not both be
 * accepted, and a digest of the text must be a digest of the value.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/encode.h"

static bool decodes(const char *text)
{
    unsigned char out[64];
    size_t length = 0;
    return pwr_decode_base64url(out, &length, sizeof out, text, strlen(text));
}

/* RFC 4648, 10, without padding; and bytes that need the two characters of the URL alphabet. */
static void base64url_writes_the_published_examples(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *text;
    } examples[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"},
    };

    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        char text[16];
        pwr_encode_base64url(text, examples[i].bytes, strlen(examples[i].bytes));
        assert_string_equal(text, examples[i].text);
    }
}

static void what_was_encoded_decodes_to_the_same_bytes(void **state)
{
    (void)state;
    unsigned char bytes[100];
    unsigned char back[100];
    char text[PWR_BASE64URL_CHARS(sizeof bytes) + 1];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i * 73 + 200);
    }
    for (size_t length = 0; length <= sizeof bytes; length++) {
        size_t got = 999;
        pwr_encode_base64url(text, bytes, length);
        assert_int_equal(strlen(text), PWR_BASE64URL_CHARS(length));
        assert_true(pwr_decode_base64url(back, &got, sizeof back, text, strlen(text)));
        assert_int_equal(got, length);
        assert_memory_equal(back, bytes, length);
    }
}

/* "Zg" is "f". The four low bits of its last character carry nothing, and must be zero. */
static void stray_bits_in_the_last_character_are_refused(void **state)
{
    (void)state;
    assert_true(decodes("Zg"));
    assert_false(decodes("Zh"));
    assert_false(decodes("Zv"));
    assert_true(decodes("Zm8"));
    assert_false(decodes("Zm9"));
}

static void other_spellings_are_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "Zg==",
        "Zm8=",
        "=",
        "Zg=",
        "+/+/",
        "-_+_",
        "Zm9v\n",
        " Zm9v",
        "Zm9v ",
        "Zm 9",
        "Z",
        "Zm9vY",
        "Zm9v.",
        "Zm9v%3D",
        "Zm\x80"
        "9",
        "\xce\x96"
        "m9v",
    };

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(decodes(refused[i]));
    }
}

static void a_nul_inside_is_refused(void **state)
{
    (void)state;
    unsigned char out[8];
    size_t length = 0;
    assert_false(pwr_decode_base64url(out, &length, sizeof out, "Zm\0v", 4));
}

static void a_value_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    unsigned char out[3] = "ab";
    size_t length = 0;

    assert_false(pwr_decode_base64url(out, &length, 2, "Zm9v", 4));
    assert_true(pwr_decode_base64url(out, &length, 3, "Zm9v", 4));
}

static void a_text_of_any_length_is_answered(void **state)
{
    (void)state;
    static const size_t lengths[] = {5000, 1000000};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char *text = malloc(lengths[i]);
        unsigned char *out = malloc(lengths[i]);
        size_t length = 0;

        assert_non_null(text);
        assert_non_null(out);
        memset(text, 'A', lengths[i]);
        assert_false(pwr_decode_base64url(out, &length, lengths[i], text, lengths[i]));
        free(out);
        free(text);
    }
}

/* The token in a path is followed by more path, and the last field of a body by nothing at all. */
static void only_the_given_characters_are_read(void **state)
{
    (void)state;
    char *bare = malloc(4);
    unsigned char out[8];
    size_t length = 0;

    assert_non_null(bare);
    memcpy(bare, "Zm9v", 4);
    assert_true(pwr_decode_base64url(out, &length, sizeof out, bare, 4));
    assert_int_equal(length, 3);
    assert_memory_equal(out, "foo", 3);
    free(bare);

    assert_true(pwr_decode_base64url(out, &length, sizeof out, "Zm9v/more?", 4));
    assert_int_equal(length, 3);
}

static void hexadecimal_is_lower_case_and_two_per_byte(void **state)
{
    (void)state;
    char text[9];
    pwr_encode_hex(text, "\x00\x7f\xa5\xff", 4);
    assert_string_equal(text, "007fa5ff");
    pwr_encode_hex(text, "", 0);
    assert_string_equal(text, "");
}

static void base64_may_be_padded_or_not_and_is_otherwise_canonical(void **state)
{
    (void)state;
    static const char *const good[] = {"", "Zg", "Zg==", "Zm8", "Zm8=", "Zm9v", "++//"};
    static const char *const bad[] = {
        "Zg=", "Zg===", "=",        "==",       "====", "Zh==",   "Zm9=",
        "Z",   "Zm9v=", "Zm9v====", "Zg==Zg==", "--__", "Zm9v\n", " Zm9v",
    };
    unsigned char out[8];
    size_t length = 0;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(pwr_decode_base64(out, &length, sizeof out, good[i], strlen(good[i])));
    }
    assert_int_equal(length, 3);
    assert_memory_equal(out, "\xfb\xef\xff", 3);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(pwr_decode_base64(out, &length, sizeof out, bad[i], strlen(bad[i])));
    }
}

static void hexadecimal_decodes_in_lower_case_and_full_length_only(void **state)
{
    (void)state;
    static const char *const bad[]
        = {"",          "00",       "0",        "007fa5",   "007fa5f",
           "007fa5fff", "007fa5fF", "007fa5 f", "0x7fa5ff", "007fa5ff00"};
    unsigned char out[4];

    assert_true(pwr_decode_hex(out, 4, "007fa5ff"));
    assert_memory_equal(out, "\x00\x7f\xa5\xff", 4);
    assert_true(pwr_decode_hex(out, 0, ""));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(pwr_decode_hex(out, 4, bad[i]));
    }
}

static void a_spoken_code_has_no_letter_that_is_misheard(void **state)
{
    (void)state;
    unsigned char bytes[256];
    char text[257];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)i;
    }
    pwr_encode_spoken(text, sizeof bytes, bytes);
    assert_int_equal(strlen(text), 256);
    assert_memory_equal(text, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 32);
    assert_int_equal(strcspn(text, "ILOUabcdefghijklmnopqrstuvwxyz"), 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64url_writes_the_published_examples),
        cmocka_unit_test(what_was_encoded_decodes_to_the_same_bytes),
        cmocka_unit_test(stray_bits_in_the_last_character_are_refused),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(a_nul_inside_is_refused),
        cmocka_unit_test(a_value_that_does_not_fit_is_refused),
        cmocka_unit_test(a_text_of_any_length_is_answered),
        cmocka_unit_test(only_the_given_characters_are_read),
        cmocka_unit_test(hexadecimal_is_lower_case_and_two_per_byte),
        cmocka_unit_test(base64_may_be_padded_or_not_and_is_otherwise_canonical),
        cmocka_unit_test(hexadecimal_decodes_in_lower_case_and_full_length_only),
        cmocka_unit_test(a_spoken_code_has_no_letter_that_is_misheard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
