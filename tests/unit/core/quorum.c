/* Quorum arithmetic: the table of the protocol, and by brute force against the definitions. */
#include <criterion/criterion.h>

#include "core/quorum.h"

struct row {
    uint32_t n, faults, quorum, breaking, stalling;
};

#define NEVER UINT32_MAX

static const struct row table[] = {
    {1, 0, 1, NEVER, 1}, {2, 0, 2, NEVER, 1}, {3, 0, 2, 1, 2}, {4, 1, 3, 2, 2},  {5, 1, 4, 3, 2},  {6, 1, 4, 2, 3},
    {7, 2, 5, 3, 3},     {8, 2, 6, 4, 3},     {9, 2, 6, 3, 4}, {10, 3, 7, 4, 4}, {13, 4, 9, 5, 5},
};

Test(quorum, the_table_of_the_protocol)
{
    for (uint32_t index = 0; index < sizeof table / sizeof *table; index++) {
        const struct row *row = &table[index];
        cr_assert_eq(quorum_faults(row->n), row->faults, "f of n = %u", row->n);
        cr_assert_eq(quorum_size(row->n), row->quorum, "q of n = %u", row->n);
        cr_assert_eq(quorum_weak(row->n), row->faults + 1, "weak quorum of n = %u", row->n);
        cr_assert_eq(quorum_breaking(row->n, row->quorum), row->breaking, "breaking point of n = %u", row->n);
        cr_assert_eq(quorum_stalling(row->n, row->quorum), row->stalling, "stalling point of n = %u", row->n);
    }
}

Test(quorum, q_is_2f_plus_1_exactly_where_n_is_3f_plus_1)
{
    for (uint32_t n = 1; n <= 1000; n++) {
        bool same = quorum_size(n) == 2 * quorum_faults(n) + 1;
        cr_assert_eq(same, n % 3 == 1, "n = %u", n);
    }
}

/* f is the most that can be tolerated at all: n > 3f. */
Test(quorum, f_is_the_largest_number_below_a_third)
{
    for (uint32_t n = 1; n <= 1000; n++) {
        cr_assert_lt(3 * quorum_faults(n), n);
        cr_assert_geq(3 * (quorum_faults(n) + 1), n);
    }
}

Test(quorum, the_correct_replicas_alone_are_a_quorum)
{
    for (uint32_t n = 1; n <= 1000; n++) {
        cr_assert_leq(quorum_size(n), n - quorum_faults(n), "n = %u", n);
    }
}

/* The least that two sets of q out of n share, counted on the sets that overlap least: the first q and the last q. */
static uint32_t least_overlap(uint32_t n, uint32_t q)
{
    uint32_t shared = 0;
    for (uint32_t replica = 0; replica < n; replica++) {
        shared += replica < q && replica >= n - q;
    }
    return shared;
}

Test(quorum, any_two_quorums_share_more_than_f_and_none_smaller_would_do)
{
    for (uint32_t n = 1; n <= 100; n++) {
        uint32_t f = quorum_faults(n), q = quorum_size(n);
        cr_assert_gt(least_overlap(n, q), f, "n = %u", n);
        cr_assert_leq(least_overlap(n, q - 1), f, "n = %u: q could be smaller", n);
    }
}

/* The same over every pair of sets. */
Test(quorum, any_two_quorums_share_a_correct_replica_by_all_pairs)
{
    for (uint32_t n = 1; n <= 10; n++) {
        uint32_t f = quorum_faults(n), q = quorum_size(n);
        for (uint32_t one = 0; one < 1u << n; one++) {
            for (uint32_t other = one; (uint32_t)__builtin_popcount(one) == q && other < 1u << n; other++) {
                if ((uint32_t)__builtin_popcount(other) == q) {
                    cr_assert_gt((uint32_t)__builtin_popcount(one & other), f, "n = %u", n);
                }
            }
        }
    }
}

/* Agreement can break when the correct replicas, who vote once each, can be split into two groups, nobody's empty,
 * each of which is a quorum with the b misbehaving, who vote in both. */
static bool can_break(uint32_t n, uint32_t q, uint32_t b)
{
    uint32_t correct = n - b;
    for (uint32_t one = 1; one < correct; one++) {
        if (one + b >= q && correct - one + b >= q) {
            return true;
        }
    }
    return false;
}

Test(quorum, agreement_breaks_from_quorum_breaking_on_and_not_before)
{
    for (uint32_t n = 1; n <= 100; n++) {
        for (uint32_t q = 1; q <= n; q++) {
            uint32_t breaking = quorum_breaking(n, q);
            cr_assert(breaking == NEVER || can_break(n, q, breaking), "n = %u, q = %u", n, q);
            for (uint32_t b = 0; b <= n; b++) {
                bool expected = breaking != NEVER && b >= breaking && b + 2 <= n;
                cr_assert_eq(can_break(n, q, b), expected, "n = %u, q = %u, b = %u", n, q, b);
            }
        }
    }
}

Test(quorum, with_the_computed_q_agreement_holds_up_to_f)
{
    for (uint32_t n = 1; n <= 100; n++) {
        for (uint32_t b = 0; b <= quorum_faults(n); b++) {
            cr_assert_not(can_break(n, quorum_size(n), b), "n = %u, b = %u", n, b);
        }
    }
}

Test(quorum, progress_stops_when_fewer_than_q_speak)
{
    for (uint32_t n = 1; n <= 100; n++) {
        for (uint32_t q = 1; q <= n; q++) {
            for (uint32_t silent = 0; silent <= n; silent++) {
                cr_assert_eq(n - silent < q, silent >= quorum_stalling(n, q), "n = %u, q = %u", n, q);
            }
        }
    }
}

Test(quorum, f_silent_replicas_never_stop_progress)
{
    for (uint32_t n = 1; n <= 1000; n++) {
        cr_assert_gt(quorum_stalling(n, quorum_size(n)), quorum_faults(n), "n = %u", n);
    }
}

/* f < b < 2q-n: clients can be deceived although agreement holds. */
Test(quorum, the_middle_zone_exists_exactly_for_3f_plus_2)
{
    for (uint32_t n = 4; n <= 1000; n++) {
        bool exists = quorum_breaking(n, quorum_size(n)) > quorum_faults(n) + 1;
        cr_assert_eq(exists, n % 3 == 2, "n = %u", n);
    }
}

Test(quorum, holds_at_the_largest_n)
{
    cr_assert_eq(quorum_faults(16384), 5461);
    cr_assert_eq(quorum_size(16384), 10923);
}

Test(quorum, primaries_take_turns)
{
    for (view_number view = 0; view < 20; view++) {
        cr_assert_eq(primary_of(view, 7), view % 7);
    }
    cr_assert_eq(primary_of(UINT32_MAX, 1), 0);
}
