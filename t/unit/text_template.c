/*
 * The promises of src/text/template.h. The tables hold the cases of the Mustache specification
 * (interpolation, sections, inverted, comments, delimiters, partials); where the specification has
 * objects, the view has names, since a view holds no objects but lists.
 */
#include "text_scratch.h"

#include <unicode/uclean.h>

#include "base/limits.h"
#include "text/template.h"

#define FROM(in, spoken) (&(const pwr_template_source_t){.folder = (in), .language = (spoken)})

typedef struct {
    const char *name;
    const char *source;
    const char *expected;
    const char *partial; /* the file "partial.html"; NULL for none */
} case_t;

static const pwr_language_t *language_of(scratch_t *scratch)
{
    pwr_translations_t *translations;

    scratch_write(
        scratch, "nb.txt",
        "plain = Fish & <chips>\nhello = Hei {name}, {n, plural, one {#} other {# ganger}}"
        "\nitem = [{i}]\n");
    assert_fine(
        pwr_translations_load(&translations, SOURCE(scratch->folder, "nb", NULL), scratch->pool));
    return pwr_translations_language(translations, "nb");
}

static pwr_view_t *sample(scratch_t *scratch)
{
    pwr_view_t *view = pwr_view_make(scratch->pool);

    pwr_view_text(view, "subject", "world");
    pwr_view_text(view, "forbidden", "& \" < > '");
    pwr_view_text(view, "string", "---");
    pwr_view_text(view, "lines", "<\n->");
    pwr_view_text(view, "empty", "");
    pwr_view_text(view, "person.name", "Joe");
    pwr_view_number(view, "mph", 85);
    pwr_view_number(view, "zero", 0);
    pwr_view_number(view, "least", APR_INT64_C(-9223372036854775807) - 1);
    pwr_view_time(view, "at", APR_INT64_C(1714552800000000));
    pwr_view_flag(view, "yes", true);
    pwr_view_flag(view, "no", false);
    pwr_view_text(view, "two", "second");
    for (int i = 1; i <= 3; i++) {
        pwr_view_t *item = pwr_view_add(view, "list");
        pwr_view_number(item, "item", i);
        for (int j = 0; j < i - 1; j++) {
            pwr_view_number(pwr_view_add(item, "inner"), "j", j);
        }
    }
    return view;
}

static const char *rendered(scratch_t *scratch, const char *source, pwr_template_kind_t kind,
                            const pwr_view_t *view)
{
    const pwr_language_t *language = language_of(scratch);
    pwr_template_t *template;
    const char *text;
    apr_size_t length;

    scratch_write(scratch, "case.html", source);
    assert_fine(pwr_template_load(&template, FROM(scratch->folder, language), "case.html", kind,
                                  scratch->pool));
    assert_fine(pwr_template_render(&text, &length, template, view, language, scratch->pool));
    assert_int_equal(strlen(text), length);
    return text;
}

static void check_cases(scratch_t *scratch, const case_t *cases, size_t count)
{
    const pwr_view_t *view = sample(scratch);

    for (size_t i = 0; i < count; i++) {
        if (cases[i].partial != NULL) {
            scratch_write(scratch, "partial.html", cases[i].partial);
        }
        const char *text = rendered(scratch, cases[i].source, PWR_TEMPLATE_HTML, view);
        if (strcmp(text, cases[i].expected) != 0) {
            fail_msg("%s: [%s]", cases[i].name, text);
        }
    }
}

#define CHECK(cases) check_cases(*state, cases, sizeof cases / sizeof cases[0])

static void interpolation_follows_the_specification(void **state)
{
    static const case_t cases[] = {
        {"none", "Hello from {Mustache}!\n", "Hello from {Mustache}!\n", NULL},
        {"basic", "Hello, {{subject}}!\n", "Hello, world!\n", NULL},
        {"escaping", "{{forbidden}}\n", "&amp; &quot; &lt; &gt; &#39;\n", NULL},
        {"triple", "{{{forbidden}}}\n", "& \" < > '\n", NULL},
        {"ampersand", "{{&forbidden}}\n", "& \" < > '\n", NULL},
        {"integer", "\"{{mph}}\" \"{{{mph}}}\" \"{{&mph}}\"", "\"85\" \"85\" \"85\"", NULL},
        {"smallest", "{{least}}", "-9223372036854775808", NULL},
        {"time", "{{at}}", "2024-05-01T08:40:00Z", NULL},
        {"flag", "{{yes}} {{no}}", "true false", NULL},
        {"list", "[{{list}}]", "[]", NULL},
        {"miss", "({{cannot}}) ({{{cannot}}}) ({{&cannot}})", "() () ()", NULL},
        {"dotted", "{{person.name}} {{{person.name}}} ({{a.b.c}})", "Joe Joe ()", NULL},
        {"surrounding", "| {{string}} |{{{string}}}| {{&string}} |", "| --- |---| --- |", NULL},
        {"standalone", "  {{string}}\n", "  ---\n", NULL},
        {"standalone triple", "  {{{string}}}\n", "  ---\n", NULL},
        {"padding", "|{{ string }}|{{{ string }}}|{{& string }}|", "|---|---|---|", NULL},
        {"dot", "{{#list}}{{.}}{{/list}}", "", NULL},
        {"nothing", "", "", NULL},
        {"open brace at the end", "a {", "a {", NULL},
    };
    CHECK(cases);
}

static void sections_follow_the_specification(void **state)
{
    static const case_t cases[] = {
        {"truthy", "\"{{#yes}}This should be rendered.{{/yes}}\"", "\"This should be rendered.\"",
         NULL},
        {"falsey", "\"{{#no}}Not rendered.{{/no}}\"", "\"\"", NULL},
        {"missing", "[{{#missing}}Found!{{/missing}}]", "[]", NULL},
        {"text", "[{{#string}}{{string}}{{/string}}{{#empty}}x{{/empty}}]", "[---]", NULL},
        {"numbers", "[{{#mph}}a{{/mph}}{{#zero}}b{{/zero}}{{#at}}c{{/at}}]", "[abc]", NULL},
        {"list", "\"{{#list}}{{item}}{{/list}}\"", "\"123\"", NULL},
        {"parent", "{{#list}}{{item}}{{subject}} {{/list}}", "1world 2world 3world ", NULL},
        {"after a list", "{{#list}}{{/list}}[{{item}}]", "[]", NULL},
        {"nested lists", "{{#list}}{{item}}({{#inner}}{{item}}{{j}},{{/inner}}){{/list}}",
         "1()2(20,)3(30,31,)", NULL},
        {"dotted", "[{{#person.name}}x{{/person.name}}{{#a.b}}y{{/a.b}}]", "[x]", NULL},
        {"doubled", "{{#yes}}\n* first\n{{/yes}}\n* {{two}}\n{{#yes}}\n* third\n{{/yes}}\n",
         "* first\n* second\n* third\n", NULL},
        {"nested truthy", "| A {{#yes}}B {{#yes}}C{{/yes}} D{{/yes}} E |", "| A B C D E |", NULL},
        {"nested falsey", "| A {{#no}}B {{#no}}C{{/no}} D{{/no}} E |", "| A  E |", NULL},
        {"surrounding", " | {{#yes}}\t|\t{{/yes}} | \n", " | \t|\t | \n", NULL},
        {"internal", " | {{#yes}} {{! Important Whitespace }}\n {{/yes}} | \n", " |  \n  | \n",
         NULL},
        {"indented inline", " {{#yes}}YES{{/yes}}\n {{#yes}}GOOD{{/yes}}\n", " YES\n GOOD\n", NULL},
        {"standalone", "| This Is\n{{#yes}}\n|\n{{/yes}}\n| A Line\n", "| This Is\n|\n| A Line\n",
         NULL},
        {"indented standalone", "| This Is\n  {{#yes}}\n|\n  {{/yes}}\n| A Line\n",
         "| This Is\n|\n| A Line\n", NULL},
        {"line endings", "|\r\n{{#yes}}\r\n{{/yes}}\r\n|", "|\r\n|", NULL},
        {"without previous line", "  {{#yes}}\n#{{/yes}}\n/", "#\n/", NULL},
        {"without newline", "#{{#yes}}\n/\n  {{/yes}}", "#\n/\n", NULL},
        {"padding", "|{{# yes }}={{/ yes }}|", "|=|", NULL},
        {"standalone list", "{{#list}}\n- {{item}}\n{{/list}}\n.", "- 1\n- 2\n- 3\n.", NULL},
    };
    CHECK(cases);
}

static void inverted_sections_follow_the_specification(void **state)
{
    static const case_t cases[] = {
        {"falsey", "\"{{^no}}This should be rendered.{{/no}}\"", "\"This should be rendered.\"",
         NULL},
        {"truthy", "\"{{^yes}}Not rendered.{{/yes}}\"", "\"\"", NULL},
        {"missing", "[{{^missing}}none{{/missing}}]", "[none]", NULL},
        {"empty text", "[{{^empty}}none{{/empty}}{{^zero}}x{{/zero}}]", "[none]", NULL},
        {"list", "\"{{^list}}{{n}}{{/list}}\"", "\"\"", NULL},
        {"list in a list", "{{#list}}{{^inner}}{{item}} alone{{/inner}}{{/list}}", "1 alone", NULL},
        {"doubled", "{{^no}}\n* first\n{{/no}}\n* {{two}}\n{{^no}}\n* third\n{{/no}}\n",
         "* first\n* second\n* third\n", NULL},
        {"nested falsey", "| A {{^no}}B {{^no}}C{{/no}} D{{/no}} E |", "| A B C D E |", NULL},
        {"nested truthy", "| A {{^yes}}B {{^yes}}C{{/yes}} D{{/yes}} E |", "| A  E |", NULL},
        {"surrounding", " | {{^no}}\t|\t{{/no}} | \n", " | \t|\t | \n", NULL},
        {"internal", " | {{^no}} {{! Important Whitespace }}\n {{/no}} | \n", " |  \n  | \n", NULL},
        {"indented inline", " {{^no}}NO{{/no}}\n {{^no}}WAY{{/no}}\n", " NO\n WAY\n", NULL},
        {"standalone", "| This Is\n{{^no}}\n|\n{{/no}}\n| A Line\n", "| This Is\n|\n| A Line\n",
         NULL},
        {"indented standalone", "| This Is\n  {{^no}}\n|\n  {{/no}}\n| A Line\n",
         "| This Is\n|\n| A Line\n", NULL},
        {"line endings", "|\r\n{{^no}}\r\n{{/no}}\r\n|", "|\r\n|", NULL},
        {"without previous line", "  {{^no}}\n^{{/no}}\n/", "^\n/", NULL},
        {"without newline", "^{{^no}}\n/\n  {{/no}}", "^\n/\n", NULL},
        {"padding", "|{{^ no }}={{/ no }}|", "|=|", NULL},
    };
    CHECK(cases);
}

static void comments_follow_the_specification(void **state)
{
    static const case_t cases[] = {
        {"inline", "12345{{! Comment Block! }}67890", "1234567890", NULL},
        {"multiline", "12345{{!\n  This is a\n  multi-line comment...\n}}67890\n", "1234567890\n",
         NULL},
        {"standalone", "Begin.\n{{! Comment Block! }}\nEnd.\n", "Begin.\nEnd.\n", NULL},
        {"indented standalone", "Begin.\n  {{! Indented Comment Block! }}\nEnd.\n",
         "Begin.\nEnd.\n", NULL},
        {"line endings", "|\r\n{{! Standalone Comment }}\r\n|", "|\r\n|", NULL},
        {"without previous line", "  {{! I'm Still Standalone }}\n!", "!", NULL},
        {"without newline", "!\n  {{! I'm Still Standalone }}", "!\n", NULL},
        {"multiline standalone", "Begin.\n{{!\nSomething's going on here...\n}}\nEnd.\n",
         "Begin.\nEnd.\n", NULL},
        {"indented multiline", "Begin.\n  {{!\n    Something's going on here...\n  }}\nEnd.\n",
         "Begin.\nEnd.\n", NULL},
        {"indented inline", "  12 {{! 34 }}\n", "  12 \n", NULL},
        {"surrounding", "12345 {{! Comment Block! }} 67890", "12345  67890", NULL},
        {"two on a line", "a\n{{!x}}{{!y}}\nb", "a\n\nb", NULL},
        {"empty", "a{{!}}b", "ab", NULL},
    };
    CHECK(cases);
}

static void delimiters_follow_the_specification(void **state)
{
    static const case_t cases[] = {
        {"pair", "{{=<% %>=}}(<%subject%>)", "(world)", NULL},
        {"special characters", "({{=[ ]=}}[subject])", "(world)", NULL},
        {"back again", "{{=[ ]=}}[subject][={{ }}=]{{subject}}", "worldworld", NULL},
        {"sections",
         "[\n{{#yes}}\n  {{two}}\n  |two|\n{{/yes}}\n\n{{= | | =}}\n|#yes|\n  {{two}}\n  |two|\n"
         "|/yes|\n]\n",
         "[\n  second\n  |two|\n\n  {{two}}\n  second\n]\n", NULL},
        {"inverted",
         "[\n{{^no}}\n  {{two}}\n  |two|\n{{/no}}\n\n{{= | | =}}\n|^no|\n  {{two}}\n  |two|\n"
         "|/no|\n]\n",
         "[\n  second\n  |two|\n\n  {{two}}\n  second\n]\n", NULL},
        {"not inherited", "[ {{>partial}} ]\n{{= | | =}}\n[ |>partial| ]\n",
         "[ .second. ]\n[ .second. ]\n", ".{{two}}."},
        {"not left behind", "[ {{>partial}} ]\n[ .{{two}}.  .|two|. ]\n",
         "[ .second.  .second. ]\n[ .second.  .|two|. ]\n", ".{{two}}. {{= | | =}} .|two|."},
        {"surrounding", "| {{=@ @=}} |", "|  |", NULL},
        {"outlying", " | {{=@ @=}}\n", " | \n", NULL},
        {"standalone", "Begin.\n{{=@ @=}}\nEnd.\n", "Begin.\nEnd.\n", NULL},
        {"indented standalone", "Begin.\n  {{=@ @=}}\nEnd.\n", "Begin.\nEnd.\n", NULL},
        {"line endings", "|\r\n{{= @ @ =}}\r\n|", "|\r\n|", NULL},
        {"without previous line", "  {{=@ @=}}\n=", "=", NULL},
        {"without newline", "=\n  {{=@ @=}}", "=\n", NULL},
        {"padding", "|{{= @   @ =}}|", "||", NULL},
    };
    CHECK(cases);
}

static void partials_follow_the_specification(void **state)
{
    static const case_t cases[] = {
        {"basic", "\"{{>partial}}\"", "\"from partial\"", "from partial"},
        {"context", "\"{{>partial}}\"", "\"*world*\"", "*{{subject}}*"},
        {"in a list", "{{#list}}{{>partial}}{{/list}}", "<1><2><3>", "<{{item}}>"},
        {"surrounding", "| {{>partial}} |", "| \t|\t |", "\t|\t"},
        {"inline indentation", "  {{string}}  {{> partial}}\n", "  ---  >\n>\n", ">\n>"},
        {"line endings", "|\r\n{{>partial}}\r\n|", "|\r\n>|", ">"},
        {"without previous line", "  {{>partial}}\n>", "  >\n  >>", ">\n>"},
        {"without newline", ">\n  {{>partial}}", ">\n  >\n  >", ">\n>"},
        {"indentation", "\\\n {{>partial}}\n/\n", "\\\n |\n <\n->\n |\n/\n", "|\n{{{lines}}}\n|\n"},
        {"standalone inside", "a\n  {{>partial}}\nb\n", "a\n  x\nb\n", "{{#yes}}\nx\n{{/yes}}\n"},
        {"padding", "|{{> partial }}|", "|[]|", "[]"},
        {"extension given", "|{{> partial.html }}|", "|[]|", "[]"},
        {"empty", "|{{> partial }}|", "||", ""},
    };
    CHECK(cases);
}

static void nested_partials_add_up_their_indentation(void **state)
{
    scratch_t *scratch = *state;

    scratch_write(scratch, "outer.html", "o\n  {{>inner}}\no\n");
    scratch_write(scratch, "inner.html", "{{subject}}\ni\n");
    assert_string_equal(rendered(scratch, " {{>outer}}\n.", PWR_TEMPLATE_TEXT, sample(scratch)),
                        " o\n   world\n   i\n o\n.");
    assert_string_equal(
        rendered(scratch, "{{>inner}}{{>inner}}", PWR_TEMPLATE_TEXT, sample(scratch)),
        "world\ni\nworld\ni\n");
}

static void messages_are_formatted_and_escaped_in_place(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = pwr_view_make(scratch->pool);

    pwr_view_text(view, "name", "<K\xc3\xa5re>");
    pwr_view_number(view, "n", 2);
    for (int i = 0; i < 2; i++) {
        pwr_view_number(pwr_view_add(view, "list"), "i", i);
    }
    assert_string_equal(rendered(scratch, "{{t.plain}} {{{t.plain}}}", PWR_TEMPLATE_HTML, view),
                        "Fish &amp; &lt;chips&gt; Fish & <chips>");
    assert_string_equal(rendered(scratch, "{{ t.hello }}", PWR_TEMPLATE_HTML, view),
                        "Hei &lt;K\xc3\xa5re&gt;, 2 ganger");
    assert_string_equal(rendered(scratch, "{{t.hello}}", PWR_TEMPLATE_TEXT, view),
                        "Hei <K\xc3\xa5re>, 2 ganger");
    assert_string_equal(rendered(scratch, "{{#list}}{{t.item}}{{/list}}", PWR_TEMPLATE_HTML, view),
                        "[0][1]");
}

static void values_are_never_templates(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = pwr_view_make(scratch->pool);

    pwr_view_text(view, "name", "{{secret}} {name} ${x}");
    pwr_view_text(view, "secret", "s");
    pwr_view_number(view, "n", 1);
    assert_string_equal(rendered(scratch, "{{name}}|{{t.hello}}", PWR_TEMPLATE_HTML, view),
                        "{{secret}} {name} ${x}|Hei {{secret}} {name} ${x}, 1");
}

static pwr_fault_t *load_fault(scratch_t *scratch, const char *source)
{
    const pwr_language_t *language = language_of(scratch);
    pwr_template_t *template;

    scratch_write(scratch, "case.html", source);
    return pwr_template_load(&template, FROM(scratch->folder, language), "case.html",
                             PWR_TEMPLATE_HTML, scratch->pool);
}

static void a_bad_template_is_broken_with_its_line(void **state)
{
    static const struct {
        const char *source;
        const char *tag;
        const char *words;
    } bad[] = {
        {"a\nb {{name", "PWR0340", "case.html:2: "},
        {"{{{name}}", "PWR0340", "case.html:1: "},
        {"{{=<% %>}}", "PWR0340", "case.html:1: "},
        {"{{", "PWR0340", "case.html:1: "},
        {"\n{{}}", "PWR0341", "case.html:2: "},
        {"{{#}}", "PWR0341", "case.html:1: "},
        {"{{a b}}", "PWR0341", "case.html:1: "},
        {"{{name }\n<p>{{other}}", "PWR0341", "case.html:1: "},
        {"{{=<%=}}", "PWR0342", "case.html:1: "},
        {"{{=a b c=}}", "PWR0342", "case.html:1: "},
        {"{{=a= b=}}", "PWR0342", "case.html:1: "},
        {"{{=aaaaaaaaaaaaaaaa b=}}", "PWR0342", "case.html:1: "},
        {"a{{/name}}", "PWR0343", "{{/name}}"},
        {"{{#a}}\n{{#b}}\n{{/a}}\n{{/b}}", "PWR0343", "case.html:3: "},
        {"{{#a}}\n{{#b}}\n{{/b}}", "PWR0344", "case.html:1: the section 'a'"},
        {"{{^a}}", "PWR0344", "'a'"},
        {"\n\n{{>none}}", "PWR0347", "case.html:3: there is no partial 'none.html'"},
        {"{{>../x}}", "PWR0347", "case.html:1: "},
        {"{{>/etc/passwd}}", "PWR0347", "case.html:1: "},
        {"{{>.hidden}}", "PWR0347", "case.html:1: "},
        {"x\n{{>case}}", "PWR0346", "case.html:2: the partial 'case' leads back to itself"},
        {"{{t.no.such}}", "PWR0348", "case.html:1: there is no message 'no.such' in nb.txt"},
        {"{{t.}}", "PWR0348", "case.html:1: "},
        {"a\n\xff", "PWR0302", "case.html:2: "},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        pwr_fault_t *fault = load_fault(*state, bad[i].source);
        if (fault == NULL) {
            fail_msg("accepted: %s", bad[i].source);
        }
        assert_broken(fault, bad[i].tag, bad[i].words);
    }
}

static void faults_within_partials_name_the_partials_line(void **state)
{
    scratch_t *scratch = *state;

    scratch_write(scratch, "one.html", "1\n  {{>two}}\n");
    scratch_write(scratch, "two.html", "{{>three}}");
    scratch_write(scratch, "three.html", "\n\n{{>one}}");
    assert_broken(load_fault(scratch, "{{>one}}"), "PWR0346", "three.html:3: ");
    scratch_write(scratch, "two.html", "\n{{#a}}");
    assert_broken(load_fault(scratch, "{{>one}}{{/a}}"), "PWR0344", "two.html:2: ");
    scratch_write(scratch, "two.html", "\n\n\n{{/a}}");
    assert_broken(load_fault(scratch, "{{#a}}{{>one}}"), "PWR0343", "two.html:4: ");
}

static void sizes_have_ceilings(void **state)
{
    scratch_t *scratch = *state;
    const pwr_language_t *language = language_of(scratch);
    char *text = apr_pcalloc(scratch->pool, PWR_MAX_PAGE + 2);
    char *deep = apr_pcalloc(scratch->pool, 1024);
    pwr_view_t *view = pwr_view_make(scratch->pool);
    pwr_template_t *template;
    const char *page;
    apr_size_t length;

    memset(text, 'a', PWR_MAX_PAGE + 1);
    assert_broken(load_fault(scratch, text), "PWR0301", "case.html");
    for (int i = 0; i <= PWR_MAX_NESTING; i++) {
        memcpy(deep + 6 * i, "{{#a}}", 6);
    }
    assert_broken(load_fault(scratch, deep), "PWR0345", "case.html:1: ");

    pwr_view_text(view, "text", text);
    scratch_write(scratch, "case.html", "{{text}}");
    assert_fine(pwr_template_load(&template, FROM(scratch->folder, language), "case.html",
                                  PWR_TEMPLATE_HTML, scratch->pool));
    assert_broken(pwr_template_render(&page, &length, template, view, language, scratch->pool),
                  "PWR0350", "case.html");
    text[PWR_MAX_PAGE] = '\0';
    assert_fine(pwr_template_render(&page, &length, template, view, language, scratch->pool));
    assert_int_equal(length, PWR_MAX_PAGE);
    assert_fine(pwr_template_render(&page, NULL, template, view, language, scratch->pool));
    assert_string_equal(page, text);
}

static void partials_that_multiply_are_refused(void **state)
{
    scratch_t *scratch = *state;

    for (int i = 0; i < 20; i++) {
        scratch_write(
            scratch, apr_psprintf(scratch->pool, "p%d.html", i),
            apr_psprintf(scratch->pool, "{{>p%d}}{{>p%d}}xxxxxxxxxxxxxxxx", i + 1, i + 1));
    }
    scratch_write(scratch, "p20.html", "end");
    assert_broken(load_fault(scratch, "{{>p0}}"), "PWR0349", "too large");
}

static void a_missing_or_strange_file_is_broken(void **state)
{
    scratch_t *scratch = *state;
    const pwr_language_t *language = language_of(scratch);
    pwr_template_t *template;

    assert_broken(pwr_template_load(&template, FROM(scratch->folder, language), "none.html",
                                    PWR_TEMPLATE_HTML, scratch->pool),
                  "PWR0300", "none.html");
    assert_broken(pwr_template_load(&template, FROM(scratch->folder, language), ".",
                                    PWR_TEMPLATE_HTML, scratch->pool),
                  "PWR0301", "no plain file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(interpolation_follows_the_specification),
        TEST(sections_follow_the_specification),
        TEST(inverted_sections_follow_the_specification),
        TEST(comments_follow_the_specification),
        TEST(delimiters_follow_the_specification),
        TEST(partials_follow_the_specification),
        TEST(nested_partials_add_up_their_indentation),
        TEST(messages_are_formatted_and_escaped_in_place),
        TEST(values_are_never_templates),
        TEST(a_bad_template_is_broken_with_its_line),
        TEST(faults_within_partials_name_the_partials_line),
        TEST(sizes_have_ceilings),
        TEST(partials_that_multiply_are_refused),
        TEST(a_missing_or_strange_file_is_broken),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    u_cleanup(); /* of ICU's caches, for valgrind */
    return failed;
}
