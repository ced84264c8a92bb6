#include "runner/bench_relay.h"

#include <assert.h>
#include <stdlib.h>

#include "core/log.h"
#include "net/bundle.h"
#include "net/clock.h"
#include "net/memory.h"
#include "net/pass.h"
#include "runner/bench_session.h"

#define PASS_MESSAGES 2048u /* as a delay line's */
#define WANTED 1024u        /* messages of a round: an inbox takes them all */
#define SLAB_SLOTS (4 * PASS_MESSAGES)

struct relay {
    uint32_t replicas, window;
    uint32_t sequences; /* of a round */
    struct topology topology;
    struct run_clock clock;
    struct port **ports;
    struct bundler *bundlers;
    struct log *logs;
    struct delivery delivery;
    struct pass pass;
    bool has_delivery, has_pass;
    struct stopwatch over, counting;
    uint64_t votes, counted;
};

static bool create_replicas(struct relay *relay)
{
    for (uint32_t i = 0; i < relay->replicas; i++) {
        relay->ports[i] = port_create(&relay->topology, i, relay->window, 1);
        if (relay->ports[i] == NULL || !bundler_init(&relay->bundlers[i], &relay->topology, i, false) ||
            !log_create(&relay->logs[i], relay->replicas, relay->window, relay->window, AUTH_NONE)) {
            return false;
        }
    }
    return true;
}

struct relay *relay_create(uint32_t replicas, uint32_t window)
{
    struct relay *relay = memory_lines(1, sizeof *relay);
    if (relay == NULL) {
        return NULL;
    }
    relay->replicas = replicas;
    relay->window = window;
    relay->sequences = WANTED / (2 * replicas) > 0 ? WANTED / (2 * replicas) : 1;
    if (relay->sequences > window / 2) {
        relay->sequences = window / 2;
    }
    relay->topology = (struct topology){.replicas = replicas, .nodes = replicas, .lines = 1};
    relay->clock = (struct run_clock){.origin_ns = host_now_ns(), .scale = 1};
    relay->ports = calloc(replicas, sizeof(struct port *));
    relay->logs = calloc(replicas, sizeof *relay->logs);
    relay->bundlers = calloc(replicas, sizeof *relay->bundlers);
    bool done = relay->ports != NULL && relay->logs != NULL && relay->bundlers != NULL && create_replicas(relay);
    if (done) {
        relay->has_delivery = delivery_init(&relay->delivery, &relay->topology, &relay->clock, 0, relay->ports,
                                            SLAB_SLOTS);
        relay->has_pass = relay->has_delivery && pass_init(&relay->pass, &relay->delivery, 2 * PASS_MESSAGES);
    }
    if (!relay->has_pass) {
        relay_destroy(relay);
        return NULL;
    }
    return relay;
}

void relay_destroy(struct relay *relay)
{
    if (relay == NULL) {
        return;
    }
    if (relay->has_pass) {
        pass_destroy(&relay->pass);
    }
    if (relay->has_delivery) {
        delivery_destroy(&relay->delivery);
    }
    const bool begun = relay->ports != NULL && relay->logs != NULL && relay->bundlers != NULL;
    for (uint32_t i = 0; begun && i < relay->replicas; i++) {
        port_destroy(relay->ports[i]);
        log_destroy(&relay->logs[i]);
        bundler_destroy(&relay->bundlers[i]);
    }
    free(relay->bundlers);
    free(relay->ports);
    free(relay->logs);
    free(relay);
}

static struct digest digest_at(sequence_number sequence)
{
    return (struct digest){{sequence, 1}};
}

/* Every replica has accepted the next sequence numbers, and its own votes. */
static void open_sequences(struct relay *relay, sequence_number first)
{
    for (uint32_t i = 0; i < relay->replicas; i++) {
        struct log *log = &relay->logs[i];
        if (first + relay->sequences > log->low + log->window) {
            log_advance(log, first - 1);
        }
        for (sequence_number sequence = first; sequence < first + relay->sequences; sequence++) {
            log_open(log, sequence, 0, digest_at(sequence), 0, (union vote_auth){.tag = 0}, NULL);
        }
    }
}

/* What an agent does with a flush of its outbox. */
static void send(struct relay *relay, node_id from, const struct message *messages, uint32_t count)
{
    struct outbox_ring *outbox = &relay->ports[from]->outboxes[0];
    struct bundler *bundler = &relay->bundlers[from];
    node_id authors[BUNDLE_MOST];
    for (uint32_t i = 0; i < count; i++) {
        authors[i] = from;
    }
    const bool bundled = bundler_plan(bundler, messages, authors, count);
    for (uint32_t i = 0; i < count; i++) {
        struct message bundle;
        const struct message *leaving = bundled ? bundler_take(bundler, i, &messages[i], from, 0, &bundle)
                                                : &messages[i];
        if (leaving != NULL) {
            outbox_fill_sp(outbox, leaving, from);
        }
    }
}

/* A replica's PREPAREs and COMMITs; the primary, 0, sends no PREPARE. */
static void vote(struct relay *relay, node_id from, sequence_number first, uint64_t now_ns)
{
    struct outbox_ring *outbox = &relay->ports[from]->outboxes[0];
    const uint32_t wanted = 2 * relay->sequences;
    const uint32_t room = ring_room_sp(&outbox->ring, wanted);
    assert(room >= wanted);
    struct message messages[BUNDLE_MOST];
    uint32_t count = 0;
    for (uint32_t i = from == 0 ? relay->sequences : 0; i < wanted; i++) {
        const sequence_number sequence = first + i % relay->sequences;
        messages[count++] = (struct message){
            .type = i < relay->sequences ? MESSAGE_PREPARE : MESSAGE_COMMIT,
            .sequence = sequence,
            .digest = digest_at(sequence),
            .tag = sequence * 31 + from,
            .sent_ns = now_ns,
            .sender = from,
            .to = TO_ALL_REPLICAS,
        };
        if (count == BUNDLE_MOST || i + 1 == wanted) {
            send(relay, from, messages, count);
            count = 0;
        }
    }
    ring_publish_sp(&outbox->ring);
}

static void collect(struct relay *relay, node_id from)
{
    struct outbox_ring *outbox = &relay->ports[from]->outboxes[0];
    const uint32_t readable = ring_readable_sc(&outbox->ring);
    for (uint32_t i = 0; i < readable; i++) {
        node_id author;
        const struct message *message = outbox_entry_sc(outbox, i, &author);
        pass_add(&relay->pass, message, author, i);
    }
    ring_release_sc(&outbox->ring, readable);
}

static void hand_over(struct relay *relay, sequence_number first)
{
    const uint64_t now_ns = clock_emulated_ns(&relay->clock, host_now_ns());
    for (node_id from = 0; from < relay->replicas; from++) {
        vote(relay, from, first, now_ns);
    }
    for (node_id from = 0; from < relay->replicas; from++) {
        collect(relay, from);
    }
    pass_fan_out(&relay->pass);
    delivery_flush(&relay->delivery);
}

static void count_bundle(struct relay *relay, node_id replica, struct payload *payload)
{
    struct bundle *bundle = bundle_of(payload);
    const struct brief_vote *votes = bundle_votes(bundle);
    assert(votes != NULL);
    for (uint32_t i = 0; i < bundle->count; i++) {
        const enum phase phase = votes[i].head & BRIEF_COMMIT ? PHASE_COMMIT : PHASE_PREPARE;
        relay->counted += log_vote(&relay->logs[replica], phase, votes[i].head & ~BRIEF_COMMIT, bundle->view,
                                   votes[i].digest, bundle->from,
                                   (union vote_auth){.tag = votes[i].tag}) == REJECT_NONE;
    }
    payload_drop(payload);
}

static void count_one(struct relay *relay, node_id replica, const struct message *message, node_id from)
{
    const enum phase phase = message->type == MESSAGE_PREPARE ? PHASE_PREPARE : PHASE_COMMIT;
    relay->counted += log_vote(&relay->logs[replica], phase, message->sequence, message->view, message->digest, from,
                               message->auth) == REJECT_NONE;
}

static void count(struct relay *relay)
{
    for (uint32_t i = 0; i < relay->replicas; i++) {
        struct ring_spsc *inbox = &relay->ports[i]->inbox;
        const uint32_t readable = ring_readable_sc(inbox);
        for (uint32_t k = 0; k < readable; k++) {
            const struct reference reference = inbox_entry_sc(inbox, k);
            const struct message *message = &relay->delivery.slab.messages[reference.slot];
            if (bundle_is_one(message)) {
                count_bundle(relay, i, message->payload);
            } else {
                count_one(relay, i, message, reference.from);
            }
        }
        ring_release_sc(inbox, readable);
    }
}

struct relay_cost relay_measure(struct relay *relay, uint64_t time_ns)
{
    const uint64_t until_ns = host_now_ns() + time_ns;
    const uint64_t n = relay->replicas;
    const uint64_t votes = relay->sequences * (2 * n - 1) * (n - 1);
    sequence_number first = relay->logs[0].low + relay->logs[0].window + 1; /* behind all that was opened before */
    stopwatch_reset(&relay->over);
    relay->counting = relay->over;
    relay->votes = relay->counted = 0;
    do {
        open_sequences(relay, first);
        stopwatch_start(&relay->over);
        hand_over(relay, first);
        stopwatch_stop(&relay->over);
        stopwatch_start(&relay->counting);
        count(relay);
        stopwatch_stop(&relay->counting);
        relay->votes += votes;
        first += relay->sequences;
    } while (host_now_ns() < until_ns);
    assert(relay->counted == relay->votes);
    return (struct relay_cost){
        .hand_over_ns = (double)relay->over.total_ns / (double)relay->votes,
        .count_ns = (double)relay->counting.total_ns / (double)relay->votes,
    };
}
