/* The table of events. */
#include "events/event.h"

typedef struct {
    const char *name;
    int where;
    pwr_counter_t counter;
} event_t;

static const event_t table[PWR_EVENT_COUNT] = {
    /* The outbox row tells the trail's reader of it. */
    [PWR_EVENT_REQUEST_ACCEPTED]
    = {"request-accepted", PWR_TOLD_AUDIT | PWR_TOLD_MANY, {PWR_FAMILY_REQUESTS, "accepted"}},
    [PWR_EVENT_REQUEST_REFUSED]
    = {"request-refused", PWR_TOLD_AUDIT | PWR_TOLD_MANY, {PWR_FAMILY_REQUESTS, "refused"}},
    [PWR_EVENT_REQUEST_RAISED]
    = {"request-raised", PWR_TOLD_AUDIT | PWR_TOLD_MANY, {PWR_FAMILY_REQUESTS, "raised"}},
    [PWR_EVENT_CLIENT_REFUSED]
    = {"client-refused", PWR_TOLD_AUDIT | PWR_TOLD_MANY, {PWR_FAMILY_REQUESTS, "too-many"}},
    [PWR_EVENT_QUEUE_FULL]
    = {"queue-full", PWR_TOLD_AUDIT | PWR_TOLD_MANY, {PWR_FAMILY_REQUESTS, "full"}},
    [PWR_EVENT_CAPTCHA_WRONG]
    = {"captcha-wrong", PWR_TOLD_AUDIT | PWR_TOLD_MANY, {PWR_FAMILY_CAPTCHA_ANSWERS, "wrong"}},
    [PWR_EVENT_CAPTCHA_DOWN]
    = {"captcha-down", PWR_TOLD_AUDIT | PWR_TOLD_MANY, {PWR_FAMILY_CAPTCHAS, "down"}},
    [PWR_EVENT_ACCOUNT_NONE] = {"account-none",
                                PWR_TOLD_AUDIT | PWR_TOLD_MANY | PWR_TOLD_TRAIL | PWR_TOLD_FIRST,
                                {PWR_FAMILY_LOOKUPS, "none"}},
    [PWR_EVENT_ACCOUNT_AMBIGUOUS]
    = {"account-ambiguous", PWR_TOLD_AUDIT | PWR_TOLD_TRAIL, {PWR_FAMILY_LOOKUPS, "ambiguous"}},
    [PWR_EVENT_ACCOUNT_INELIGIBLE]
    = {"account-ineligible", PWR_TOLD_AUDIT | PWR_TOLD_TRAIL, {PWR_FAMILY_LOOKUPS, "ineligible"}},
    [PWR_EVENT_MAIL_CAPPED] = {"mail-capped",
                               PWR_TOLD_AUDIT | PWR_TOLD_TRAIL | PWR_TOLD_FIRST,
                               {PWR_FAMILY_MAILS, "capped"}},
    [PWR_EVENT_MAIL_SENT]
    = {"mail-sent", PWR_TOLD_AUDIT | PWR_TOLD_TRAIL, {PWR_FAMILY_MAILS, "sent"}},
    [PWR_EVENT_MAIL_RETRY] = {"mail-retry",
                              PWR_TOLD_AUDIT | PWR_TOLD_MANY | PWR_TOLD_TRAIL | PWR_TOLD_FIRST,
                              {PWR_FAMILY_MAILS, "retry"}},
    [PWR_EVENT_MAIL_GIVEN_UP] = {"mail-given-up",
                                 PWR_TOLD_AUDIT | PWR_TOLD_MANY | PWR_TOLD_TRAIL,
                                 {PWR_FAMILY_MAILS, "given-up"}},
    [PWR_EVENT_LINK_DEAD] = {"link-dead",
                             PWR_TOLD_AUDIT | PWR_TOLD_MANY | PWR_TOLD_TRAIL | PWR_TOLD_FIRST,
                             {PWR_FAMILY_LINKS, "dead"}},
    [PWR_EVENT_PASSWORD_REFUSED]
    = {"password-refused", PWR_TOLD_AUDIT | PWR_TOLD_TRAIL, {PWR_FAMILY_PASSWORDS, "refused"}},
    [PWR_EVENT_PASSWORD_SET]
    = {"password-set", PWR_TOLD_AUDIT | PWR_TOLD_TRAIL, {PWR_FAMILY_PASSWORDS, "set"}},
    [PWR_EVENT_PASSWORD_UNKNOWN]
    = {"password-unknown", PWR_TOLD_AUDIT | PWR_TOLD_TRAIL, {PWR_FAMILY_PASSWORDS, "unknown"}},
    [PWR_EVENT_ACCOUNT_UNLOCKED]
    = {"account-unlocked", PWR_TOLD_AUDIT | PWR_TOLD_TRAIL, {PWR_FAMILY_PASSWORDS, "unlocked"}},
    [PWR_EVENT_UNLOCK_REFUSED]
    = {"unlock-refused", PWR_TOLD_AUDIT | PWR_TOLD_TRAIL, {PWR_FAMILY_PASSWORDS, "unlock-refused"}},
    /* No page shows its code. */
    [PWR_EVENT_CHANGE_REFUSED]
    = {"change-refused", PWR_TOLD_AUDIT | PWR_TOLD_MANY, {PWR_FAMILY_PASSWORDS, "change-refused"}},
    [PWR_EVENT_PASSWORD_CHANGED]
    = {"password-changed", PWR_TOLD_AUDIT | PWR_TOLD_TRAIL, {PWR_FAMILY_PASSWORDS, "changed"}},
    [PWR_EVENT_LINK_REVOKED]
    = {"link-revoked", PWR_TOLD_AUDIT | PWR_TOLD_TRAIL, {PWR_FAMILY_LINKS, "revoked"}},
};

const char *pwr_event_name(pwr_event_t event)
{
    return table[event].name;
}

pwr_counter_t pwr_event_counter(pwr_event_t event)
{
    return table[event].counter;
}

int pwr_event_places(pwr_event_t event)
{
    return table[event].where;
}
