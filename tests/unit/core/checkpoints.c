/* CHECKPOINT votes: counted by digest, one a sender, bounded, and forgotten once stable. */
#include <criterion/criterion.h>

#include "core/checkpoints.h"
#include "core/quorum.h"

static struct digest digest_number(uint64_t number)
{
    return (struct digest){{number, 77}};
}

static struct checkpoints checkpoints;
static uint32_t votes;

static void create(uint32_t n, uint32_t interval, uint32_t window)
{
    cr_assert(checkpoints_create(&checkpoints, n, quorum_size(n), interval, window, AUTH_NONE));
}

static enum reject vote(sequence_number sequence, uint64_t number, node_id sender)
{
    return checkpoints_vote(&checkpoints, sequence, digest_number(number), sender,
                            (union vote_auth){.tag = 1ULL << (sender % 64)}, &votes);
}

Test(checkpoints, matching_votes_add_up_and_become_the_proof_of_the_stable_one)
{
    for (uint32_t n = 1; n <= 130; n += 43) {
        create(n, 10, 20);
        uint64_t tags = 0;
        for (node_id sender = 0; sender < n; sender++) {
            cr_assert_eq(vote(10, 1, sender), REJECT_NONE);
            cr_assert_eq(votes, sender + 1);
            tags ^= 1ULL << (sender % 64);
        }
        checkpoints_settle(&checkpoints, 10, digest_number(1));
        cr_assert_eq(checkpoints.stable.sequence, 10);
        cr_assert(digest_equal(checkpoints.stable.digest, digest_number(1)));
        cr_assert_eq(checkpoints.stable.votes.count, n);
        cr_assert_eq(checkpoints.stable.votes.tags, tags);
        checkpoints_destroy(&checkpoints);
    }
}

Test(checkpoints, later_votes_for_the_stable_one_join_its_proof_once)
{
    create(7, 10, 20);
    for (node_id sender = 0; sender < 5; sender++) {
        vote(10, 1, sender);
    }
    vote(10, 2, 5);
    checkpoints_settle(&checkpoints, 10, digest_number(1));
    cr_assert_eq(checkpoints_confirm(&checkpoints, digest_number(1), 6, (union vote_auth){.tag = 1ULL << 6}),
                 REJECT_NONE);
    cr_assert_eq(checkpoints_confirm(&checkpoints, digest_number(1), 6, (union vote_auth){.tag = 1ULL << 6}),
                 REJECT_DUPLICATE_VOTE);
    cr_assert_eq(checkpoints_confirm(&checkpoints, digest_number(1), 0, (union vote_auth){.tag = 1}),
                 REJECT_DUPLICATE_VOTE);
    cr_assert_eq(checkpoints_confirm(&checkpoints, digest_number(2), 5, (union vote_auth){.tag = 1ULL << 5}),
                 REJECT_OBSOLETE);
    cr_assert_eq(checkpoints.stable.votes.count, 6);
    cr_assert_eq(checkpoints.stable.votes.tags, 0x5f);
    checkpoints_destroy(&checkpoints);
}

Test(checkpoints, a_proof_that_others_gathered_is_taken_over_as_it_is)
{
    for (uint32_t n = 4; n <= 130; n += 21) {
        create(n, 10, 20);
        struct proof_shape shape = proof_shape(n, quorum_size(n), AUTH_NONE);
        uint32_t bitsets = place_pool_left(&checkpoints.bitsets.bitsets);
        struct proof *proof = calloc(1, proof_size(shape));
        proof->tags = 0xabcdef;
        for (node_id sender = n - quorum_size(n); sender < n; sender++) {
            proof->senders[sender / 64] |= 1ULL << (sender % 64);
        }
        vote(10, 1, 0);
        vote(40, 1, 0);
        checkpoints_adopt(&checkpoints, 30, digest_number(9), proof, shape);
        cr_assert_eq(checkpoints.stable.sequence, 30);
        cr_assert_eq(checkpoints.stable.votes.count, quorum_size(n));
        cr_assert_eq(checkpoints.stable.votes.tags, 0xabcdef);
        cr_assert_not(certificate_has(&checkpoints.stable.votes, &checkpoints.bitsets, 0));
        cr_assert(certificate_has(&checkpoints.stable.votes, &checkpoints.bitsets, n - 1));
        cr_assert_eq(vote(40, 1, 0), REJECT_DUPLICATE_VOTE, "what is above it stays");
        cr_assert_eq(vote(10, 1, 0), REJECT_NONE, "what is below it was forgotten");
        for (sequence_number sequence = 50; sequence < 2000; sequence += 10) { /* and bitsets come back */
            checkpoints_adopt(&checkpoints, sequence, digest_number(9), proof, shape);
        }
        cr_assert_eq(place_pool_left(&checkpoints.bitsets.bitsets), bitsets == 0 ? 0 : bitsets - 1);
        free(proof);
        checkpoints_destroy(&checkpoints);
    }
}

Test(checkpoints, a_sender_has_one_vote_for_a_sequence_number)
{
    create(7, 10, 20);
    cr_assert_eq(vote(10, 1, 3), REJECT_NONE);
    cr_assert_eq(vote(10, 1, 3), REJECT_DUPLICATE_VOTE);
    cr_assert_eq(vote(10, 2, 3), REJECT_CONFLICTING_VOTE);
    cr_assert_eq(vote(10, 1, 4), REJECT_NONE);
    cr_assert_eq(vote(10, 2, 4), REJECT_CONFLICTING_VOTE, "also for a digest that others named");
    cr_assert_eq(votes, 2);
    cr_assert_eq(vote(20, 2, 3), REJECT_NONE, "another sequence number is another vote");
    checkpoints_destroy(&checkpoints);
}

/* n-q liars, each with a digest of its own, before all others: the right digest finds its place. */
Test(checkpoints, liars_cannot_take_the_right_digests_place)
{
    for (uint32_t n = 1; n <= 130; n++) {
        create(n, 10, 20);
        uint32_t q = quorum_size(n), liars = n - q;
        for (node_id liar = 0; liar < liars; liar++) {
            cr_assert_eq(vote(10, 1000 + liar, liar), REJECT_NONE);
        }
        for (node_id sender = liars; sender < n; sender++) {
            cr_assert_eq(vote(10, 1, sender), REJECT_NONE, "n = %u", n);
        }
        cr_assert_eq(votes, q);
        checkpoints_destroy(&checkpoints);
    }
}

Test(checkpoints, the_number_of_digests_is_bounded_and_a_refused_vote_is_not_used_up)
{
    create(7, 10, 20); /* q = 5: places for 3 digests */
    for (node_id sender = 0; sender < 3; sender++) {
        cr_assert_eq(vote(10, sender, sender), REJECT_NONE);
    }
    cr_assert_eq(vote(10, 3, 3), REJECT_NO_ROOM);
    cr_assert_eq(vote(10, 0, 3), REJECT_NONE);
    cr_assert_eq(votes, 2);
    checkpoints_destroy(&checkpoints);
}

Test(checkpoints, what_is_stable_is_forgotten_and_the_rest_stays)
{
    create(100, 10, 40);
    uint32_t bitsets = place_pool_left(&checkpoints.bitsets.bitsets);
    for (sequence_number sequence = 10; sequence <= 40; sequence += 10) {
        vote(sequence, 1, 5);
        vote(sequence, 2, 70);
    }
    checkpoints_settle(&checkpoints, 20, digest_number(2));
    cr_assert_eq(vote(30, 1, 5), REJECT_DUPLICATE_VOTE);
    cr_assert_eq(vote(30, 1, 70), REJECT_CONFLICTING_VOTE);
    checkpoints_settle(&checkpoints, 40, digest_number(2));
    cr_assert_eq(place_pool_left(&checkpoints.bitsets.bitsets), bitsets - 1, "one for the proof of the stable one");
    checkpoints_destroy(&checkpoints);
}

/* Every multiple of K in the window has an entry of its own, wherever the window stands. */
Test(checkpoints, entries_of_one_window_do_not_collide)
{
    for (uint32_t window = 20; window <= 45; window++) {
        create(4, 10, window);
        for (sequence_number low = 0; low <= 100; low += 10) {
            for (sequence_number sequence = low + 10; sequence <= low + window; sequence += 10) {
                vote(sequence, 1, 2);
            }
            for (sequence_number sequence = low + 10; sequence <= low + window; sequence += 10) {
                cr_assert_eq(vote(sequence, 1, 2), REJECT_DUPLICATE_VOTE);
            }
            checkpoints_settle(&checkpoints, low + 10, digest_number(1));
        }
        checkpoints_destroy(&checkpoints);
    }
}

Test(checkpoints, nothing_is_lost_over_a_thousand_checkpoints)
{
    create(100, 10, 20);
    uint32_t bitsets = place_pool_left(&checkpoints.bitsets.bitsets);
    for (sequence_number stable = 0; stable < 10000; stable += 10) {
        for (node_id sender = 0; sender < 100; sender++) {
            vote(stable + 10, sender < 20 ? sender : 100, sender);
            vote(stable + 20, sender % 5, sender);
        }
        checkpoints_settle(&checkpoints, stable + 10, digest_number(0));
    }
    checkpoints_settle(&checkpoints, 10010, digest_number(0));
    cr_assert_eq(place_pool_left(&checkpoints.bitsets.bitsets), bitsets - 1);
    checkpoints_destroy(&checkpoints);
}
