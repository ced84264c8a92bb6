/* Rings between two threads that do nothing else: every entry comes once, in order, unchanged, and what is borrowed
 * does not change before it is released.
 *
 *   stress.rings [ENTRIES] */
#include <pthread.h>
#include <sched.h>

#include "net/ring.h"
#include "tests/stress/harness.h"

enum { SLOTS = 64 };

/* References to messages that the producer reuses as soon as the consumer has passed. */
struct borrowed {
    struct ring_spsc inbox;
    struct message messages[SLOTS];
    uint32_t tails[SLOTS]; /* the producer's: index after the entry that names the slot */
    uint64_t total;
};

static void *lend(void *argument)
{
    struct borrowed *shared = argument;
    for (uint64_t i = 0; i < shared->total;) {
        const uint32_t batch = 1 + (uint32_t)(i * 2654435761u >> 7) % 20;
        for (uint32_t k = 0; k < batch && i < shared->total && ring_room_sp(&shared->inbox, 1) > 0; k++) {
            const uint32_t slot = (uint32_t)(i % SLOTS);
            if (i >= SLOTS && !ring_passed_sp(&shared->inbox, shared->tails[slot])) {
                break;
            }
            shared->messages[slot] = (struct message){.sequence = i, .tag = ~i, .sent_ns = i * 3};
            inbox_fill_sp(&shared->inbox, (struct reference){slot, (node_id)(i % 1000)});
            shared->tails[slot] = ring_tail_sp(&shared->inbox);
            i++;
        }
        ring_publish_sp(&shared->inbox);
        if (ring_room_sp(&shared->inbox, 1) == 0) {
            sched_yield();
        }
    }
    return NULL;
}

static void borrow(struct borrowed *shared)
{
    for (uint64_t expected = 0; expected < shared->total;) {
        const uint32_t count = ring_readable_sc(&shared->inbox);
        for (uint32_t i = 0; i < count; i++, expected++) {
            const struct reference reference = inbox_entry_sc(&shared->inbox, i);
            const struct message *message = &shared->messages[reference.slot];
            CHECK(reference.from == expected % 1000, "entry %" PRIu64, expected);
            CHECK(message->sequence == expected && message->tag == ~expected && message->sent_ns == expected * 3,
                  "message %" PRIu64 " reads as %" PRIu64, expected, message->sequence);
        }
        if (count > 0) {
            ring_release_sc(&shared->inbox, count);
        } else {
            sched_yield();
        }
    }
}

struct values {
    struct outbox_ring outbox;
    struct ring_spsc journal;
    uint64_t total;
};

static void *send_values(void *argument)
{
    struct values *shared = argument;
    uint64_t messages = 0;
    uint64_t entries = 0;
    while (messages < shared->total || entries < shared->total) {
        for (; messages < shared->total && ring_room_sp(&shared->outbox.ring, 1) > 0; messages++) {
            outbox_fill_sp(&shared->outbox, &(struct message){.sequence = messages, .tag = ~messages},
                           (node_id)(messages % 77));
        }
        ring_publish_sp(&shared->outbox.ring);
        for (; entries < shared->total && ring_room_sp(&shared->journal, 1) > 0; entries++) {
            journal_fill_sp(&shared->journal, &(struct journal_entry){.sequence = entries, .history = ~entries});
        }
        ring_publish_sp(&shared->journal);
        sched_yield();
    }
    return NULL;
}

static uint64_t take_messages(struct values *shared, uint64_t expected)
{
    const uint32_t count = ring_readable_sc(&shared->outbox.ring);
    for (uint32_t i = 0; i < count; i++, expected++) {
        node_id author;
        const struct message *message = outbox_entry_sc(&shared->outbox, i, &author);
        CHECK(message->sequence == expected && message->tag == ~expected && author == expected % 77, "message %" PRIu64,
              expected);
    }
    if (count > 0) {
        ring_release_sc(&shared->outbox.ring, count);
    }
    return expected;
}

static uint64_t take_entries(struct values *shared, uint64_t expected)
{
    uint32_t count;
    const struct journal_entry *entries = journal_entries_sc(&shared->journal, &count);
    for (uint32_t i = 0; i < count; i++, expected++) {
        CHECK(entries[i].sequence == expected && entries[i].history == ~expected, "entry %" PRIu64, expected);
    }
    if (count > 0) {
        ring_release_sc(&shared->journal, count);
    }
    return expected;
}

int main(int argc, char **argv)
{
    const uint64_t total = argument(argc, argv, 1, 200000);
    pthread_t thread;
    static struct borrowed borrowed;
    borrowed.total = total;
    CHECK(ring_init(&borrowed.inbox, 32, sizeof(struct reference)), "memory");
    CHECK(pthread_create(&thread, NULL, lend, &borrowed) == 0, "thread");
    borrow(&borrowed);
    pthread_join(thread, NULL);
    ring_destroy(&borrowed.inbox);

    static struct values values;
    values.total = total;
    CHECK(outbox_ring_init(&values.outbox, 64, true, 0) &&
              ring_init(&values.journal, 128, sizeof(struct journal_entry)),
          "memory");
    CHECK(pthread_create(&thread, NULL, send_values, &values) == 0, "thread");
    uint64_t messages = 0;
    uint64_t entries = 0;
    while (messages < total || entries < total) {
        messages = take_messages(&values, messages);
        entries = take_entries(&values, entries);
        sched_yield();
    }
    pthread_join(thread, NULL);
    outbox_ring_destroy(&values.outbox);
    ring_destroy(&values.journal);
    printf("%" PRIu64 " entries through each ring\n", total);
    return 0;
}
