/* What a campaign of random scenarios draws: pure functions of (seed, topic, place in the topic's stream), integers
 * only, from a counter-based generator (Philox, Random123), so the same with every compiler. Topics do not share their
 * streams: fixing what one of them draws leaves the others' draws as they were. Any thread. */
#ifndef PBFT_RUNNER_DICE_H
#define PBFT_RUNNER_DICE_H

#include "core/types.h"

struct dice {
    uint64_t seed, topic, thrown;
};

static inline struct dice dice_of(uint64_t seed, uint64_t topic)
{
    return (struct dice){.seed = seed, .topic = topic};
}

uint64_t dice_word(struct dice *dice);
/* Uniform below `bound` >= 1; the bias is below bound / 2^32. */
uint32_t dice_below(struct dice *dice, uint32_t bound);
/* True `percent` times in a hundred. */
bool dice_chance(struct dice *dice, uint32_t percent);
/* Uniform, both ends included; least <= most. */
uint64_t dice_between(struct dice *dice, uint64_t least, uint64_t most);
/* Each doubling from `least` >= 1 on as likely, uniform within one; both ends included. */
uint64_t dice_magnitude(struct dice *dice, uint64_t least, uint64_t most);
/* One of `count` numbers. */
uint32_t dice_pick(struct dice *dice, const uint32_t *of, uint32_t count);
/* A set of `size` of the ids below n <= 64, as bits. */
uint64_t dice_subset(struct dice *dice, uint32_t n, uint32_t size);

#define DICE_PICK(dice, ...) \
    dice_pick((dice), (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

#endif
