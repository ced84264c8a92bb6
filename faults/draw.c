#include "faults/draw.h"

#include <assert.h>

/* The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014). */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t absorb(uint64_t state, uint64_t word)
{
    return mix(state + 0x9e3779b97f4a7c15u + mix(word + 0x632be59bd9b4e019u));
}

uint64_t draw(uint64_t seed, node_id who, enum draw_purpose purpose, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t state = absorb(mix(seed), ((uint64_t)purpose << 32) | who);
    return absorb(absorb(absorb(state, a), b), c);
}

uint32_t draw_below(uint64_t drawn, uint32_t bound)
{
    assert(bound >= 1);
    return (uint32_t)(((drawn >> 32) * bound) >> 32);
}

struct digest draw_digest(uint64_t seed, node_id who, enum draw_purpose purpose, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t first = draw(seed, who, purpose, a, b, c);
    /* the low bit is set so that it is never the null digest */
    return (struct digest){{first, mix(first ^ 0xd1b54a32d192ed03u) | 1u}};
}
