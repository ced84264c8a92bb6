/* Authenticators: an authentic message opens at its receiver, everything else does not. */
#include <criterion/criterion.h>

#include "core/seal.h"

#define REPLICAS 5
#define NODES 7 /* with two clients */

static void reclaim(struct payload *payload)
{
    free(payload);
}

static struct payload *payload_of(uint32_t size)
{
    struct payload *payload = calloc(1, sizeof *payload + size);
    atomic_init(&payload->references, 1);
    payload->size = size;
    payload->reclaim = reclaim;
    return payload;
}

static struct keyring *equipped(enum auth_mode mode)
{
    struct keyring *keyring = keyring_create(NODES, 1);
    cr_assert(keyring_equip(keyring, mode, REPLICAS));
    cr_assert_eq(keyring_mode(keyring), mode);
    return keyring;
}

/* Sealed as `author`; with contents. */
static struct message sealed(const struct keyring *keyring, node_id author, node_id to)
{
    struct message message = {.type = MESSAGE_PRE_PREPARE, .sender = author, .to = to, .attempt = 1};
    message.view = 2;
    message.sequence = 9;
    message.tag = 1234;
    message.payload = payload_of(8);
    payload_seal(message.payload);
    message.digest = payload_digest(message.payload);
    seal_message(&message, payload_of(seal_size(keyring, to)), keyring, author);
    return message;
}

#define FOR_BOTH_MODES(mode) for (enum auth_mode mode = AUTH_MAC; mode <= AUTH_SIGNATURE; mode++)

Test(seal, a_broadcast_opens_at_every_other_replica_and_carries_its_contents)
{
    FOR_BOTH_MODES(mode)
    {
        struct keyring *keyring = equipped(mode);
        struct message message = sealed(keyring, 1, TO_ALL_REPLICAS), opened;
        for (node_id self = 0; self < REPLICAS; self += 1 + (self == 0)) { /* 1 is its author */
            cr_assert(seal_open(&message, keyring, NULL, self, 1, &opened), "mode %d, replica %u", mode, self);
            cr_assert_eq(opened.payload, message_contents(&message));
            cr_assert(digest_equal(payload_digest(opened.payload), message.digest));
            cr_assert_eq(opened.flags & MESSAGE_SEALED, 0);
        }
        payload_drop(message.payload);
        keyring_destroy(keyring);
    }
}

Test(seal, between_client_and_replica_it_opens_at_its_receiver)
{
    FOR_BOTH_MODES(mode)
    {
        struct keyring *keyring = equipped(mode);
        struct message opened;
        struct message request = sealed(keyring, 6, 2);
        cr_assert(seal_open(&request, keyring, NULL, 2, 6, &opened));
        struct message reply = sealed(keyring, 2, 6);
        cr_assert(seal_open(&reply, keyring, NULL, 6, 2, &opened));
        payload_drop(request.payload);
        payload_drop(reply.payload);
        keyring_destroy(keyring);
    }
}

Test(seal, nobody_seals_as_another)
{
    FOR_BOTH_MODES(mode)
    {
        struct keyring *keyring = equipped(mode);
        for (node_id author = 0; author < NODES; author++) {
            struct message message = sealed(keyring, author, 0), opened;
            for (node_id from = 0; from < NODES; from++) {
                cr_assert_eq(seal_open(&message, keyring, NULL, 0, from, &opened), from == author, "%u as %u", author,
                             from);
            }
            payload_drop(message.payload);
        }
        keyring_destroy(keyring);
    }
}

Test(seal, a_mac_is_for_one_receiver)
{
    struct keyring *keyring = equipped(AUTH_MAC);
    struct message message = sealed(keyring, 1, 2), opened;
    cr_assert(seal_open(&message, keyring, NULL, 2, 1, &opened));
    cr_assert_not(seal_open(&message, keyring, NULL, 3, 1, &opened));
    payload_drop(message.payload);
    keyring_destroy(keyring);
}

/* A primary that is wrong on purpose for one receiver: the others cannot tell. */
Test(seal, in_a_broadcast_a_wrong_mac_is_refused_by_its_receiver_alone)
{
    struct keyring *keyring = equipped(AUTH_MAC);
    for (node_id victim = 0; victim < REPLICAS; victim++) {
        struct message message = sealed(keyring, 1, TO_ALL_REPLICAS), opened;
        message.payload->bytes[victim * sizeof(uint64_t)] ^= 1;
        for (node_id self = 0; self < REPLICAS; self += 1 + (self == 0)) {
            cr_assert_eq(seal_open(&message, keyring, NULL, self, 1, &opened), self != victim);
        }
        payload_drop(message.payload);
    }
    keyring_destroy(keyring);
}

/* n-1 of them, and a place that says nothing for the sender itself. */
Test(seal, a_broadcast_has_a_mac_for_each_other_replica)
{
    struct keyring *keyring = equipped(AUTH_MAC);
    struct message message = sealed(keyring, 1, TO_ALL_REPLICAS);
    cr_assert_eq(message.payload->size, REPLICAS * sizeof(uint64_t));
    const uint64_t *macs = (const uint64_t *)(const void *)message.payload->bytes;
    for (node_id one = 0; one < REPLICAS; one++) {
        cr_assert_eq(macs[one] == 0, one == 1);
        for (node_id other = 0; other < one; other++) {
            cr_assert_neq(macs[one], macs[other], "each under a key of its own");
        }
    }
    payload_drop(message.payload);
    keyring_destroy(keyring);
}

static void change_field(struct message *message, uint32_t field)
{
    switch (field) {
    case 0:
        message->type = MESSAGE_COMMIT;
        break;
    case 1:
        message->flags |= MESSAGE_ANSWER;
        break;
    case 2:
        message->attempt++;
        break;
    case 3:
        message->view++;
        break;
    case 4:
        message->sequence++;
        break;
    case 5:
        message->digest.words[1] ^= 1;
        break;
    case 6:
        message->tag ^= 1;
        break;
    case 7:
        message->sender++;
        break;
    default:
        message->payload->beneath->bytes[0] ^= 1; /* other contents */
        payload_seal(message->payload->beneath);
    }
}

/* With MACs everything; with a signature what the vote says (2 type, 3 view, 4 sequence number, 5 digest): its contents
 * are bound by the digest, the rest is the transport's. */
Test(seal, every_field_of_a_vote_that_is_to_be_bound_is_covered)
{
    FOR_BOTH_MODES(mode)
    {
        struct keyring *keyring = equipped(mode);
        for (uint32_t field = 0; field <= 8; field++) {
            struct message message = sealed(keyring, 1, TO_ALL_REPLICAS), opened;
            change_field(&message, field);
            bool transport = field == 1 || field == 2 || field >= 6;
            cr_assert_eq(seal_open(&message, keyring, NULL, 2, 1, &opened), mode == AUTH_SIGNATURE && transport,
                         "mode %d, field %u", mode, field);
            payload_drop(message.payload);
        }
        keyring_destroy(keyring);
    }
}

Test(seal, every_field_of_any_other_message_is_covered)
{
    FOR_BOTH_MODES(mode)
    {
        struct keyring *keyring = equipped(mode);
        for (uint32_t field = 0; field <= 8; field++) {
            struct message message = {.type = MESSAGE_REQUEST, .sender = 1, .to = 2};
            message.payload = payload_of(8);
            payload_seal(message.payload);
            seal_message(&message, payload_of(seal_size(keyring, 2)), keyring, 1);
            change_field(&message, field);
            struct message opened;
            bool unused = field == 6 && mode == AUTH_SIGNATURE; /* there is no tag then */
            cr_assert_eq(seal_open(&message, keyring, NULL, 2, 1, &opened), unused, "mode %d, field %u", mode, field);
            payload_drop(message.payload);
        }
        keyring_destroy(keyring);
    }
}

/* Put together again it is what it was: for what is kept until its view opens (R9). */
Test(seal, a_signed_message_can_be_taken_apart_and_put_together)
{
    struct keyring *keyring = equipped(AUTH_SIGNATURE);
    struct message message = sealed(keyring, 1, TO_ALL_REPLICAS), opened, reopened;
    cr_assert(seal_open(&message, keyring, NULL, 2, 1, &opened));
    const struct message again = seal_rewrapped(&opened, keyring);
    cr_assert_eq(again.payload, message.payload);
    cr_assert(seal_open(&again, keyring, NULL, 3, 1, &reopened));
    payload_drop(message.payload);
    keyring_destroy(keyring);
}

Test(seal, what_is_not_sealed_or_of_the_wrong_size_does_not_open)
{
    FOR_BOTH_MODES(mode)
    {
        struct keyring *keyring = equipped(mode);
        struct message message = sealed(keyring, 1, 2), opened;
        struct message bare = message;
        bare.flags = 0;
        cr_assert_not(seal_open(&bare, keyring, NULL, 2, 1, &opened));
        bare = message;
        bare.payload = NULL;
        cr_assert_not(seal_open(&bare, keyring, NULL, 2, 1, &opened));
        message.payload->size--;
        cr_assert_not(seal_open(&message, keyring, NULL, 2, 1, &opened));
        payload_drop(message.payload);
        keyring_destroy(keyring);
    }
}
