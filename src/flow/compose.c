/* The origin of every address in a mail is PwResetBaseURL; nothing of the request that asked for it
 * gets in here. */
#include "flow/compose.h"

#include <string.h>

#include <apr_strings.h>

static bool is_chosen(const pwr_mail_values_t *values)
{
    return values->language[0] == '/';
}

/* "<base>[/<language>]<between><token>", wiped with the pool. */
static const char *address_with(const pwr_parts_t *parts, const char *language, const char *between,
                                const pwr_secret_t *token, apr_pool_t *pool)
{
    char *address = apr_pstrcat(pool, parts->settings->flow.base_url, language, between,
                                pwr_secret_bytes(token), NULL);
    pwr_crypto_wipe_with(address, strlen(address), pool);
    return address;
}

/* `chosen` goes before the path of the link. */
static void show_addressee(pwr_view_t *view, const pwr_parts_t *parts, const char *chosen,
                           const pwr_addressee_t *addressee, apr_pool_t *pool)
{
    pwr_view_text(view, "login", addressee->account->login);
    pwr_view_text(view, "name", addressee->account->name);
    if (addressee->token != NULL) {
        pwr_view_text(view, "link", address_with(parts, chosen, "/r/", addressee->token, pool));
    }
}

/* One account stands in the view itself, several in a list of it. */
static void show_addressees(pwr_view_t *view, const pwr_parts_t *parts,
                            const pwr_mail_values_t *values, const char *chosen, apr_pool_t *pool)
{
    const apr_array_header_t *all = values->addressees;

    if (all->nelts == 1) {
        show_addressee(view, parts, chosen, &APR_ARRAY_IDX(all, 0, pwr_addressee_t), pool);
        return;
    }
    pwr_view_flag(view, "is_several", true);
    pwr_view_number(view, "account_count", all->nelts);
    for (int i = 0; i < all->nelts; i++) {
        show_addressee(pwr_view_add(view, "accounts"), parts, chosen,
                       &APR_ARRAY_IDX(all, i, pwr_addressee_t), pool);
    }
}

/* `language` is that of the words, `chosen` stands in the links. */
static pwr_view_t *make_view(const pwr_parts_t *parts, const pwr_mail_values_t *values,
                             const pwr_language_t *language, const char *chosen, apr_pool_t *pool)
{
    const pwr_flow_settings_t *flow = &parts->settings->flow;
    pwr_view_t *view = pwr_view_make(pool);

    pwr_view_text(view, "lang", pwr_language_tag(language));
    pwr_view_text(view, "dir", pwr_language_direction(language));
    pwr_view_text(view, "org", flow->organisation);
    pwr_view_text(view, "contact", flow->contact);
    pwr_view_text(view, "login_url", flow->login_url);
    pwr_view_text(view, "zone", flow->time_zone);
    pwr_view_number(view, "life_minutes", apr_time_sec(flow->link_life) / 60);
    show_addressees(view, parts, values, chosen, pool);
    if (values->kind == PWR_MAIL_TEMPLATE_LINK) {
        pwr_view_text(view, "stop_link",
                      address_with(parts, chosen, "/stop/", values->stop_token, pool));
        pwr_view_time(view, "until", values->until);
        pwr_view_flag(view, "can_reply", parts->settings->mail.reply_to != NULL);
    } else {
        pwr_view_time(view, "changed", values->changed);
    }
    return view;
}

static pwr_fault_t *render(const char **text, const pwr_template_t *template,
                           const pwr_view_t *view, const pwr_language_t *language, apr_pool_t *pool)
{
    apr_size_t length = 0;

    PWR_TRY(pwr_template_render(text, &length, template, view, language, pool));
    pwr_crypto_wipe_with((void *)(apr_uintptr_t)*text, length, pool);
    return NULL;
}

/* The language in which it is said again: the site's own when the mail is in the second one
 * already. NULL when there is none but the mail's. */
static const pwr_language_t *second_of(const pwr_parts_t *parts, const pwr_language_t *first)
{
    const pwr_translations_t *translations = parts->texts->translations;
    const char *tag = parts->settings->flow.mail_also;
    const pwr_language_t *second
        = tag != NULL ? pwr_translations_language(translations, tag) : first;

    if (second == first && tag != NULL) {
        second = pwr_translations_language(translations, NULL);
    }
    return second != first ? second : NULL;
}

/* Adds to `view` what a mail in two languages says below: `body` in the second one. */
static pwr_fault_t *render_below(pwr_view_t *view, const pwr_template_t *body,
                                 const pwr_view_t *below, const pwr_language_t *second,
                                 apr_pool_t *pool)
{
    const char *text = NULL;

    if (second == NULL) {
        return NULL;
    }
    PWR_TRY(render(&text, body, below, second, pool));
    pwr_view_set_text(view, "also", text);
    pwr_view_set_text(view, "also_lang", pwr_language_tag(second));
    pwr_view_set_text(view, "also_dir", pwr_language_direction(second));
    return NULL;
}

static void add_second(pwr_mail_t *mail, const char *key, const pwr_view_t *below,
                       const pwr_language_t *second, apr_pool_t *pool)
{
    const char *subject = pwr_translations_format(second, key, below, pool);

    mail->subject = apr_pstrcat(pool, mail->subject, " / ", subject, NULL);
    mail->language = apr_pstrcat(pool, mail->language, ", ", pwr_language_tag(second), NULL);
}

pwr_fault_t *pwr_compose(pwr_mail_t *mail, const pwr_parts_t *parts,
                         const pwr_mail_values_t *values, apr_pool_t *pool)
{
    static const char *const subjects[PWR_MAIL_TEMPLATE_COUNT] = {
        [PWR_MAIL_TEMPLATE_LINK] = "mail.link.subject",
        [PWR_MAIL_TEMPLATE_CHANGED] = "mail.changed.subject",
        [PWR_MAIL_TEMPLATE_UNLOCKED] = "mail.unlocked.subject",
        [PWR_MAIL_TEMPLATE_INELIGIBLE] = "mail.ineligible.subject",
    };
    const pwr_texts_t *texts = parts->texts;
    const pwr_mail_template_t *own = &texts->mail_templates[values->kind];
    const char *key = subjects[values->kind];
    const pwr_language_t *first = pwr_translations_language(
        texts->translations, values->language + (is_chosen(values) ? 1 : 0));
    const pwr_language_t *second = second_of(parts, first);
    const char *chosen
        = is_chosen(values) ? apr_pstrcat(pool, "/", pwr_language_tag(first), NULL) : "";
    pwr_view_t *view = make_view(parts, values, first, chosen, pool);
    const pwr_view_t *below
        = second != NULL ? make_view(parts, values, second, chosen, pool) : NULL;

    mail->subject = pwr_translations_format(first, key, view, pool);
    mail->language = pwr_language_tag(first);
    if (second != NULL) {
        add_second(mail, key, below, second, pool);
    }
    PWR_TRY(render_below(view, own->text_body, below, second, pool));
    PWR_TRY(render(&mail->text, own->text, view, first, pool));
    PWR_TRY(render_below(view, own->html_body, below, second, pool));
    return render(&mail->html, own->html, view, first, pool);
}
