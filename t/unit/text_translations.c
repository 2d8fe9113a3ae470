/* The promises of src/text/translations.h. */
#include "text_scratch.h"

#include <unicode/uclean.h>

#include "base/limits.h"
#include "base/log.h"
#include "text/translations.h"

#define EXPIRES APR_INT64_C(1714552800000000) /* 2024-05-01 08:40:00 UTC */

static pwr_translations_t *load(scratch_t *scratch)
{
    pwr_translations_t *all;

    assert_fine(
        pwr_translations_load(&all, SOURCE(scratch->folder, "nb", "Europe/Oslo"), scratch->pool));
    return all;
}

/* The message of one pattern, in the language of `tag`. */
static const char *formatted_in(scratch_t *scratch, const char *tag, const char *pattern,
                                const pwr_view_t *view)
{
    scratch_write(scratch, "nb.txt", "key = x\n");
    scratch_write(scratch, apr_pstrcat(scratch->pool, tag, ".txt", NULL),
                  apr_pstrcat(scratch->pool, "key = ", pattern, "\n", NULL));
    return pwr_translations_format(pwr_translations_language(load(scratch), tag), "key", view,
                                   scratch->pool);
}

static const char *formatted(scratch_t *scratch, const char *pattern, const pwr_view_t *view)
{
    return formatted_in(scratch, "nb", pattern, view);
}

static pwr_view_t *sample(scratch_t *scratch)
{
    pwr_view_t *view = pwr_view_make(scratch->pool);

    pwr_view_text(view, "name", "K\xc3\xa5re");
    pwr_view_text(view, "kind", "mail");
    pwr_view_number(view, "one", 1);
    pwr_view_number(view, "many", 1234);
    pwr_view_time(view, "at", EXPIRES);
    pwr_view_flag(view, "yes", true);
    pwr_view_text(view, "evil", "{name} '{' # <b>");
    return view;
}

static pwr_fault_t *load_fault(scratch_t *scratch, const char *text)
{
    pwr_translations_t *all;

    scratch_write(scratch, "nb.txt", text);
    return pwr_translations_load(&all, SOURCE(scratch->folder, "nb", NULL), scratch->pool);
}

static void a_file_is_read_line_by_line(void **state)
{
    scratch_t *scratch = *state;

    scratch_write(scratch, "nb.txt",
                  "\xef\xbb\xbf# comment\r\n"
                  "a.one = first\r\n"
                  "\r\n"
                  "b_2=  second \r\n"
                  "   goes on\r\n"
                  "# between\n"
                  "\tand on  \r\n"
                  "c =\r\n"
                  "  starts late = here\n"
                  "d = a = b # no comment\n"
                  "e =\n"
                  "f = last");
    const pwr_language_t *nb = pwr_translations_language(load(scratch), "nb");
    assert_string_equal(pwr_translations_format(nb, "a.one", NULL, scratch->pool), "first");
    assert_string_equal(pwr_translations_format(nb, "b_2", NULL, scratch->pool),
                        "second goes on and on");
    assert_string_equal(pwr_translations_format(nb, "c", NULL, scratch->pool),
                        "starts late = here");
    assert_string_equal(pwr_translations_format(nb, "d", NULL, scratch->pool),
                        "a = b # no comment");
    assert_false(pwr_translations_has(nb, "e")); /* not translated yet */
    assert_string_equal(pwr_translations_format(nb, "f", NULL, scratch->pool), "last");
    assert_true(pwr_translations_has(nb, "f"));
    assert_false(pwr_translations_has(nb, "g"));
}

static void a_bad_file_is_broken_with_its_line(void **state)
{
    scratch_t *scratch = *state;

    assert_broken(load_fault(scratch, "a = x\nno pair\n"), "PWR0310", "nb.txt:2:");
    assert_broken(load_fault(scratch, "a = x\n= y\n"), "PWR0310", "nb.txt:2:");
    assert_broken(load_fault(scratch, "A = x\n"), "PWR0310", "nb.txt:1:");
    assert_broken(load_fault(scratch, "a b = x\n"), "PWR0310", "nb.txt:1:");
    assert_broken(load_fault(scratch, "a = x\n\na = y\nb = z\n"), "PWR0311", "nb.txt:3:");
    assert_broken(load_fault(scratch, "a = x\na = y\n"), "PWR0311", "nb.txt:2:");
    assert_broken(load_fault(scratch, "\n  goes on\n"), "PWR0313", "nb.txt:2:");
    assert_broken(load_fault(scratch, "a = x\nb = \xff\n"), "PWR0302", "nb.txt:2:");
}

static void a_pattern_that_icu_refuses_is_broken(void **state)
{
    static const char *const patterns[] = {
        "{",
        "{}",
        "{a",
        "{a,}",
        "{a b}",
        "{a, foo}",
        "{a, choice, 0#x}",
        "{a, plural, one {x}}",
        "{a, plural, one {x} other {y}",
        "{a, select, x {y}}",
        "{a, number, ::bogus-stem}",
        "{a, time, ::}{",
        "{a, date, nnnn}",
        "{a, plural, other {{b}}",
        "{a, plural, other {'{b}'}",
    };

    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        scratch_t *scratch = *state;
        pwr_fault_t *fault
            = load_fault(scratch, apr_pstrcat(scratch->pool, "ok = x\na =\n ", patterns[i], NULL));
        if (fault == NULL) {
            fail_msg("accepted: %s", patterns[i]);
        }
        assert_broken(fault, "PWR0312", "nb.txt:2: the pattern of 'a'");
    }
}

static void too_much_is_refused_when_loaded(void **state)
{
    scratch_t *scratch = *state;
    char *text = apr_pcalloc(scratch->pool, PWR_MAX_CATALOGUE + 2);

    memset(text, 'a', PWR_MAX_CATALOGUE + 1);
    assert_broken(load_fault(scratch, text), "PWR0301", "nb.txt");
    memcpy(text, "a = ", 4);
    text[5000] = '\0';
    assert_broken(load_fault(scratch, text), "PWR0312", "is too long");
    char *deep = apr_pstrdup(scratch->pool, "x");
    for (int i = 0; i < PWR_MAX_NESTING + 1; i++) {
        deep = apr_pstrcat(scratch->pool, "{a,select,other{", deep, "}}", NULL);
    }
    assert_broken(load_fault(scratch, apr_pstrcat(scratch->pool, "a = ", deep, NULL)), "PWR0312",
                  "nested too deep");
    assert_broken(load_fault(scratch, "a = {a,select,other{{b}{c}{d}{e}{f}{g}{h}{i}}}"), "PWR0312",
                  "too many different arguments");
    assert_broken(load_fault(scratch, "a = {a,select,other{{b,number}{c,number}{d,number}"
                                      "{e,number}{f,number}}}"),
                  "PWR0312", "too many different numbers");
}

static void a_folder_must_hold_the_fallback_and_nothing_odd(void **state)
{
    scratch_t *scratch = *state;
    pwr_translations_t *all;

    assert_broken(pwr_translations_load(&all, SOURCE("/nowhere/at/all", "nb", NULL), scratch->pool),
                  "PWR0320", "/nowhere/at/all");
    scratch_write(scratch, "en.txt", "a = x\n");
    assert_broken(pwr_translations_load(&all, SOURCE(scratch->folder, "nb", NULL), scratch->pool),
                  "PWR0322", "nb.txt");
    assert_broken(
        pwr_translations_load(&all, SOURCE(scratch->folder, "en", "Europe/Olso"), scratch->pool),
        "PWR0323", "Europe/Olso");
    scratch_write(scratch, "nb_old!.txt", "a = x\n");
    assert_broken(pwr_translations_load(&all, SOURCE(scratch->folder, "en", NULL), scratch->pool),
                  "PWR0321", "nb_old!");
}

static void languages_are_in_order_and_know_their_names(void **state)
{
    scratch_t *scratch = *state;

    scratch_write(scratch, "nb.txt", "a = x\n");
    scratch_write(scratch, "en.txt", "a = x\n");
    scratch_write(scratch, "ar.txt", "a = x\n");
    scratch_write(scratch, "nb.txt~", "no message file");
    scratch_write(scratch, ".en.txt", "no message file");
    const pwr_translations_t *all = load(scratch);
    assert_int_equal(pwr_translations_count(all), 3);
    assert_string_equal(pwr_language_tag(pwr_translations_at(all, 0)), "ar");
    assert_string_equal(pwr_language_tag(pwr_translations_at(all, 1)), "en");
    assert_string_equal(pwr_language_tag(pwr_translations_at(all, 2)), "nb");
    assert_string_equal(pwr_language_direction(pwr_translations_at(all, 0)), "rtl");
    assert_string_equal(pwr_language_direction(pwr_translations_at(all, 2)), "ltr");
    assert_ptr_equal(pwr_translations_language(all, "EN"), pwr_translations_at(all, 1));
    assert_ptr_equal(pwr_translations_language(all, "xx"), pwr_translations_at(all, 2));
    assert_ptr_equal(pwr_translations_language(all, NULL), pwr_translations_at(all, 2));
}

static int log_lines;
static char last_line[512];

static void keep_line(pwr_log_level_t level, const char *tag, const char *line,
                      const pwr_log_context_t *context)
{
    (void)context;
    assert_int_equal(level, PWR_LOG_WARNING);
    assert_string_equal(tag, "PWR0324");
    apr_cpystrn(last_line, line, sizeof last_line);
    log_lines++;
}

static pwr_translations_t *load_logged(scratch_t *scratch, const char *offered)
{
    const pwr_translations_source_t source
        = {.folder = scratch->folder, .fallback = "nb", .offered = offered};
    pwr_translations_t *all;

    log_lines = 0;
    pwr_log_set(keep_line);
    assert_fine(pwr_translations_load(&all, &source, scratch->pool));
    pwr_log_set(NULL);
    return all;
}

static void a_language_that_is_not_complete_falls_back_by_key_and_one_line_says_so(void **state)
{
    scratch_t *scratch = *state;

    scratch_write(scratch, "nb.txt", "a = x\nb.c = norsk {many}\nb.d = to\n");
    scratch_write(scratch, "en.txt", "a = y\nb.d =\n");
    const pwr_language_t *en = pwr_translations_language(load_logged(scratch, NULL), "en");
    assert_int_equal(log_lines, 1);
    assert_non_null(strstr(last_line, "en.txt lacks 2 of 3 messages"));
    assert_non_null(strstr(last_line, "'b.c'"));
    assert_non_null(strstr(last_line, "from nb.txt"));
    assert_string_equal(pwr_translations_format(en, "a", NULL, scratch->pool), "y");
    assert_string_equal(pwr_translations_format(en, "b.d", NULL, scratch->pool), "to");
    assert_string_equal(pwr_translations_format(en, "b.c", sample(scratch), scratch->pool),
                        "norsk 1\xc2\xa0"
                        "234");
}

static void what_even_the_sites_own_language_lacks_comes_from_english(void **state)
{
    scratch_t *scratch = *state;

    scratch_write(scratch, "nb.txt", "a = norsk\n");
    scratch_write(scratch, "en.txt", "a = x\nb = english\n");
    scratch_write(scratch, "fi.txt", "b = suomi\n");
    const pwr_translations_t *all = load_logged(scratch, "nb fi");
    assert_int_equal(log_lines, 2);
    assert_int_equal(pwr_translations_count(all), 2); /* English is not offered */
    const pwr_language_t *nb = pwr_translations_language(all, "nb");
    const pwr_language_t *fi = pwr_translations_language(all, "fi");
    assert_string_equal(pwr_translations_format(nb, "b", NULL, scratch->pool), "english");
    assert_string_equal(pwr_translations_format(fi, "a", NULL, scratch->pool), "norsk");
    assert_string_equal(pwr_translations_format(fi, "b", NULL, scratch->pool), "suomi");
    assert_ptr_equal(pwr_translations_language(all, "en"), nb);
}

static void languages_are_offered_in_the_order_they_were_asked_for(void **state)
{
    scratch_t *scratch = *state;
    pwr_translations_source_t source = {.folder = scratch->folder, .fallback = "nb"};
    pwr_translations_t *all;

    scratch_write(scratch, "nb.txt", "a = x\n");
    scratch_write(scratch, "en.txt", "a = x\n");
    scratch_write(scratch, "fi.txt", "a = \xff\n"); /* not read when not offered */
    all = load_logged(scratch, "nb en nb");
    assert_int_equal(pwr_translations_count(all), 2);
    assert_string_equal(pwr_language_tag(pwr_translations_at(all, 0)), "nb");
    assert_string_equal(pwr_language_tag(pwr_translations_at(all, 1)), "en");
    source.offered = "en";
    assert_broken(pwr_translations_load(&all, &source, scratch->pool), "PWR0328", "nb");
    source.offered = "nb sv";
    assert_broken(pwr_translations_load(&all, &source, scratch->pool), "PWR0327", "sv.txt");
}

static void a_language_has_a_name_of_its_own(void **state)
{
    scratch_t *scratch = *state;

    scratch_write(scratch, "nb.txt", "language.name = Norsk bokm\xc3\xa5l\n");
    scratch_write(scratch, "fi.txt", "a = x\n");
    const pwr_translations_t *all = load_logged(scratch, NULL);
    assert_string_equal(pwr_language_name(pwr_translations_language(all, "nb")),
                        "Norsk bokm\xc3\xa5l");
    assert_string_equal(pwr_language_name(pwr_translations_language(all, "fi")), "suomi");
    assert_int_equal(log_lines, 0); /* a name is nothing to fall back for */
}

static void in_a_text_from_right_to_left_an_argument_stands_apart(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = pwr_view_make(scratch->pool);
    pwr_translations_t *all;

    scratch_write(scratch, "ar.txt", "a = {phone}.\n");
    scratch_write(scratch, "nb.txt", "a = {phone}.\n");
    pwr_view_text(view, "phone", "+47 22 00");
    assert_fine(pwr_translations_load(&all, SOURCE(scratch->folder, "nb", NULL), scratch->pool));
    assert_string_equal(
        pwr_translations_format(pwr_translations_language(all, "ar"), "a", view, scratch->pool),
        "\xe2\x81\xa8+47 22 00\xe2\x81\xa9.");
    assert_string_equal(
        pwr_translations_format(pwr_translations_language(all, "nb"), "a", view, scratch->pool),
        "+47 22 00.");
}

static void arguments_are_looked_up_by_name(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = sample(scratch);

    assert_string_equal(formatted(scratch, "Hei {name}!", view), "Hei K\xc3\xa5re!");
    assert_string_equal(formatted(scratch, "{ name }{name}", view), "K\xc3\xa5reK\xc3\xa5re");
    assert_string_equal(formatted(scratch, "{yes}", view), "true");
    assert_string_equal(formatted(scratch, "{one}", view), "1");
    assert_string_equal(formatted(scratch, "{evil}", view), "{name} '{' # <b>");
    assert_string_equal(formatted(scratch, "{kind, select, mail {{evil}} other {}}", view),
                        "{name} '{' # <b>");
}

static void plurals_selects_and_numbers_are_icus(void **state)
{
    static const char plural[] = "{one, plural, one {# minutt} other {# minutter}} og "
                                 "{many, plural, one {# minutt} other {# minutter}}";
    scratch_t *scratch = *state;
    pwr_view_t *view = sample(scratch);

    assert_string_equal(formatted(scratch, plural, view), "1 minutt og 1\xc2\xa0"
                                                          "234 minutter");
    assert_string_equal(formatted(scratch, "{kind,select,sms{A}mail{B {name}}other{C}}", view),
                        "B K\xc3\xa5re");
    assert_string_equal(formatted(scratch, "{name,select,sms{A}other{C}}", view), "C");
    assert_string_equal(formatted(scratch, "{yes,select,true{on}other{off}}", view), "on");
    assert_string_equal(formatted(scratch, "{many, number}", view), "1\xc2\xa0"
                                                                    "234");
    assert_string_equal(formatted(scratch, "{many, number, ::compact-short}", view), "1,2k");
    assert_string_equal(
        formatted_in(scratch, "en", "{one, selectordinal, one {#st} other {#th}}", view), "1st");
    assert_string_equal(formatted(scratch, "{one, plural, =1 {exactly} other {#}}", view),
                        "exactly");
    assert_string_equal(formatted(scratch, "{many, plural, offset:4 one {#} other {#}}", view),
                        "1\xc2\xa0"
                        "230");
}

static void arguments_may_be_nested_and_mixed(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = sample(scratch);

    assert_string_equal(
        formatted(scratch,
                  "<{kind, select, mail {{one, plural, one {{name}: {many, number}/{many} "
                  "{at, time, short} {kind} '#' {one}} other {}}} other {}}>",
                  view),
        "<K\xc3\xa5re: 1\xc2\xa0"
        "234/1\xc2\xa0"
        "234 10:40 mail # 1>");
    assert_string_equal(
        formatted(scratch,
                  "{one, plural, other {}one {'#' # {yes, plural, one {{name}} other {}}}}", view),
        "# 1 K\xc3\xa5re");
}

static void times_are_in_the_configured_zone(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = sample(scratch);
    pwr_translations_t *all;

    assert_string_equal(formatted(scratch, "{at, time, short}", view), "10:40");
    assert_string_equal(formatted(scratch, "{at, date, long}", view), "1. mai 2024");
    assert_string_equal(formatted(scratch, "{at,date,::dMMMM} {at,time,HH.mm}", view),
                        "1. mai 10.40");
    assert_string_equal(formatted(scratch, "{at}", view), "1. mai 2024, 10:40");
    assert_fine(
        pwr_translations_load(&all, SOURCE(scratch->folder, "nb", "Asia/Tokyo"), scratch->pool));
    scratch_write(scratch, "nb.txt",
                  "a = {at, time, short}\nb = {one, plural, one {{at, time, short}} other {}}\n");
    pwr_translations_t *tokyo;
    assert_fine(
        pwr_translations_load(&tokyo, SOURCE(scratch->folder, "nb", "Asia/Tokyo"), scratch->pool));
    assert_fine(pwr_translations_load(&all, SOURCE(scratch->folder, "nb", "UTC"), scratch->pool));
    assert_string_equal(
        pwr_translations_format(pwr_translations_at(tokyo, 0), "b", view, scratch->pool), "17:40");
    assert_string_equal(
        pwr_translations_format(pwr_translations_at(all, 0), "b", view, scratch->pool), "08:40");
    assert_string_equal(
        pwr_translations_format(pwr_translations_at(all, 0), "a", view, scratch->pool), "08:40");
}

static void apostrophes_follow_icus_rules(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = sample(scratch);

    assert_string_equal(formatted(scratch, "it's", view), "it's");
    assert_string_equal(formatted(scratch, "it''s", view), "it's");
    assert_string_equal(formatted(scratch, "'{name}'", view), "{name}");
    assert_string_equal(formatted(scratch, "'{a''b}' {name}", view), "{a'b} K\xc3\xa5re");
    assert_string_equal(formatted(scratch, "'{unended", view), "{unended");
    assert_string_equal(formatted(scratch, "'{", view), "{");
    assert_string_equal(formatted(scratch, "'{''", view), "{'");
    assert_string_equal(formatted(scratch, "a } b '", view), "a } b '");
    assert_string_equal(
        formatted(scratch, "{one, plural, one {it's '{#}' '#{x}' #} other {}}", view),
        "it's {#} #{x} 1");
}

static void unknown_keys_and_arguments_are_seen(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = sample(scratch);

    scratch_write(scratch, "nb.txt", "a = {none} {name}\n");
    const pwr_language_t *nb = pwr_translations_language(load(scratch), "nb");
    assert_string_equal(pwr_translations_format(nb, "no.such", view, scratch->pool), "no.such");
    assert_string_equal(pwr_translations_format(nb, "a", view, scratch->pool),
                        "{none} K\xc3\xa5re");
    assert_string_equal(pwr_translations_format(nb, "a", NULL, scratch->pool), "{none} {name}");
    assert_string_equal(formatted(scratch, "a {none, plural, other {#}} b", view), "a {none} b");
    assert_string_equal(formatted(scratch, "a {name, plural, other {#}} b", view), "a {name} b");
    assert_string_equal(formatted(scratch, "a {none, select, other {x {none}}}", view),
                        "a x {none}");
    assert_string_equal(formatted(scratch, "{name, time, short}", view), "{name}");
}

static void a_long_message_is_cut_between_characters(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = pwr_view_make(scratch->pool);
    char *text = apr_pcalloc(scratch->pool, 20001);

    for (int i = 0; i < 20000; i += 2) {
        memcpy(text + i, "\xc3\xa5", 2);
    }
    pwr_view_text(view, "text", text);
    const char *message = formatted(scratch, "x{text}y", view);
    assert_int_equal(strlen(message), PWR_MAX_MESSAGE - 1);
    assert_memory_equal(message + PWR_MAX_MESSAGE - 3, "\xc3\xa5", 3);
    message = formatted(scratch, "x{text, select, other {{text}}}y", view);
    assert_int_equal(strlen(message), PWR_MAX_MESSAGE - 1);
}

static void bad_utf8_in_an_argument_does_no_harm(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = pwr_view_make(scratch->pool);

    pwr_view_text(view, "text", "a\xff");
    assert_string_equal(formatted(scratch, "{text, select, other {{text}}}", view),
                        "a\xef\xbf\xbd");
}

static void a_message_without_arguments_is_not_made_anew(void **state)
{
    scratch_t *scratch = *state;

    scratch_write(scratch, "nb.txt", "a = it''s\n");
    const pwr_language_t *nb = pwr_translations_language(load(scratch), "nb");
    assert_ptr_equal(pwr_translations_format(nb, "a", NULL, scratch->pool),
                     pwr_translations_format(nb, "a", NULL, scratch->pool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read_line_by_line),
        TEST(a_bad_file_is_broken_with_its_line),
        TEST(a_pattern_that_icu_refuses_is_broken),
        TEST(too_much_is_refused_when_loaded),
        TEST(a_folder_must_hold_the_fallback_and_nothing_odd),
        TEST(languages_are_in_order_and_know_their_names),
        TEST(a_language_that_is_not_complete_falls_back_by_key_and_one_line_says_so),
        TEST(what_even_the_sites_own_language_lacks_comes_from_english),
        TEST(languages_are_offered_in_the_order_they_were_asked_for),
        TEST(a_language_has_a_name_of_its_own),
        TEST(in_a_text_from_right_to_left_an_argument_stands_apart),
        TEST(arguments_are_looked_up_by_name),
        TEST(plurals_selects_and_numbers_are_icus),
        TEST(arguments_may_be_nested_and_mixed),
        TEST(times_are_in_the_configured_zone),
        TEST(apostrophes_follow_icus_rules),
        TEST(unknown_keys_and_arguments_are_seen),
        TEST(a_long_message_is_cut_between_characters),
        TEST(bad_utf8_in_an_argument_does_no_harm),
        TEST(a_message_without_arguments_is_not_made_anew),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    u_cleanup(); /* of ICU's caches, for valgrind */
    return failed;
}
