/* Certificates: distinct senders, the XOR of their tags, and the pool of bitsets, around a word of senders. */
#include <criterion/criterion.h>

#include "core/certificate.h"

static const uint32_t sizes[] = {1, 4, 64, 65, 128, 129, 1000, 1024};

#define FOR_EACH_N(n)                                                                                            \
    for (uint32_t size_index = 0, n; size_index < sizeof sizes / sizeof *sizes && (n = sizes[size_index], true); \
         size_index++)

static uint64_t tag_of(node_id sender)
{
    return (sender + 1) * 0x9e3779b97f4a7c15ULL;
}

static bool add(struct certificate *certificate, struct vote_pool *pool, node_id sender, uint64_t tag)
{
    return certificate_add(certificate, pool, sender, (union vote_auth){.tag = tag});
}

Test(certificate, counts_each_sender_once)
{
    FOR_EACH_N(n)
    {
        struct vote_pool pool;
        struct certificate certificate = {0};
        cr_assert(vote_pool_create(&pool, n, 2, AUTH_NONE));
        for (uint32_t time = 0; time < 2; time++) {
            for (node_id sender = 0; sender < n; sender++) {
                cr_assert_eq(certificate_has(&certificate, &pool, sender), time == 1);
                cr_assert_eq(add(&certificate, &pool, sender, tag_of(sender)), time == 0);
                cr_assert(certificate_has(&certificate, &pool, sender));
                cr_assert_eq(certificate.count, time == 0 ? sender + 1 : n);
            }
        }
        certificate_clear(&certificate, &pool, 0);
        vote_pool_destroy(&pool);
    }
}

Test(certificate, a_vote_marks_no_other_sender)
{
    FOR_EACH_N(n)
    {
        struct vote_pool pool;
        cr_assert(vote_pool_create(&pool, n, 1, AUTH_NONE));
        for (node_id sender = 0; sender<n; sender += n> 200 ? 61 : 1) {
            struct certificate certificate = {0};
            add(&certificate, &pool, sender, 0);
            for (node_id other = 0; other < n; other++) {
                cr_assert_eq(certificate_has(&certificate, &pool, other), other == sender);
            }
            certificate_clear(&certificate, &pool, 0);
        }
        vote_pool_destroy(&pool);
    }
}

Test(certificate, tags_are_the_xor_of_those_counted_whatever_the_order)
{
    FOR_EACH_N(n)
    {
        struct vote_pool pool;
        struct certificate up = {0}, down = {0};
        cr_assert(vote_pool_create(&pool, n, 2, AUTH_NONE));
        uint64_t expected = 0;
        for (node_id sender = 0; sender < n; sender++) {
            add(&up, &pool, sender, tag_of(sender));
            add(&up, &pool, sender, 12345); /* a second vote adds nothing */
            add(&down, &pool, n - 1 - sender, tag_of(n - 1 - sender));
            expected ^= tag_of(sender);
        }
        cr_assert_eq(up.tags, expected);
        cr_assert_eq(down.tags, expected);
        certificate_clear(&up, &pool, 0);
        certificate_clear(&down, &pool, 0);
        vote_pool_destroy(&pool);
    }
}

Test(certificate, senders_are_walked_in_order_none_left_out)
{
    FOR_EACH_N(n)
    {
        for (uint32_t stride = 1; stride < 130; stride += 9) {
            struct vote_pool pool;
            struct certificate certificate = {0};
            cr_assert(vote_pool_create(&pool, n, 1, AUTH_NONE));
            for (node_id sender = 0; sender < n; sender += stride) {
                add(&certificate, &pool, sender, 0);
            }
            node_id expected = 0;
            for (node_id at = certificate_next_sender(&certificate, &pool, 0, n); at < n;
                 at = certificate_next_sender(&certificate, &pool, at + 1, n)) {
                cr_assert_eq(at, expected, "n = %u", n);
                expected += stride;
            }
            cr_assert_geq(expected, n);
            cr_assert_lt(expected, n + stride, "n = %u: the walk ended early", n);
            certificate_clear(&certificate, &pool, 0);
            vote_pool_destroy(&pool);
        }
    }
}

Test(certificate, an_empty_one_has_no_sender)
{
    FOR_EACH_N(n)
    {
        struct vote_pool pool;
        struct certificate certificate = {0};
        cr_assert(vote_pool_create(&pool, n, 1, AUTH_NONE));
        cr_assert_eq(certificate_next_sender(&certificate, &pool, 0, n), n);
        cr_assert_not(certificate_has(&certificate, &pool, n - 1));
        vote_pool_destroy(&pool);
    }
}

Test(certificate, cleared_it_is_empty_for_its_new_view)
{
    FOR_EACH_N(n)
    {
        struct vote_pool pool;
        struct certificate certificate = {0};
        cr_assert(vote_pool_create(&pool, n, 1, AUTH_NONE));
        for (view_number view = 1; view <= 100; view++) { /* a pool of one: each clearing gives its bitset back */
            add(&certificate, &pool, n - 1, 7);
            certificate.opened = certificate.complete = certificate.beside = true;
            certificate_clear(&certificate, &pool, view);
            cr_assert_eq(certificate.count, 0);
            cr_assert_eq(certificate.tags, 0);
            cr_assert_eq(certificate.view, view);
            cr_assert_not(certificate.opened || certificate.complete || certificate.beside);
            cr_assert_not(certificate_has(&certificate, &pool, n - 1));
        }
        vote_pool_destroy(&pool);
    }
}

Test(certificate, bitsets_come_zeroed_distinct_and_last_in_first_out)
{
    struct vote_pool pool;
    cr_assert(vote_pool_create(&pool, 1000, 8, AUTH_NONE));
    struct certificate taken[8];
    const uint64_t *last = NULL;
    for (uint32_t turn = 0; turn < 3; turn++) {
        for (uint32_t index = 0; index < 8; index++) {
            taken[index] = (struct certificate){0};
            add(&taken[index], &pool, 999 - index, 1);
            cr_assert(index > 0 || turn == 0 || taken[index].senders.words == last, "the last given back");
            for (uint32_t word = 0; word < pool.words_each; word++) {
                cr_assert_eq(taken[index].senders.words[word], word == 15 ? 1ULL << (39 - index) : 0);
            }
        }
        cr_assert_eq(place_pool_left(&pool.bitsets), 0);
        for (uint32_t index = 0; index < 8; index++) {
            last = taken[index].senders.words;
            memset(taken[index].senders.words, 0xff, pool.words_each * sizeof(uint64_t)); /* would show */
            certificate_clear(&taken[index], &pool, 0);
        }
    }
    vote_pool_destroy(&pool);
}

/* The votes after a certificate's first find the bitset by themselves: nothing is asked of the pool. */
Test(certificate, the_first_vote_takes_a_bitset_and_the_others_use_it)
{
    for (uint32_t n = 65; n <= 1024; n += n < 128 ? 63 : 448) { /* 65, 128, 576, 1024 */
        const node_id order[] = {n - 1, 0, 63, 64, n / 2, 1, n - 2};
        struct vote_pool pool;
        struct certificate certificate = {0}, untouched = {0};
        cr_assert(vote_pool_create(&pool, n, 2, AUTH_NONE));
        uint64_t tags = 0;
        for (uint32_t index = 0; index < sizeof order / sizeof *order; index++) {
            const node_id sender = order[index];
            cr_assert(index == 0 ? certificate.senders.words == NULL : certificate.senders.words != NULL);
            bool had = certificate_has(&certificate, &pool, sender);
            uint32_t count = certificate.count;
            cr_assert_eq(add(&certificate, &pool, sender, tag_of(sender)), !had, "n = %u, sender %u", n, sender);
            tags ^= had ? 0 : tag_of(sender);
            cr_assert_not(add(&certificate, &pool, sender, 12345), "n = %u, sender %u again", n, sender);
            cr_assert_eq(certificate.count, count + !had);
            cr_assert_eq(certificate.tags, tags);
            cr_assert(certificate.senders.words[sender / 64] >> (sender % 64) & 1);
            cr_assert_eq(place_pool_left(&pool.bitsets), 1);
        }
        cr_assert_null(untouched.senders.words);
        cr_assert_not(certificate_has(&untouched, &pool, n - 1));
        certificate_clear(&certificate, &pool, 0);
        cr_assert_eq(place_pool_left(&pool.bitsets), 2);
        vote_pool_destroy(&pool);
    }
}

/* certificate_add() counts most votes in place. Whichever way each goes, the certificate is the same. */
Test(certificate, counted_in_place_or_by_the_pool_is_the_same)
{
    FOR_EACH_N(n)
    {
        struct vote_pool pool;
        struct certificate one = {0}, other = {0};
        cr_assert(vote_pool_create(&pool, n, 2, AUTH_NONE));
        for (uint32_t k = 0; k < 3 * n; k++) {
            const node_id sender = (node_id)(k * 7919ULL % n);
            const union vote_auth auth = {.tag = tag_of(sender) + k};
            cr_assert_eq(certificate_add(&one, &pool, sender, auth),
                         certificate_add_pooled(&other, &pool, sender, auth), "n = %u, sender %u", n, sender);
            cr_assert(one.count == other.count && one.tags == other.tags);
        }
        for (node_id sender = 0; sender < n; sender++) {
            cr_assert_eq(certificate_has(&one, &pool, sender), certificate_has(&other, &pool, sender));
        }
        certificate_clear(&one, &pool, 0);
        certificate_clear(&other, &pool, 0);
        vote_pool_destroy(&pool);
    }
}

Test(certificate, up_to_64_replicas_need_no_pool)
{
    for (uint32_t n = 1; n <= 64; n++) {
        struct vote_pool pool;
        cr_assert(vote_pool_create(&pool, n, 1000, AUTH_MAC));
        cr_assert_eq(pool.words_each, 0);
        cr_assert_null(pool.bitsets.memory);
        cr_assert_null(pool.signatures.memory);
        vote_pool_destroy(&pool);
    }
}

static struct signature signature_of(node_id sender, uint32_t salt)
{
    struct signature signature;
    memset(&signature, (int)(sender * 7 + salt), sizeof signature);
    return signature;
}

/* With signatures: the first one of each sender is kept, whole, whatever their order; and the places come back. */
Test(certificate, signatures_are_kept_as_they_came)
{
    FOR_EACH_N(n)
    {
        struct vote_pool pool;
        cr_assert(vote_pool_create(&pool, n, 2, AUTH_SIGNATURE));
        for (uint32_t turn = 0; turn < 3; turn++) {
            struct certificate one = {0}, other = {0};
            for (node_id k = 0; k < 2 * n; k++) {
                node_id sender = n - 1 - k % n;
                struct signature first = signature_of(sender, turn + k / n), second = signature_of(sender, 99);
                bool counted = certificate_add(&one, &pool, sender, (union vote_auth){.signature = &first});
                cr_assert_eq(counted, k < n, "the second of a sender is not taken");
                certificate_add(&other, &pool, sender, (union vote_auth){.signature = &second});
            }
            for (node_id sender = 0; sender < n; sender++) {
                struct signature kept = *certificate_auth(&one, &pool, sender).signature;
                struct signature right = signature_of(sender, turn);
                cr_assert_eq(memcmp(&kept, &right, sizeof right), 0, "n = %u, sender %u", n, sender);
            }
            certificate_clear(&one, &pool, 0);
            certificate_clear(&other, &pool, 0);
            cr_assert_eq(place_pool_left(&pool.signatures), 2);
        }
        vote_pool_destroy(&pool);
    }
}

/* Who voted may be kept without what they signed: it then takes no place. */
Test(certificate, a_vote_without_its_signature_counts_but_is_not_proven)
{
    struct vote_pool pool;
    struct certificate certificate = {0};
    cr_assert(vote_pool_create(&pool, 4, 1, AUTH_SIGNATURE));
    cr_assert(certificate_add(&certificate, &pool, 2, (union vote_auth){.signature = NULL}));
    cr_assert(certificate_has(&certificate, &pool, 2));
    cr_assert_eq(place_pool_left(&pool.signatures), 1);
    cr_assert_null(certificate_auth(&certificate, &pool, 2).signature);
    vote_pool_destroy(&pool);
}

Test(certificate, starts_empty_whatever_its_bitset_s_memory_held)
{
    const uint32_t capacity = 4;
    struct vote_pool pool;
    cr_assert(vote_pool_create(&pool, 128, capacity, AUTH_NONE));
    memset(pool.bitsets.memory, 0xff, capacity * pool.bitsets.size_each); /* what malloc may do */
    for (uint32_t i = 0; i < capacity; i++) {
        struct certificate certificate = {.count = 0};
        cr_assert(add(&certificate, &pool, i, 0));
        cr_assert_eq(certificate_next_sender(&certificate, &pool, 0, 128), i);
        cr_assert_eq(certificate_next_sender(&certificate, &pool, i + 1, 128), 128);
    }
    vote_pool_destroy(&pool);
}
