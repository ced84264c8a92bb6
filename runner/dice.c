#include "runner/dice.h"

#include <assert.h>

#include "net/random.h"

/* The second word of the generator's key: what the seed is used for here, as against elsewhere. */
#define KEY_DICE UINT64_C(0x64696365) /* "dice" */

uint64_t dice_word(struct dice *dice)
{
    philox4x64_ctr_t counter = {{dice->topic, dice->thrown / 4, 0, 0}};
    philox4x64_key_t key = {{dice->seed, KEY_DICE}};
    return philox4x64(counter, key).v[dice->thrown++ % 4];
}

uint32_t dice_below(struct dice *dice, uint32_t bound)
{
    assert(bound >= 1);
    return (uint32_t)(((dice_word(dice) >> 32) * bound) >> 32);
}

bool dice_chance(struct dice *dice, uint32_t percent)
{
    return dice_below(dice, 100) < percent;
}

uint64_t dice_between(struct dice *dice, uint64_t least, uint64_t most)
{
    assert(least <= most && most - least < UINT64_MAX);
    return least + dice_word(dice) % (most - least + 1);
}

uint64_t dice_magnitude(struct dice *dice, uint64_t least, uint64_t most)
{
    assert(least >= 1 && least <= most && most <= UINT64_MAX / 4);
    uint32_t doublings = 0;
    while (least << doublings <= most / 2) {
        doublings++;
    }
    uint64_t low = least << dice_below(dice, doublings + 1);
    uint64_t high = 2 * low - 1;
    return dice_between(dice, low, high < most ? high : most);
}

uint32_t dice_pick(struct dice *dice, const uint32_t *of, uint32_t count)
{
    return of[dice_below(dice, count)];
}

uint64_t dice_subset(struct dice *dice, uint32_t n, uint32_t size)
{
    assert(n <= 64 && size <= n);
    uint64_t set = 0;
    uint32_t wanted = size;
    for (uint32_t id = 0; id < n; id++) { /* selection sampling (Knuth, TAOCP 3.4.2, S) */
        if (dice_below(dice, n - id) < wanted) {
            set |= UINT64_C(1) << id;
            wanted--;
        }
    }
    return set;
}
