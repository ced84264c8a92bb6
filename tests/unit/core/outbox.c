/* What leaves a node: a vote is signed once, however many it goes to and however it goes. */
#include <criterion/criterion.h>

#include "tests/support/collector.h"

#define REPLICAS 7

static struct keyring *keyring_of(enum auth_mode mode)
{
    struct keyring *keyring = keyring_create(REPLICAS + 1, 1);
    cr_assert(keyring_equip(keyring, mode, REPLICAS));
    return keyring;
}

static struct message vote(sequence_number sequence)
{
    return (struct message){.type = MESSAGE_COMMIT, .sender = 2, .sequence = sequence, .digest = {{3, 4}}};
}

Test(outbox, a_vote_is_signed_once_whether_it_is_broadcast_or_goes_to_one_after_the_other)
{
    struct keyring *keyring = keyring_of(AUTH_SIGNATURE);
    struct collector out;
    collector_create(&out, keyring, 2);
    for (sequence_number sequence = 1; sequence <= 5; sequence++) {
        (void)outbox_broadcast(&out.outbox, vote(sequence));
        for (node_id to = 0; to < REPLICAS; to++) {
            (void)outbox_send(&out.outbox, to, vote(sequence));
        }
        cr_assert_eq(out.outbox.last_vote.made, sequence);
    }
    collector_gather(&out);
    cr_assert_eq(out.message_count, 5 * (1 + REPLICAS));
    for (uint32_t index = 0; index < out.message_count; index++) {
        struct message opened;
        cr_assert(seal_open(&out.messages[index], keyring, NULL, 0, 2, &opened), "message %u", index);
        cr_assert_eq(out.messages[index].tag, 0, "no tag beside a signature");
    }
    cr_assert_eq(collector_destroy(&out), 0);
    keyring_destroy(keyring);
}

/* What the sender puts into its own certificate is what the others get. */
Test(outbox, the_signature_that_it_returns_is_the_one_that_travels)
{
    struct keyring *keyring = keyring_of(AUTH_SIGNATURE);
    struct collector out;
    collector_create(&out, keyring, 2);
    union vote_auth auth = outbox_broadcast(&out.outbox, vote(1));
    struct signature kept = *auth.signature;
    collector_gather(&out);
    cr_assert_eq(memcmp(out.messages[0].payload->bytes, &kept, sizeof kept), 0);
    struct signature right = auth_sign_vote(keyring, 2, MESSAGE_COMMIT, 0, 1, (struct digest){{3, 4}});
    cr_assert_eq(memcmp(&right, &kept, sizeof kept), 0);
    cr_assert_eq(collector_destroy(&out), 0);
    keyring_destroy(keyring);
}

/* Whoever it claims to be, it signs as itself. */
Test(outbox, it_speaks_with_its_owners_voice_only)
{
    for (enum auth_mode mode = AUTH_MAC; mode <= AUTH_SIGNATURE; mode++) {
        struct keyring *keyring = keyring_of(mode);
        struct collector out;
        collector_create(&out, keyring, 2);
        struct message forged = vote(1), opened;
        forged.sender = 5;
        (void)outbox_broadcast(&out.outbox, forged);
        collector_gather(&out);
        cr_assert_not(seal_open(&out.messages[0], keyring, NULL, 0, 5, &opened));
        cr_assert(seal_open(&out.messages[0], keyring, NULL, 0, 2, &opened));
        cr_assert_eq(opened.sender, 5, "which whoever gets it compares with where it came from (R7)");
        cr_assert_eq(collector_destroy(&out), 0);
        keyring_destroy(keyring);
    }
}

/* --- an outbox of few places, that empties itself as drivers' do --- */

#define MOST_PLACES 4
#define MOST_LEFT 64

struct departure {
    bool is_entry;
    struct message message; /* opened, if it was sealed */
    struct journal_entry entry;
};

struct exit {
    struct outbox outbox;
    struct message messages[MOST_PLACES];
    struct journal_entry entries[MOST_PLACES];
    struct collector memory;
    struct departure left[MOST_LEFT];
    uint32_t count;
};

/* Nobody looks at a place again once it is empty. */
static void flush_messages(struct outbox *outbox)
{
    struct exit *exit = outbox->driver;
    for (uint32_t index = 0; index < outbox->message_count; index++) {
        const struct message *message = &outbox->messages[index];
        cr_assert_lt(exit->count, MOST_LEFT);
        struct departure *departure = &exit->left[exit->count++];
        *departure = (struct departure){.message = *message};
        if (message->flags & MESSAGE_SEALED) {
            cr_assert(seal_open(message, outbox->keyring, NULL, 3, outbox->owner, &departure->message));
        }
        if (message->payload != NULL) {
            payload_drop(message->payload);
        }
    }
    memset(outbox->messages, 0xee, outbox->message_capacity * sizeof *outbox->messages);
    outbox->message_count = 0;
}

/* What a node reports comes after what it has sent. */
static void flush_journal(struct outbox *outbox)
{
    struct exit *exit = outbox->driver;
    flush_messages(outbox);
    for (uint32_t index = 0; index < outbox->entry_count; index++) {
        cr_assert_lt(exit->count, MOST_LEFT);
        exit->left[exit->count++] = (struct departure){.is_entry = true, .entry = outbox->entries[index]};
    }
    memset(outbox->entries, 0xee, outbox->entry_capacity * sizeof *outbox->entries);
    outbox->entry_count = 0;
}

static struct payload *allocate(struct outbox *outbox, uint32_t size)
{
    struct exit *exit = outbox->driver;
    return collector_allocate(&exit->memory, size);
}

static void open_exit(struct exit *exit, const struct keyring *keyring, uint32_t messages, uint32_t entries)
{
    static const struct outbox_operations operations = {flush_messages, flush_journal, allocate};
    memset(exit, 0, sizeof *exit);
    collector_create(&exit->memory, keyring, 2);
    exit->outbox = (struct outbox){.messages = exit->messages,
                                   .message_capacity = messages,
                                   .entries = exit->entries,
                                   .entry_capacity = entries,
                                   .operations = &operations,
                                   .keyring = keyring,
                                   .auth = keyring_mode(keyring),
                                   .watch = vote_watch_create(4, 10),
                                   .owner = 2,
                                   .driver = exit};
}

static void close_exit(struct exit *exit)
{
    vote_watch_destroy(exit->outbox.watch);
    cr_assert_eq(collector_destroy(&exit->memory), 0);
}

/* The owner's vote for one of two digests, numbered by its time; every second of a sequence number is forbidden. */
static struct message contradiction(uint32_t number)
{
    struct message message = {.type = MESSAGE_PREPARE, .sender = 2, .view = 1, .sequence = 1 + number / 2};
    message.digest = (struct digest){{7, number % 2}};
    return message;
}

static void check_message(const struct message *message, const struct keyring *keyring, uint32_t number)
{
    const struct message right = contradiction(number);
    bool says = message->type == right.type && message->sender == right.sender && message->view == right.view &&
                message->sequence == right.sequence && digest_equal(message->digest, right.digest);
    cr_assert(says, "vote %u", number);
    cr_assert_eq(message->to, number % 3 == 0 ? TO_ALL_REPLICAS : 3, "vote %u", number);
    cr_assert_eq(message->sent_ns, 100 + number, "vote %u", number);
    if (keyring_mode(keyring) != AUTH_SIGNATURE) {
        cr_assert_eq(message->tag, auth_tag(keyring, 2, right.type, right.view, right.sequence, right.digest),
                     "vote %u", number);
    }
}

/* Reporting it may empty the outbox, the forbidden vote with it. */
Test(outbox, a_forbidden_vote_leaves_once_and_whole_and_its_entry_follows)
{
    for (enum auth_mode mode = AUTH_NONE; mode <= AUTH_SIGNATURE; mode++) {
        struct keyring *keyring = keyring_of(mode);
        for (uint32_t places = 0; places < MOST_PLACES * MOST_PLACES; places++) {
            struct exit exit;
            open_exit(&exit, keyring, 1 + places % MOST_PLACES, 1 + places / MOST_PLACES);
            for (uint32_t number = 0; number < 20; number++) {
                struct message message = contradiction(number);
                exit.outbox.now_ns = 100 + number;
                (void)outbox_put(&exit.outbox, number % 3 == 0 ? TO_ALL_REPLICAS : 3, &message);
                cr_assert_leq(exit.outbox.message_count, exit.outbox.message_capacity);
                cr_assert_leq(exit.outbox.entry_count, exit.outbox.entry_capacity);
            }
            flush_journal(&exit.outbox);
            uint32_t votes = 0, entries = 0;
            for (uint32_t index = 0; index < exit.count; index++) {
                const struct journal_entry *entry = &exit.left[index].entry;
                if (!exit.left[index].is_entry) {
                    check_message(&exit.left[index].message, keyring, votes++);
                    continue;
                }
                const struct message forbidden = contradiction(2 * entries + 1);
                cr_assert_eq(entry->kind, JOURNAL_FORBIDDEN_VOTE);
                cr_assert(entry->sequence == forbidden.sequence && entry->view == forbidden.view &&
                          digest_equal(entry->digest, forbidden.digest));
                cr_assert_leq(2 * ++entries, votes, "after the vote that it is about");
            }
            cr_assert_eq(votes, 20);
            cr_assert_eq(entries, 10);
            close_exit(&exit);
        }
        keyring_destroy(keyring);
    }
}

/* The outbox holds the contents for as long as the message is in it; the caller's reference stays the caller's. */
Test(outbox, contents_are_held_once_while_a_message_waits)
{
    struct keyring *keyring = keyring_of(AUTH_NONE);
    struct exit exit;
    open_exit(&exit, keyring, 2, 1);
    struct payload *contents = collector_allocate(&exit.memory, 8);
    for (uint32_t number = 0; number < 6; number++) {
        struct message message = contradiction(number);
        message.type = MESSAGE_PRE_PREPARE;
        message.payload = contents;
        (void)outbox_put(&exit.outbox, 3, &message);
        cr_assert_eq(contents->references, 1 + exit.outbox.message_count, "after %u", number);
    }
    flush_journal(&exit.outbox);
    cr_assert_eq(contents->references, 1);
    cr_assert_eq(exit.count, 6 + 3);
    payload_drop(contents);
    close_exit(&exit);
    keyring_destroy(keyring);
}
