/*
 * A row's work ends in one of three ways: sent, given up, or again later. So
 * a row is never left without a next step.
 */
#include "flow/delivery.h"

#include <apr_strings.h>

#include "base/clock.h"
#include "base/log.h"

#define FIRST_PAUSE apr_time_from_sec(1)
#define LONGEST_PAUSE apr_time_from_sec(20)
#define TURN_PAUSE apr_time_from_msec(500) /* and by chance up to twice that */

void pwr_delivery_tell(pwr_delivery_t *delivery, pwr_event_t event, const char *detail)
{
    delivery->facts.detail = detail;
    pwr_events_raise(delivery->parts->events, event, &delivery->facts, delivery->pool);
    delivery->facts.tag = NULL;
}

/* What a stranger can make without end is forgotten as soon as its form cannot be posted again. The
 * trail tells what became of it. */
static pwr_life_t life_of(pwr_event_t event)
{
    return event == PWR_EVENT_ACCOUNT_NONE || event == PWR_EVENT_MAIL_CAPPED ? PWR_LIFE_SHORT
                                                                             : PWR_LIFE_KEPT;
}

pwr_fault_t *pwr_delivery_give_up(pwr_delivery_t *delivery, pwr_event_t event, const char *detail)
{
    bool is_held = false;

    PWR_TRY(pwr_outbox_give_up(&is_held, delivery->parts->store, delivery->row->id,
                               delivery->by->owner, life_of(event), delivery->pool));
    if (is_held) {
        pwr_delivery_tell(delivery, event, detail);
    }
    return NULL;
}

static pwr_fault_t *sent(pwr_delivery_t *delivery, const char *detail)
{
    bool is_held = false;

    PWR_TRY(pwr_outbox_done(&is_held, delivery->parts->store, delivery->row->id,
                            delivery->by->owner, delivery->account_digest, delivery->pool));
    if (is_held) {
        pwr_delivery_tell(delivery, PWR_EVENT_MAIL_SENT, detail);
    }
    return NULL;
}

/* A mail that late would only puzzle: the person has long asked again, or given up. */
bool pwr_delivery_is_too_old(const pwr_delivery_t *delivery)
{
    return pwr_clock_now() - delivery->row->created > delivery->parts->settings->flow.link_life;
}

/* Doubles from one second to twenty, a quarter up or down by chance, so that many rows do not come
 * back at once. */
static apr_interval_time_t pause_after(int deliveries)
{
    apr_interval_time_t pause = LONGEST_PAUSE;
    unsigned char chance = 0;

    if (deliveries < 5) {
        pause = FIRST_PAUSE << (deliveries > 0 ? deliveries - 1 : 0);
    }
    pwr_crypto_random(&chance, 1);
    return pause * 3 / 4 + pause * chance / 512;
}

pwr_fault_t *pwr_delivery_retry(pwr_delivery_t *delivery, const pwr_fault_t *fault)
{
    bool is_held = false;

    pwr_log_fault(fault);
    delivery->facts.tag = fault->tag;
    if (pwr_delivery_is_too_old(delivery)) {
        return pwr_delivery_give_up(delivery, PWR_EVENT_MAIL_GIVEN_UP, fault->detail);
    }
    PWR_TRY(
        pwr_outbox_later(&is_held, delivery->parts->store, delivery->row->id, delivery->by->owner,
                         pwr_clock_now() + pause_after(delivery->row->deliveries), delivery->pool));
    if (is_held) {
        pwr_delivery_tell(delivery, PWR_EVENT_MAIL_RETRY, fault->detail);
    }
    return NULL;
}

pwr_fault_t *pwr_delivery_wait(pwr_delivery_t *delivery)
{
    bool is_held = false;
    unsigned char chance = 0;

    pwr_crypto_random(&chance, 1);
    return pwr_outbox_later(
        &is_held, delivery->parts->store, delivery->row->id, delivery->by->owner,
        pwr_clock_now() + TURN_PAUSE + TURN_PAUSE * chance / 255, delivery->pool);
}

static void count_refusals(const pwr_delivery_t *delivery, const pwr_relays_report_t *report)
{
    for (int i = 0; i < report->count && delivery->parts->metrics != NULL; i++) {
        pwr_metrics_count_refusal(delivery->parts->metrics, report->refusals[i].relay,
                                  (int)report->refusals[i].refusal);
    }
}

/* Sends one mail; a relay's final refusal gives the row up, anything else comes again. NULL in
 * `fault`: it was taken. */
pwr_fault_t *pwr_delivery_post(const pwr_fault_t **fault, pwr_delivery_t *delivery,
                               const pwr_mail_values_t *values, int copy)
{
    pwr_mail_t mail
        = {.to = values->to, .date = delivery->row->created, .language = delivery->row->language};

    pwr_relays_report_t report;

    mail.message_id = apr_psprintf(delivery->pool, "%s.%d", delivery->row->id, copy);
    PWR_TRY(pwr_compose(&mail, delivery->parts, values, delivery->pool));
    *fault = pwr_relays_send(&report, delivery->by->relays, &mail, delivery->pool);
    delivery->relay = report.used;
    count_refusals(delivery, &report);
    return NULL;
}

pwr_fault_t *pwr_delivery_end(pwr_delivery_t *delivery, const pwr_fault_t *fault)
{
    if (fault == NULL) {
        return sent(delivery, delivery->relay);
    }
    if (fault->kind == PWR_REFUSED) {
        pwr_log_fault(fault);
        delivery->facts.tag = fault->tag;
        return pwr_delivery_give_up(delivery, PWR_EVENT_MAIL_GIVEN_UP, fault->detail);
    }
    return pwr_delivery_retry(delivery, fault);
}
