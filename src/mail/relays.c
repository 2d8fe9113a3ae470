/*
 * Which relay gets a mail: in the order of the settings. A relay that could not be used at all
 * rests for a minute, so that a dead relay costs one wait a minute and not one a mail. When all
 * rest, each is tried, so that mail leaves as soon as one is back. A relay's refusal of a recipient
 * is final: another relay is not asked. Any other refusal is not the recipient's fault, and the
 * next relay is asked at once. When the outcome is unknown no other relay is asked, so that a
 * person does not get two links for one request; the outbox tries again later, with the same bytes.
 */
#include "mail/relay_answer.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/url.h"
#include "mail/folder.h"
#include "mail/smtp.h"

#define REST apr_time_from_sec(60)

typedef struct {
    const pwr_relay_t *relay;
    pwr_smtp_t *smtp; /* NULL for a folder */
    apr_time_t rests_until;
} relay_place_t;

struct pwr_relays_t {
    const pwr_mail_settings_t *settings;
    int count;
    relay_place_t places[PWR_MAX_RELAYS];
};

/* The domain of `from` is also the name that a relay is greeted with. */
static bool is_sendable(const char *address, apr_pool_t *pool)
{
    const char *wire = pwr_message_wire_address(address, pool);
    return wire != NULL && pwr_url_is_host_name(strchr(wire, '@') + 1);
}

static pwr_fault_t *check_settings(const pwr_mail_settings_t *settings, apr_pool_t *pool)
{
    const char *const addresses[] = {settings->from, settings->bounce, settings->reply_to};

    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        if (addresses[i] != NULL && !is_sendable(addresses[i], pool)) {
            return pwr_fault_broken(pool, "PWR0551",
                                    "\"%s\" is not an address that mail can carry. Write it as "
                                    "name@example.org.",
                                    addresses[i]);
        }
    }
    if (settings->from == NULL || settings->relays == NULL || settings->relays->nelts < 1
        || settings->relays->nelts > PWR_MAX_RELAYS) {
        return pwr_fault_broken(pool, "PWR0552",
                                "Mail needs a sender's address and from 1 to %d relays. Write "
                                "PwResetMailFrom and PwResetRelay.",
                                PWR_MAX_RELAYS);
    }
    return NULL;
}

pwr_fault_t *pwr_relays_open(pwr_relays_t **relays, const pwr_mail_settings_t *settings,
                             apr_pool_t *pool)
{
    pwr_relays_t *own = apr_pcalloc(pool, sizeof *own);

    PWR_TRY(check_settings(settings, pool));
    const char *helo = strchr(pwr_message_wire_address(settings->from, pool), '@') + 1;
    own->settings = settings;
    own->count = settings->relays->nelts;
    for (int i = 0; i < own->count; i++) {
        relay_place_t *place = &own->places[i];
        place->relay = APR_ARRAY_IDX(settings->relays, i, const pwr_relay_t *);
        if (place->relay->kind != PWR_RELAY_FOLDER) {
            PWR_TRY(pwr_smtp_open(&place->smtp, settings, place->relay, helo, pool));
        }
    }
    *relays = own;
    return NULL;
}

static bool is_resting(const relay_place_t *place)
{
    apr_time_t left = place->rests_until - pwr_clock_now();
    return left > 0 && left <= REST; /* more than REST: the clock was set back */
}

static bool is_any_awake(const pwr_relays_t *relays)
{
    for (int i = 0; i < relays->count; i++) {
        if (!is_resting(&relays->places[i])) {
            return true;
        }
    }
    return false;
}

static pwr_relay_answer_t try_place(relay_place_t *place, const pwr_message_t *message,
                                    apr_pool_t *scratch)
{
    pwr_relay_answer_t outcome = place->smtp != NULL
                                     ? pwr_smtp_send(place->smtp, message, scratch)
                                     : pwr_folder_send(place->relay, message, scratch);
    if (outcome.must_rest) {
        place->rests_until = pwr_clock_now() + REST;
        pwr_log(PWR_LOG_WARNING, "PWR0556", "%s rests for a minute", place->relay->name);
    }
    return outcome;
}

static void note_refusal(pwr_relays_report_t *report, int relay, pwr_refusal_t refusal)
{
    if (refusal != PWR_REFUSAL_NONE) {
        report->refusals[report->count].relay = relay;
        report->refusals[report->count++].refusal = refusal;
    }
}

/* One relay that may take it later outweighs any number that are broken, and these one that cannot
 * carry the address. */
static bool is_worse(const pwr_fault_t *one, const pwr_fault_t *other)
{
    return one->kind == PWR_LATER ? other->kind != PWR_LATER
                                  : one->kind == PWR_BROKEN && other->kind == PWR_REFUSED;
}

/* Keeps the worst of two faults and logs the other one: nobody else will. */
static void keep_worst(pwr_fault_t **worst, pwr_fault_t *fault)
{
    pwr_fault_t *other = fault;

    if (*worst == NULL || (fault != NULL && is_worse(fault, *worst))) {
        other = *worst;
        *worst = fault;
    }
    pwr_log_fault(other);
}

pwr_fault_t *pwr_relays_send(pwr_relays_report_t *report, pwr_relays_t *relays,
                             const pwr_mail_t *mail, apr_pool_t *scratch)
{
    pwr_message_t message = {0};
    pwr_fault_t *worst = NULL;
    bool may_rest = is_any_awake(relays);

    *report = (pwr_relays_report_t){.used = relays->places[0].relay->name};
    PWR_TRY(pwr_message_compose(&message, relays->settings, mail, scratch));
    for (int i = 0; i < relays->count; i++) {
        relay_place_t *place = &relays->places[i];
        if (may_rest && is_resting(place)) {
            continue;
        }
        report->used = place->relay->name;
        pwr_relay_answer_t outcome = try_place(place, &message, scratch);
        note_refusal(report, i, outcome.refusal);
        if (outcome.fault == NULL || outcome.is_final) {
            pwr_log_fault(worst);
            return outcome.fault;
        }
        keep_worst(&worst, outcome.fault);
    }
    return worst;
}

pwr_fault_t *pwr_relays_probe(pwr_relays_t *relays, int index, apr_pool_t *scratch)
{
    const relay_place_t *place = &relays->places[index];
    return place->smtp != NULL ? pwr_smtp_probe(place->smtp, scratch).fault : NULL;
}
