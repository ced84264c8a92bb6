#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "net/clock.h"
#include "net/delay_line.h"
#include "net/payload.h"

#define LIMIT_NS UINT64_C(20000000000)

/* Lines with all their agents played by the test: n replicas, and 3 clients on 2 agents. */
enum { REPLICAS = 5, CLIENTS = 3, AGENTS = REPLICAS + 2, MOST_LINES = 3 };

static struct topology topology;
static struct link_model links;
static struct run_clock run_clock;
static struct port *ports[AGENTS];
static struct delay_line *lines[MOST_LINES];
static pthread_t threads[MOST_LINES];
static atomic_bool stop;
static struct driver_report report;

static void *run_line(void *line)
{
    delay_line_run(line, &stop);
    return NULL;
}

static void build(uint32_t line_count)
{
    topology = (struct topology){
        .replicas = REPLICAS, .nodes = REPLICAS + CLIENTS, .client_agents = 2, .lines = line_count};
    run_clock = (struct run_clock){.origin_ns = host_now_ns(), .scale = 1.0};
    links.replicas = REPLICAS;
    links.seed = 3;
    links.gst_ns = TIME_NEVER_NS;
    for (uint32_t agent = 0; agent < AGENTS; agent++) {
        ports[agent] = port_create(&topology, agent, 16, 1);
        cr_assert_not_null(ports[agent]);
    }
    for (uint32_t i = 0; i < line_count; i++) {
        lines[i] = delay_line_create(&topology, &links, &run_clock, ports, i);
        cr_assert_not_null(lines[i]);
    }
}

static void start(void)
{
    for (uint32_t i = 0; i < topology.lines; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, run_line, lines[i]), 0);
    }
}

static void finish(void)
{
    atomic_store(&stop, true);
    parker_fence();
    for (uint32_t i = 0; i < topology.lines; i++) {
        parker_wake(delay_line_parker(lines[i]), true);
        pthread_join(threads[i], NULL);
    }
}

static void destroy(void)
{
    histogram_reset(&report.lateness);
    for (uint32_t i = 0; i < topology.lines; i++) {
        delay_line_collect(lines[i], &report);
    }
    for (uint32_t i = 0; i < topology.lines; i++) {
        delay_line_destroy(lines[i]);
    }
    for (uint32_t agent = 0; agent < AGENTS; agent++) {
        port_destroy(ports[agent]);
    }
}

static uint64_t now_ns(void)
{
    return clock_emulated_ns(&run_clock, host_now_ns());
}

/* Puts a message into the outbox ring of an agent towards each line, as the agent would. */
static void send_stamped(node_id from, node_id to, uint64_t sequence, struct payload *payload, uint64_t sent_ns)
{
    struct port *port = ports[topology_agent_of(&topology, from)];
    const struct message message = {.type = MESSAGE_PREPARE,
                                    .sequence = sequence,
                                    .payload = payload,
                                    .sent_ns = sent_ns,
                                    .sender = 4242,
                                    .to = to};
    for (uint32_t line = 0; line < topology.lines; line++) {
        if (topology_fan_out(&topology, line, from, to) > 0) {
            cr_assert_gt(ring_room_sp(&port->outboxes[line].ring, 1), 0);
            if (payload != NULL) {
                payload_hold(payload);
            }
            outbox_fill_sp(&port->outboxes[line], &message, from);
            ring_publish_sp(&port->outboxes[line].ring);
            parker_fence();
            parker_wake(delay_line_parker(lines[line]), true);
        }
    }
}

static void send_message(node_id from, node_id to, uint64_t sequence)
{
    send_stamped(from, to, sequence, NULL, now_ns());
}

static const struct message *message_of(uint32_t agent, struct reference reference)
{
    return &delay_line_messages(lines[topology_line_of(&topology, agent)])[reference.slot];
}

/* The next message at an agent, borrowed until receive_done(). */
static const struct message *receive(uint32_t agent, node_id *from)
{
    const uint64_t limit_ns = host_now_ns() + LIMIT_NS;
    while (ring_readable_sc(&ports[agent]->inbox) == 0) {
        cr_assert_lt(host_now_ns(), limit_ns, "nothing came to agent %u", agent);
        sched_yield();
    }
    const struct reference reference = inbox_entry_sc(&ports[agent]->inbox, 0);
    *from = reference.from;
    return message_of(agent, reference);
}

static void receive_done(uint32_t agent)
{
    ring_release_sc(&ports[agent]->inbox, 1);
}

static void expect(uint32_t agent, node_id from, uint64_t sequence)
{
    node_id stamped;
    const struct message *message = receive(agent, &stamped);
    cr_assert_eq(stamped, from);
    cr_assert_eq(message->sequence, sequence, "agent %u: %lu instead of %lu", agent, message->sequence, sequence);
    cr_assert_eq(message->sender, 4242, "a claim travels unchanged");
    receive_done(agent);
}

static void broadcast_to_all(void)
{
    for (uint32_t line_count = 1; line_count <= MOST_LINES; line_count++) {
        atomic_store(&stop, false);
        build(line_count);
        start();
        send_message(2, TO_ALL_REPLICAS, 7);
        send_message(6, TO_ALL_REPLICAS, 8); /* a client's reaches all */
        for (uint32_t agent = 0; agent < REPLICAS; agent++) {
            node_id from;
            uint64_t sum = 0;
            for (int i = agent == 2; i < 2; i++) {
                sum += receive(agent, &from)->sequence;
                receive_done(agent);
            }
            cr_assert_eq(sum, agent == 2 ? 8 : 15);
        }
        finish();
        for (uint32_t agent = 0; agent < AGENTS; agent++) {
            cr_assert_eq(ring_depth(&ports[agent]->inbox), 0);
        }
        destroy();
    }
    cr_assert_eq(report.messages.discarded, 0);
}

Test(delay_line, a_broadcast_reaches_every_replica_but_its_sender_once, .timeout = 60)
{
    broadcast_to_all();
}

Test(delay_line, a_delayed_broadcast_does_too, .timeout = 60)
{
    links.delay = links.client_delay = (struct delay){.kind = DELAY_FIXED, .a = 1e6};
    broadcast_to_all();
}

Test(delay_line, a_broadcast_that_might_be_repeated_does_too, .timeout = 60)
{
    links.duplicate = 1e-12;
    broadcast_to_all();
}

Test(delay_line, clients_on_one_agent_are_told_apart, .timeout = 60)
{
    build(1);
    start();
    /* 5 and 7 share agent 5; 6 is alone on agent 6 */
    send_message(5, 0, 1);
    expect(0, 5, 1);
    send_message(7, 0, 2);
    expect(0, 7, 2);
    send_message(6, 0, 3);
    expect(0, 6, 3);
    send_message(0, 7, 4);
    node_id from;
    cr_assert_eq(receive(5, &from)->to, 7);
    receive_done(5);
    finish();
    destroy();
}

Test(delay_line, without_delay_a_sender_s_messages_keep_their_order_mixed_with_broadcasts, .timeout = 60)
{
    build(1);
    for (uint64_t i = 0; i < 30; i++) {
        send_message(1, i % 3 == 0 ? TO_ALL_REPLICAS : (node_id)(i % 3), i); /* to all, to itself, to 2 */
        send_message(3, TO_ALL_REPLICAS, 1000 + i);
    }
    start();
    uint64_t own = 0;
    uint64_t others = 1000;
    node_id from;
    for (int i = 0; i < 10 + 10 + 30; i++) {
        const uint64_t sequence = receive(2, &from)->sequence;
        receive_done(2);
        if (from == 3) {
            cr_assert_eq(sequence, others++);
        } else {
            cr_assert_eq(sequence, own);
            own += own % 3 == 0 ? 2 : 1;
        }
    }
    finish();
    destroy();
    cr_assert_eq(report.messages.discarded, 3 * (10 + 30) + 10, "what lies unread at 0, 1 and 4, and at 3");
}

Test(delay_line, a_message_is_due_at_its_sender_s_stamp_plus_the_delay_and_never_early, .timeout = 60)
{
    links.delay = (struct delay){.kind = DELAY_FIXED, .a = 3e6};
    build(1);
    start();
    const uint64_t sent_ns = now_ns();
    send_stamped(0, 1, 1, NULL, sent_ns);
    node_id from;
    receive(1, &from);
    cr_assert_geq(now_ns(), sent_ns + 3000000);
    receive_done(1);
    finish();
    destroy();
    cr_assert_eq(report.lateness.count, 1);
}

Test(delay_line, what_waited_in_its_outbox_is_late_by_that_and_not_due_later, .timeout = 60)
{
    links.delay = (struct delay){.kind = DELAY_FIXED, .a = 3e6};
    build(1);
    run_clock.origin_ns -= UINT64_C(10000000000); /* as if the run were ten seconds old */
    start();
    send_stamped(0, 1, 1, NULL, now_ns() - UINT64_C(5000000000));
    node_id from;
    receive(1, &from);
    receive_done(1);
    finish();
    destroy();
    cr_assert_eq(report.lateness.count, 1);
    cr_assert_geq(report.lateness.min, UINT64_C(4990000000));
}

static void keep_order(uint64_t total)
{
    links.fifo = true;
    build(2);
    start();
    uint64_t sent = 0;
    uint64_t expected[2] = {0, 0};
    while (expected[0] < total || expected[1] < total) {
        while (sent < total && sent < expected[0] + 30 && sent < expected[1] + 30) {
            send_message(0, TO_ALL_REPLICAS, sent++);
        }
        for (uint32_t agent = 1; agent <= 4; agent++) {
            struct ring_spsc *inbox = &ports[agent]->inbox;
            const uint32_t count = ring_readable_sc(inbox);
            for (uint32_t i = 0; i < count && agent < 3; i++) {
                const uint64_t sequence = message_of(agent, inbox_entry_sc(inbox, i))->sequence;
                cr_assert_eq(sequence, expected[agent - 1]++);
            }
            ring_release_sc(inbox, count);
        }
        sched_yield();
    }
    finish();
    destroy();
}

Test(delay_line, links_that_keep_their_order_do_so_under_random_delay, .timeout = 60)
{
    links.delay = (struct delay){.kind = DELAY_UNIFORM, .a = 0, .b = 3e6};
    keep_order(3000);
}

/* Much shorter than it takes from sender to line: some are due at once, some wait for their tick. */
Test(delay_line, links_that_keep_their_order_do_so_under_short_delay, .timeout = 60)
{
    links.delay = (struct delay){.kind = DELAY_UNIFORM, .a = 0, .b = 2e4};
    keep_order(100000);
}

Test(delay_line, drops_and_duplicates_are_counted_exactly, .timeout = 60)
{
    links.drop = 0.3;
    links.duplicate = 0.4;
    links.delay = (struct delay){.kind = DELAY_UNIFORM, .a = 0, .b = 1e6};
    build(2);
    start();
    enum { MESSAGES = 500 };
    uint64_t expected[REPLICAS] = {0};
    uint64_t dropped = 0;
    uint64_t duplicated = 0;
    struct payload *payload = payload_allocate(10);
    for (uint64_t i = 0; i < MESSAGES; i++) {
        while (ring_room_sp(&ports[0]->outboxes[0].ring, 2) < 2 || ring_room_sp(&ports[0]->outboxes[1].ring, 2) < 2) {
            sched_yield();
        }
        send_stamped(0, TO_ALL_REPLICAS, i, payload, 1);
        const struct message message = {.type = MESSAGE_PREPARE, .sequence = i, .sent_ns = 1};
        for (node_id to = 1; to < REPLICAS; to++) {
            struct link_fate fate;
            link_fate(&links, &message, 0, to, &fate);
            expected[to] += fate.copies;
            dropped += fate.copies == 0;
            duplicated += fate.copies == 2;
        }
    }
    uint64_t delivered = 0;
    for (uint32_t agent = 1; agent < REPLICAS; agent++) {
        for (uint64_t i = 0; i < expected[agent]; i++) {
            node_id from;
            payload_drop(receive(agent, &from)->payload);
            receive_done(agent);
            delivered++;
        }
    }
    finish();
    destroy();
    cr_assert_gt(dropped, 0);
    cr_assert_gt(duplicated, 0);
    cr_assert_eq(report.messages.dropped, dropped);
    cr_assert_eq(report.messages.duplicated, duplicated);
    cr_assert_eq(report.messages.discarded, 0);
    cr_assert_eq(MESSAGES * (REPLICAS - 1) + duplicated, delivered + dropped);
    cr_assert_eq(payload->references, 1, "every delivery's reference was given back");
    payload_drop(payload);
}

/* An agent that reads nothing: its inbox fills, the rest waits in the line, others are served. */
static void fill_inbox(void)
{
    build(1);
    start();
    const uint64_t total = ring_capacity(&ports[1]->inbox) + 2000;
    uint64_t sent = 0;
    uint64_t expected = 0;
    while (expected < total) {
        /* over its quota a sender is not served: keep it within what may be under way */
        while (sent < total && ring_room_sp(&ports[0]->outboxes[0].ring, 1) > 0 &&
               (expected > 0 || sent < ring_capacity(&ports[1]->inbox) + 1000)) {
            send_message(0, 1, sent++);
        }
        if (expected == 0 && sent < ring_capacity(&ports[1]->inbox) + 1000) {
            sched_yield();
            continue;
        }
        if (expected == 0) {
            send_message(3, 2, 9);
            expect(2, 3, 9);
        }
        expect(1, 0, expected++);
    }
    finish();
    destroy();
    cr_assert_eq(report.messages.discarded, 0);
}

Test(delay_line, a_full_inbox_holds_up_nobody_and_loses_nothing, .timeout = 60)
{
    fill_inbox();
}

Test(delay_line, a_full_inbox_under_delay_keeps_the_order_of_links_that_do, .timeout = 60)
{
    links.delay = (struct delay){.kind = DELAY_FIXED, .a = 100};
    links.fifo = true;
    fill_inbox();
}

Test(delay_line, a_sender_over_its_quota_is_held_back_until_its_messages_are_gone, .timeout = 60)
{
    build(1);
    start();
    const uint64_t total = ring_capacity(&ports[1]->inbox) + 3 * ports[0]->backlog;
    const uint64_t limit_ns = host_now_ns() + LIMIT_NS;
    uint64_t sent = 0;
    /* until the ring stays full, for longer than a busy host may keep the line from a core: it does not serve it */
    for (uint64_t full_since_ns = host_now_ns(); host_now_ns() - full_since_ns < 1000000000;) {
        if (ring_room_sp(&ports[0]->outboxes[0].ring, 1) > 0) {
            send_message(0, 1, sent++);
            full_since_ns = host_now_ns();
        }
        cr_assert_lt(host_now_ns(), limit_ns);
    }
    cr_assert_lt(sent, total, "%lu were taken", sent);
    send_message(3, 2, 9);
    expect(2, 3, 9);
    uint64_t expected = 0;
    while (expected < total) {
        while (sent < total && ring_room_sp(&ports[0]->outboxes[0].ring, 1) > 0) {
            send_message(0, 1, sent++);
        }
        expect(1, 0, expected++);
    }
    finish();
    destroy();
    cr_assert_geq(report.stalls, 1);
    cr_assert_eq(report.messages.discarded, 0);
}

Test(delay_line, when_most_inboxes_are_full_messages_wait_in_their_outboxes, .timeout = 60)
{
    build(1);
    start();
    uint64_t sent = 0;
    for (uint64_t full_since_ns = host_now_ns(); host_now_ns() - full_since_ns < 100000000;) {
        if (ring_room_sp(&ports[0]->outboxes[0].ring, 1) > 0) {
            send_message(0, TO_ALL_REPLICAS, sent++);
            full_since_ns = host_now_ns();
        }
    }
    for (uint64_t expected = 0; expected < sent; expected++) {
        for (uint32_t agent = 1; agent < REPLICAS; agent++) {
            expect(agent, 0, expected);
        }
    }
    finish();
    destroy();
    cr_assert_eq(report.stalls, 0, "the sender's quota was never used up");
    cr_assert_eq(report.messages.discarded, 0);
}

Test(delay_line, what_waits_for_room_at_the_end_is_counted, .timeout = 60)
{
    build(1);
    start();
    const uint64_t total = ring_capacity(&ports[1]->inbox) + 500;
    const uint64_t limit_ns = host_now_ns() + LIMIT_NS;
    for (uint64_t sent = 0; sent < total;) {
        if (ring_room_sp(&ports[0]->outboxes[0].ring, 1) > 0) {
            send_message(0, 1, sent++);
        }
    }
    while (ring_depth(&ports[0]->outboxes[0].ring) > 0) {
        cr_assert_lt(host_now_ns(), limit_ns);
        sched_yield();
    }
    finish();
    destroy();
    cr_assert_eq(report.messages.discarded, total);
}

Test(delay_line, what_is_under_way_at_the_end_is_counted_and_given_back, .timeout = 60)
{
    links.delay = (struct delay){.kind = DELAY_FIXED, .a = 1e12};
    links.client_delay = (struct delay){.kind = DELAY_NONE};
    build(2);
    struct payload *payload = payload_allocate(100);
    send_stamped(0, TO_ALL_REPLICAS, 1, payload, 0); /* 4 in the wheels */
    send_stamped(0, 6, 1, payload, 0);               /* unread in an inbox */
    start();
    node_id from;
    receive(topology_agent_of(&topology, 6), &from);
    finish();
    send_stamped(1, TO_ALL_REPLICAS, 2, payload, 0); /* 4 that never left the outbox */
    send_stamped(5, TO_ALL_REPLICAS, 2, payload, 0); /* 5 */
    destroy();
    cr_assert_eq(report.messages.discarded, 4 + 1 + 4 + 5);
    cr_assert_eq(payload->references, 1);
    payload_drop(payload);
}
