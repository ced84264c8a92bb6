#include "faults/sides.h"

#include <criterion/criterion.h>

#include "core/quorum.h"

#define MOST 40

static struct coalition coalition_of(uint32_t n, uint32_t b, uint64_t seed, bool misbehaving[MOST])
{
    for (node_id i = 0; i < n; i++) {
        misbehaving[i] = (i + seed) % n < b;
    }
    return (struct coalition){
        .replicas = n, .misbehaving = misbehaving, .count = b, .accomplice = NO_NODE, .seed = seed};
}

Test(sides, each_has_the_correct_replicas_that_it_takes_wherever_agreement_can_break)
{
    bool misbehaving[MOST], side[MOST];
    for (uint32_t n = 2; n < MOST; n++) {
        uint32_t q = quorum_size(n), least = 2 * q > n ? 2 * q - n : 1;
        for (uint32_t b = least; b + 2 <= n; b++) {
            struct coalition coalition = coalition_of(n, b, n + b, misbehaving);
            cr_assert(sides_draw(&coalition, side));
            uint32_t size[2] = {0, 0};
            for (node_id i = 0; i < n; i++) {
                cr_assert(!(misbehaving[i] && side[i]), "who misbehaves is on no second side");
                size[side[i]] += !misbehaving[i];
            }
            uint32_t needed = q > b ? q - b : 1;
            cr_assert_geq(size[0], needed, "n=%u b=%u", n, b);
            cr_assert_geq(size[1], needed, "n=%u b=%u", n, b);
        }
    }
}

Test(sides, depend_on_the_seed)
{
    bool misbehaving[MOST], first[MOST], second[MOST];
    unsigned different = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct coalition coalition = coalition_of(10, 0, 0, misbehaving);
        coalition.seed = seed;
        cr_assert(sides_draw(&coalition, first));
        coalition.seed = seed + 1;
        cr_assert(sides_draw(&coalition, second));
        for (node_id i = 0; i < 10; i++) {
            different += first[i] != second[i];
        }
    }
    cr_assert_gt(different, 50u);
}

Test(sides, victims_are_f_correct_replicas_and_never_all)
{
    bool misbehaving[MOST], victim[MOST];
    for (uint32_t n = 1; n < MOST; n++) {
        for (uint32_t b = 0; b <= n; b++) {
            struct coalition coalition = coalition_of(n, b, n + b, misbehaving);
            cr_assert(victims_draw(&coalition, victim));
            uint32_t victims = 0, correct = n - b, f = quorum_faults(n);
            for (node_id i = 0; i < n; i++) {
                cr_assert(!(victim[i] && misbehaving[i]));
                victims += victim[i];
            }
            uint32_t wanted = f == 0 ? 1 : f;
            uint32_t most = correct == 0 ? 0 : correct - 1;
            cr_assert_eq(victims, wanted < most ? wanted : most, "n=%u b=%u", n, b);
        }
    }
}
