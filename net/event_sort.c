#include "net/event_sort.h"

#include <assert.h>
#include <string.h>

#define SMALL 24     /* up to here an insertion sort wins */
#define MOST_BITS 11 /* of a digit: its counters must stay in the first-level cache */

static void insertion_sort(uint64_t *keys, size_t count, unsigned ignored_bits)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1] >> ignored_bits > key >> ignored_bits; at--) {
            keys[at] = keys[at - 1];
        }
        keys[at] = key;
    }
}

/* The bits in which any two keys differ. */
static uint64_t differing_bits(const uint64_t *keys, size_t count)
{
    uint64_t differing = 0;
    for (size_t i = 1; i < count; i++) {
        differing |= keys[i] ^ keys[0];
    }
    return differing;
}

/* Distributes by the digit of `bits` bits at `shift`; ends[d] becomes the end of digit d's keys. */
static void distribute(const uint64_t *from, uint64_t *to, size_t count, unsigned shift, unsigned bits, uint32_t *ends)
{
    size_t digits = (size_t)1 << bits;
    memset(ends, 0, digits * sizeof *ends);
    for (size_t i = 0; i < count; i++) {
        ends[from[i] >> shift & (digits - 1)]++;
    }
    uint32_t start = 0;
    for (size_t digit = 0; digit < digits; digit++) {
        uint32_t size = ends[digit];
        ends[digit] = start;
        start += size;
    }
    for (size_t i = 0; i < count; i++) {
        to[ends[from[i] >> shift & (digits - 1)]++] = from[i];
    }
}

void event_sort(uint64_t *from, uint64_t *to, size_t count, unsigned ignored_bits)
{
    assert(count <= UINT32_MAX);
    uint64_t differing = count <= SMALL ? 0 : differing_bits(from, count) >> ignored_bits;
    if (differing == 0) {
        memcpy(to, from, count * sizeof *to);
        if (count <= SMALL) {
            insertion_sort(to, count, ignored_bits);
        }
        return;
    }
    /* One digit, taken where the keys begin to differ, with about as many values as there are keys: evenly spread keys
     * are then almost sorted, and clusters are cut apart and sorted by what differs inside them. */
    unsigned significant = 64u - (unsigned)__builtin_clzll(differing);
    unsigned bits = 64u - (unsigned)__builtin_clzll(count);
    bits = bits > MOST_BITS ? MOST_BITS : bits;
    bits = bits > significant ? significant : bits;
    uint32_t ends[(size_t)1 << MOST_BITS];
    distribute(from, to, count, ignored_bits + significant - bits, bits, ends);
    if (bits == significant) {
        return;
    }
    uint32_t start = 0;
    for (size_t digit = 0; digit < (size_t)1 << bits; digit++) {
        size_t size = ends[digit] - start;
        if (size > SMALL) {
            event_sort(to + start, from + start, size, ignored_bits);
            memcpy(to + start, from + start, size * sizeof *to);
        }
        start = ends[digit];
    }
    insertion_sort(to, count, ignored_bits);
}
