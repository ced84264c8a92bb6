/* Certificates as they travel: who is named, and whether the XOR of tags is theirs. */
#include <criterion/criterion.h>

#include "core/proof.h"
#include "core/quorum.h"

static const struct digest content = {{3, 4}};
static struct keyring *keyring;

static void open_keyring(void)
{
    keyring = keyring_create(200, 1);
}

static void close_keyring(void)
{
    keyring_destroy(keyring);
}

TestSuite(proof, .init = open_keyring, .fini = close_keyring);

static const uint32_t sizes[] = {1, 2, 4, 7, 63, 64, 65, 128, 130};

#define FOR_EACH_N(n)                                                                                            \
    for (uint32_t size_index = 0, n; size_index < sizeof sizes / sizeof *sizes && (n = sizes[size_index], true); \
         size_index++)

static struct proof_shape shape_of(uint32_t n)
{
    return proof_shape(n, quorum_size(n), AUTH_NONE);
}

/* COMMITs of the first `voters` of n for (view 2, sequence 9), gathered as a replica gathers them. */
static struct proof *commits_of(uint32_t n, uint32_t voters)
{
    struct vote_pool pool;
    struct certificate certificate = {0};
    cr_assert(vote_pool_create(&pool, n, 1, AUTH_NONE));
    for (node_id sender = 0; sender < voters; sender++) {
        certificate_add(&certificate, &pool, sender,
                        (union vote_auth){.tag = auth_tag(keyring, sender, MESSAGE_COMMIT, 2, 9, content)});
    }
    struct proof *proof = malloc(proof_size(shape_of(n)));
    memset(proof, 0xff, proof_size(shape_of(n)));
    proof_write(proof, shape_of(n), &certificate, &pool, NO_NODE);
    certificate_clear(&certificate, &pool, 0);
    vote_pool_destroy(&pool);
    return proof;
}

static struct proof_rules rules_of(uint32_t n)
{
    return proof_rules(keyring, n, quorum_size(n));
}

Test(proof, what_a_replica_gathered_is_valid_from_q_votes_on)
{
    FOR_EACH_N(n)
    {
        const struct proof_rules rules = rules_of(n);
        for (uint32_t voters = rules.quorum - 1; voters <= n; voters++) {
            struct proof *proof = commits_of(n, voters);
            cr_assert_eq(proof_count(proof, n), voters);
            cr_assert_eq(proof_votes_valid(&rules, proof, MESSAGE_COMMIT, 2, 9, content), voters >= rules.quorum,
                         "n = %u, %u votes", n, voters);
            free(proof);
        }
    }
}

Test(proof, it_names_who_voted_and_nobody_else)
{
    FOR_EACH_N(n)
    {
        struct proof *proof = commits_of(n, quorum_size(n));
        for (node_id sender = 0; sender < n; sender++) {
            cr_assert_eq(proof_names(proof, sender), sender < quorum_size(n));
        }
        free(proof);
    }
}

Test(proof, it_is_about_one_type_view_sequence_number_and_digest)
{
    FOR_EACH_N(n)
    {
        const struct proof_rules rules = rules_of(n);
        struct proof *proof = commits_of(n, quorum_size(n));
        cr_assert(proof_votes_valid(&rules, proof, MESSAGE_COMMIT, 2, 9, content));
        cr_assert_not(proof_votes_valid(&rules, proof, MESSAGE_CHECKPOINT, 2, 9, content));
        cr_assert_not(proof_votes_valid(&rules, proof, MESSAGE_COMMIT, 3, 9, content));
        cr_assert_not(proof_votes_valid(&rules, proof, MESSAGE_COMMIT, 2, 8, content));
        cr_assert_not(proof_votes_valid(&rules, proof, MESSAGE_COMMIT, 2, 9, (struct digest){{3, 5}}));
        cr_assert_not(proof_prepared_valid(&rules, proof, 2, 9, content));
        free(proof);
    }
}

Test(proof, every_bit_of_it_matters)
{
    FOR_EACH_N(n)
    {
        const struct proof_rules rules = rules_of(n);
        struct proof *proof = commits_of(n, quorum_size(n));
        for (size_t bit = 0; bit < 8 * (size_t)proof_size(shape_of(n)); bit++) {
            ((unsigned char *)proof)[bit / 8] ^= (unsigned char)(1u << (bit % 8));
            cr_assert_not(proof_votes_valid(&rules, proof, MESSAGE_COMMIT, 2, 9, content), "n = %u, bit %zu", n, bit);
            ((unsigned char *)proof)[bit / 8] ^= (unsigned char)(1u << (bit % 8));
        }
        cr_assert(proof_votes_valid(&rules, proof, MESSAGE_COMMIT, 2, 9, content));
        free(proof);
    }
}

Test(proof, in_a_prepared_one_the_primary_voted_by_its_pre_prepare)
{
    FOR_EACH_N(n)
    {
        const struct proof_rules rules = rules_of(n);
        view_number view = n + 1;
        node_id primary = primary_of(view, n);
        for (uint32_t by_prepare = 0; by_prepare <= 1; by_prepare++) {
            struct proof *proof = calloc(1, proof_size(shape_of(n)));
            for (node_id sender = 0; sender < n; sender++) {
                bool opens = sender == primary && !by_prepare;
                proof->senders[sender / 64] |= 1ULL << (sender % 64);
                proof->tags ^= auth_tag(keyring, sender, opens ? MESSAGE_PRE_PREPARE : MESSAGE_PREPARE, view, 9,
                                        content);
            }
            cr_assert_eq(proof_prepared_valid(&rules, proof, view, 9, content), !by_prepare, "n = %u", n);
            free(proof);
        }
    }
}
