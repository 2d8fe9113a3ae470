/*
 * One row per page. The names are those that pages.c and the handlers put into views. Needed is
 * what a page cannot work without: what its form must carry, and where its errors are told.
 */
#include "httpd/page_slots.h"

#define COMMON                                                                                     \
    "lang dir org page title prefix css_url style_url logo_url script_url worker_url icon_url "    \
    "login_url help_url contact contact_parts href registry from bounce mail_domain origin life "  \
    "life_hours "                                                                                  \
    "life_minutes has_errors is_ours errors field text "                                           \
    "has_languages has_many_languages languages name url language_name is_fragment change_url"
/* A new password beside its rules. */
#define RULES                                                                                      \
    "min_length max_length rules kind value has_tick counting asked detail said is_guessable "     \
    "error_first "                                                                                 \
    "error_second entered_length"
/* A form that asks for a link. */
#define ASKING                                                                                     \
    "return return_url seal work_url level_work has_remote remote_class remote_key remote_action " \
    "remote_script"

static const pwr_slots_t rows[PWR_PAGE_COUNT] = {
    [PWR_PAGE_REQUEST] = {COMMON, "typed error_name " ASKING, "prefix seal errors|error_name"},
    [PWR_PAGE_SENT] = {COMMON, "support_code typed has_typed " ASKING, ""},
    [PWR_PAGE_CHALLENGE]
    = {COMMON,
       "held has_captcha is_busy captcha thing picture_url sound_url sounds value wait_minutes "
       "ready long_work_url " ASKING,
       "prefix held errors"},
    [PWR_PAGE_RESET] = {COMMON, "token login may_unlock error_unlock " RULES,
                        "prefix token rules errors|error_first errors|error_second"},
    [PWR_PAGE_CHANGE] = {COMMON, "typed solved is_solved error_name error_old " RULES " " ASKING,
                         "prefix seal rules errors|error_name errors|error_old errors|error_first "
                         "errors|error_second"},
    [PWR_PAGE_UNLOCKED] = {COMMON, "", "login_url"},
    [PWR_PAGE_DONE] = {COMMON, "", "login_url"},
    [PWR_PAGE_UNSURE] = {COMMON, "", ""},
    [PWR_PAGE_DEAD]
    = {COMMON,
       "is_expired is_spent is_unlocked is_stopped is_changed is_busy is_unknown expired ended "
       "can_renew token " ASKING,
       ""},
    [PWR_PAGE_STOP] = {COMMON, "may_stop is_stopped was_stopped is_gone token", "prefix token"},
    [PWR_PAGE_HELP] = {COMMON, "", ""},
    [PWR_PAGE_ERROR] = {COMMON, "status is_not_found", "text"},
    [PWR_PAGE_LINK] = {COMMON, "", "prefix"},
};

const pwr_slots_t *pwr_page_slots(pwr_page_t page)
{
    return rows[page].common != NULL ? &rows[page] : NULL;
}
