#include "faults/draw.h"

#include <criterion/criterion.h>

Test(draw, depends_on_each_of_its_arguments_and_on_nothing_else)
{
    uint64_t drawn = draw(1, 2, DRAW_SIDE, 3, 4, 5);
    cr_assert_eq(drawn, draw(1, 2, DRAW_SIDE, 3, 4, 5));
    cr_assert_neq(drawn, draw(2, 2, DRAW_SIDE, 3, 4, 5));
    cr_assert_neq(drawn, draw(1, 3, DRAW_SIDE, 3, 4, 5));
    cr_assert_neq(drawn, draw(1, 2, DRAW_VICTIM, 3, 4, 5));
    cr_assert_neq(drawn, draw(1, 2, DRAW_SIDE, 4, 4, 5));
    cr_assert_neq(drawn, draw(1, 2, DRAW_SIDE, 3, 5, 5));
    cr_assert_neq(drawn, draw(1, 2, DRAW_SIDE, 3, 4, 6));
    cr_assert_neq(drawn, draw(1, 2, DRAW_SIDE, 4, 3, 5), "the places count");
}

Test(draw, below_a_bound_is_uniform)
{
    unsigned counts[10] = {0};
    for (uint64_t i = 0; i < 100000; i++) {
        uint32_t value = draw_below(draw(42, 0, DRAW_TWIN, 0, i, 0), 10);
        cr_assert_lt(value, 10u);
        counts[value]++;
    }
    double chi_square = 0;
    for (unsigned i = 0; i < 10; i++) {
        chi_square += (counts[i] - 10000.0) * (counts[i] - 10000.0) / 10000.0;
    }
    cr_assert_lt(chi_square, 27.9, "99.9%% point for 9 degrees of freedom, got %f", chi_square);
    cr_assert_eq(draw_below(UINT64_MAX, 1), 0u);
    cr_assert_eq(draw_below(UINT64_MAX, 7), 6u);
}

Test(draw, digests_are_never_null_and_differ)
{
    struct digest previous = digest_null();
    for (uint64_t i = 0; i < 1000; i++) {
        struct digest digest = draw_digest(1, 0, DRAW_FALSE_DIGEST, 0, i, 0);
        cr_assert(!digest_is_null(digest));
        cr_assert(!digest_equal(digest, previous));
        previous = digest;
    }
}
