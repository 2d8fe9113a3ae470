/* The promises of src/text/slots.h, and of templates that a site puts in place of ours. */
#include "text_scratch.h"

#include <unicode/uclean.h>

#include "text/template.h"

static const pwr_language_t *language_of(scratch_t *scratch)
{
    pwr_translations_t *translations;

    scratch_write(scratch, "nb.txt", "plain = Hei\n");
    assert_fine(
        pwr_translations_load(&translations, SOURCE(scratch->folder, "nb", NULL), scratch->pool));
    return pwr_translations_language(translations, "nb");
}

static pwr_fault_t *load_with(scratch_t *scratch, const char *source, const pwr_slots_t *slots)
{
    const pwr_template_source_t from
        = {.folder = scratch->folder, .language = language_of(scratch), .slots = slots};
    pwr_template_t *template;

    scratch_write(scratch, "case.html", source);
    return pwr_template_load(&template, &from, "case.html", PWR_TEMPLATE_HTML, scratch->pool);
}

static void a_slot_that_there_is_not_is_broken_with_its_line(void **state)
{
    static const pwr_slots_t slots = {.common = "org title", .own = "seal name", .needed = ""};
    scratch_t *scratch = *state;

    assert_fine(load_with(scratch, "{{org}}{{#seal}}{{{name}}}{{/seal}}{{t.plain}}", &slots));
    assert_broken(load_with(scratch, "x\n{{sea}}", &slots), "PWR0351", "case.html:2: ");
    assert_broken(load_with(scratch, "x\n\n{{#seals}}{{/seals}}", &slots), "PWR0351", "'seals'");
    assert_broken(load_with(scratch, "{{^orgs}}{{/orgs}}", &slots), "PWR0351", "'orgs'");
    assert_broken(load_with(scratch, "{{&org title}}", &slots), "PWR0341", "case.html:1: ");
    assert_broken(load_with(scratch, "{{.}}", &slots), "PWR0351", "'.'");
    scratch_write(scratch, "part.html", "fine\n{{wrong}}\n");
    assert_broken(load_with(scratch, "x\n{{> part}}\n", &slots), "PWR0351", "part.html:2: ");
}

static void a_needed_slot_that_is_missing_is_broken(void **state)
{
    static const pwr_slots_t slots
        = {.common = "org", .own = "seal error errors", .needed = "seal error|errors"};
    scratch_t *scratch = *state;

    assert_fine(load_with(scratch, "{{seal}}{{#errors}}{{/errors}}", &slots));
    assert_fine(load_with(scratch, "{{seal}}{{error}}", &slots));
    assert_broken(load_with(scratch, "{{error}}", &slots), "PWR0352",
                  "case.html:1: lacks the slot "
                  "'seal'");
    assert_broken(load_with(scratch, "{{seal}}", &slots), "PWR0352", "'error|errors'");
    assert_broken(load_with(scratch, "{{t.plain}}{{! seal error }}", &slots), "PWR0352", "'seal'");
}

static void a_file_of_the_sites_own_goes_before_ours(void **state)
{
    scratch_t *scratch = *state;
    scratch_t *own = NULL;
    const pwr_view_t *view = pwr_view_make(scratch->pool);
    pwr_template_t *template;
    const char *text;

    assert_int_equal(scratch_open((void **)&own), 0);
    pwr_template_source_t from = {.folder = scratch->folder,
                                  .own = own->folder,
                                  .language = language_of(scratch),
                                  .used = apr_hash_make(scratch->pool)};
    scratch_write(scratch, "case.html", "ours {{> top}} {{> end}}");
    scratch_write(scratch, "top.html", "our top");
    scratch_write(scratch, "end.html", "our end");
    scratch_write(own, "top.html", "their top");
    scratch_write(own, "unused.html", "{{");
    assert_fine(pwr_template_load(&template, &from, "case.html", PWR_TEMPLATE_HTML, scratch->pool));
    assert_fine(pwr_template_render(&text, NULL, template, view, from.language, scratch->pool));
    assert_string_equal(text, "ours their top our end");
    assert_int_equal(apr_hash_count(from.used), 1);
    scratch_write(own, "case.html", "{{> top}}, {{> new}}");
    scratch_write(own, "new.html", "new");
    assert_fine(pwr_template_load(&template, &from, "case.html", PWR_TEMPLATE_HTML, scratch->pool));
    assert_fine(pwr_template_render(&text, NULL, template, view, from.language, scratch->pool));
    assert_string_equal(text, "their top, new");
    scratch_write(own, "top.html", "\n{{");
    assert_broken(
        pwr_template_load(&template, &from, "case.html", PWR_TEMPLATE_HTML, scratch->pool),
        "PWR0340", apr_pstrcat(scratch->pool, own->folder, "/top.html:2: ", NULL));
    scratch_close((void **)&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_slot_that_there_is_not_is_broken_with_its_line),
        TEST(a_needed_slot_that_is_missing_is_broken),
        TEST(a_file_of_the_sites_own_goes_before_ours),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    u_cleanup(); /* of ICU's caches, for valgrind */
    return failed;
}
