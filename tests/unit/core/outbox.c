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
