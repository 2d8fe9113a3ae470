/* The promises of src/text/escape.h. */
#include "text_scratch.h"

#include "text/escape.h"

static void assert_escaped(const char *text, const char *expected)
{
    char out[256];
    char *end = pwr_escape_html_into(out, text);

    assert_int_equal(end - out, pwr_escape_html_length(text));
    *end = '\0';
    assert_string_equal(out, expected);
}

static void html_special_characters_become_references(void **state)
{
    (void)state;
    assert_escaped("", "");
    assert_escaped("clean", "clean");
    assert_escaped("&<>\"'", "&amp;&lt;&gt;&quot;&#39;");
    assert_escaped("a&b", "a&amp;b");
    assert_escaped("&amp;", "&amp;amp;");
    assert_escaped("\" onload='x'><script>", "&quot; onload=&#39;x&#39;&gt;&lt;script&gt;");
}

static void other_bytes_stay_as_they_are(void **state)
{
    (void)state;
    assert_escaped("r\xc3\xb8r\t\n`=/", "r\xc3\xb8r\t\n`=/");
    assert_escaped("\xff<\xfe", "\xff&lt;\xfe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_special_characters_become_references),
        cmocka_unit_test(other_bytes_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
