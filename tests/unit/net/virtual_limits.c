/* Uplinks and processors under the virtual clock, against exact arithmetic and queueing theory. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/request.h"
#include "net/payload.h"
#include "tests/support/net/actors.h"

/* --- uplinks ------------------------------------------------------------------------------------------------------ */

#define BATCH_BYTES (64 * 1048) /* 64 requests of 1 KiB, with their headers */

/* Replica 0 sends a batch to all, replica 1 and the client answer it at once with a vote to 2. */
static void send_batch(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (actor->node.id == 0 && event->kind == EVENT_START) {
        struct message message = message_of(MESSAGE_PRE_PREPARE, 0, 1, 0);
        message.payload = payload_allocate(BATCH_BYTES);
        memset(message.payload->bytes, 0, BATCH_BYTES);
        payload_seal(message.payload);
        outbox_broadcast(outbox, message);
        payload_drop(message.payload);
        outbox_send(outbox, 4, message_of(MESSAGE_REPLY, 0, 1, 0));
    } else if (event->kind == EVENT_MESSAGE && actor->node.id == 1) {
        outbox_send(outbox, 2, message_of(MESSAGE_PREPARE, 0, 1, 0));
        outbox_send(outbox, 2, message_of(MESSAGE_COMMIT, 0, 1, 0));
    } else if (event->kind == EVENT_MESSAGE && actor->node.id == 4) {
        outbox_send(outbox, 3, message_of(MESSAGE_REQUEST, 4, 1, 0));
    }
}

Test(virtual, a_batch_of_64_kib_leaves_a_10_mbit_uplink_in_53_7088_ms_a_copy)
{
    cr_assert_eq(BATCH_BYTES, 64 * request_footprint(1024));
    struct troupe *troupe = troupe_open(4, 1, "none", send_batch);
    troupe->options.links.bandwidth = 10000000;
    troupe_run(troupe);
    /* 67136 bytes take 53708800 ns, 64 bytes 51200; a client's uplink has no limit */
    cr_assert_str_eq(troupe->trace, "53708800 1<0 t1 v0 s1 a0\n"
                                    "53760000 2<1 t2 v0 s1 a0\n"
                                    "53811200 2<1 t3 v0 s1 a0\n"
                                    "107417600 2<0 t1 v0 s1 a0\n"
                                    "161126400 3<0 t1 v0 s1 a0\n"
                                    "161177600 4<0 t12 v0 s1 a0\n"
                                    "161177600 3<4 t11 v4 s1 a0\n");
    cr_assert_eq(troupe->report.messages.bytes, 3 * 67136 + 4 * 64);
    free(troupe);
}

Test(virtual, what_an_uplink_holds_up_keeps_its_delay_afterwards)
{
    struct troupe *troupe = troupe_open(4, 1, "fixed:10ms", send_batch);
    troupe->options.links.bandwidth = 10000000;
    troupe->options.links.fifo = true;
    troupe_run(troupe);
    cr_assert_eq(strncmp(troupe->trace, "63708800 1<0 ", 13), 0, "%s", troupe->trace);
    free(troupe);
}

/* --- processors --------------------------------------------------------------------------------------------------- */

enum { MESSAGES = 200000 };
static double sum_of_waits_ns;
static uint64_t service_mean_ns;

/* The client has so many messages under way to replica 0 that they arrive as if by chance. */
static void arrive_by_chance(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && actor->node.id == 1) {
        for (sequence_number sequence = 1; sequence <= MESSAGES; sequence++) {
            outbox_send(outbox, 0, message_of(MESSAGE_REQUEST, 1, sequence, 0));
        }
    } else if (event->kind == EVENT_MESSAGE) {
        struct link_fate fate;
        const struct driver_options *options = &actor->troupe->options;
        link_fate(&options->links, event->message, event->from, 0, &fate);
        sum_of_waits_ns += (double)(event->now_ns - fate.delay_ns[0]) - (double)service_mean_ns;
    }
}

/* The mean wait of a queue whose server is busy for `share` of the time, with services of 10 us on average. */
static double mean_wait_us(double share, const char *service)
{
    char delay[64];
    struct troupe *troupe = troupe_open(1, 1, "none", arrive_by_chance);
    service_mean_ns = 10000;
    sum_of_waits_ns = 0;
    snprintf(delay, sizeof delay, "uniform:0ns..%.0fns", MESSAGES * 10000 / share);
    cr_assert(delay_parse(delay, &troupe->options.links.client_delay, &troupe->error), "%s", troupe->error.text);
    cr_assert(delay_parse(service, &troupe->options.processing.delay, &troupe->error));
    troupe->write = false;
    troupe_run(troupe);
    cr_assert_eq(troupe->messages, MESSAGES);
    free(troupe);
    return sum_of_waits_ns / MESSAGES / 1000;
}

/* Pollaczek and Khinchin: a share s of utilisation and services of mean 10 us and variation v wait
 * 10 us * s / (1 - s) * (1 + v^2) / 2. */
Test(virtual, messages_wait_for_a_busy_replica_as_queueing_theory_says)
{
    static const double shares[] = {0.3, 0.5, 0.8};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double share = shares[i];
        double fixed_us = mean_wait_us(share, "fixed:10us");
        double expected_us = 10 * share / (1 - share) / 2;
        cr_assert(fabs(fixed_us - expected_us) < 0.04 * expected_us, "M/D/1 at %.1f: %.2f us, not %.2f", share,
                  fixed_us, expected_us);
        double exponential_us = mean_wait_us(share, "exponential:10us");
        cr_assert(fabs(exponential_us - 2 * expected_us) < 0.08 * expected_us, "M/M/1 at %.1f: %.2f us, not %.2f",
                  share, exponential_us, 2 * expected_us);
    }
}
