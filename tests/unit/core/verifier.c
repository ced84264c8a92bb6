/* The verifier: each signature computed once, bad ones every time, and a flooder forgets only its own. */
#include <criterion/criterion.h>

#include "core/message.h"
#include "core/verifier.h"

#define REPLICAS 4
#define WINDOW 16

static struct keyring *keyring;
static struct verifier verifier;

static void open_verifier(void)
{
    keyring = keyring_create(REPLICAS + 2, 1);
    cr_assert(keyring_equip(keyring, AUTH_SIGNATURE, REPLICAS));
    cr_assert(verifier_create(&verifier, keyring, 0, WINDOW));
}

static void close_verifier(void)
{
    verifier_destroy(&verifier);
    keyring_destroy(keyring);
}

TestSuite(verifier, .init = open_verifier, .fini = close_verifier);

static const struct digest content = {{3, 4}};

static bool accepts(node_id author, sequence_number sequence, const struct signature *signature)
{
    return verifier_accepts_vote(&verifier, author, MESSAGE_PREPARE, 0, sequence, content, signature);
}

static struct signature sign(node_id author, sequence_number sequence)
{
    return auth_sign_vote(keyring, author, MESSAGE_PREPARE, 0, sequence, content);
}

Test(verifier, computes_a_good_signature_once_and_a_bad_one_every_time)
{
    struct signature good = sign(1, 5), bad = good;
    bad.bytes[63] ^= 1;
    for (uint64_t times = 1; times <= 3; times++) {
        cr_assert(accepts(1, 5, &good));
        cr_assert_not(accepts(1, 5, &bad));
        cr_assert_eq(verifier.computed, 1 + times);
        cr_assert_eq(verifier.refused, times);
        cr_assert_eq(verifier.recalled, times - 1);
    }
}

/* What is remembered is author, contents and signature together. */
Test(verifier, a_good_signature_vouches_for_nothing_else)
{
    struct signature good = sign(1, 5);
    cr_assert(accepts(1, 5, &good));
    cr_assert_not(accepts(2, 5, &good), "another author");
    cr_assert_not(accepts(1, 6, &good), "other contents");
    cr_assert_not(accepts(REPLICAS + 2, 5, &good), "nobody");
    cr_assert_eq(verifier.computed, 3);
}

Test(verifier, its_owners_own_votes_cost_nothing)
{
    struct signature own = sign(0, 5);
    verifier_trust_vote(&verifier, 0, MESSAGE_PREPARE, 0, 5, content, &own);
    cr_assert(accepts(0, 5, &own));
    cr_assert_eq(verifier.computed, 0);
    cr_assert_eq(verifier.recalled, 1);
}

Test(verifier, a_flood_of_one_author_makes_no_other_be_forgotten)
{
    struct signature early[REPLICAS];
    for (node_id author = 1; author < REPLICAS; author++) {
        early[author] = sign(author, 1);
        cr_assert(accepts(author, 1, &early[author]));
    }
    for (sequence_number sequence = 2; sequence < 500; sequence++) {
        struct signature more = sign(3, sequence);
        cr_assert(accepts(3, sequence, &more));
    }
    uint64_t before = verifier.computed;
    cr_assert(accepts(1, 1, &early[1]));
    cr_assert(accepts(2, 1, &early[2]));
    cr_assert_eq(verifier.computed, before);
    cr_assert(accepts(3, 1, &early[3]), "its own is computed again, and good still");
    cr_assert_eq(verifier.computed, before + 1);
}

/* The votes of a window in both phases are remembered, nearly all of them: places are found by a hash. */
Test(verifier, remembers_the_votes_of_a_window)
{
    for (uint32_t time = 0; time < 2; time++) {
        for (sequence_number sequence = 1; sequence <= 2 * WINDOW; sequence++) {
            struct signature vote = sign(1, sequence);
            cr_assert(accepts(1, sequence, &vote));
        }
    }
    cr_assert_leq(verifier.computed, 2 * WINDOW + WINDOW / 2, "%lu", verifier.computed);
}
