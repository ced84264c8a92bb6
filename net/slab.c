#include "net/slab.h"

#include <assert.h>
#include <stdlib.h>

#include "net/memory.h"

bool slab_init(struct slab *slab, uint64_t slots, struct ring_spsc *const *rings, uint32_t ring_count)
{
    const uint64_t segments = (slots + SLAB_SEGMENT - 1) / SLAB_SEGMENT + 2;
    assert(segments < UINT32_MAX >> SLAB_SEGMENT_BITS);
    *slab = (struct slab){
        .segment_count = (uint32_t)segments,
        .free = SLAB_NONE,
        .current = SLAB_NONE,
        .done = {SLAB_NONE, SLAB_NONE},
        .leaving = {SLAB_NONE, SLAB_NONE},
        .rings = rings,
        .ring_count = ring_count,
    };
    slab->messages = memory_reserve(segments * SLAB_SEGMENT * sizeof *slab->messages);
    slab->slots = memory_reserve(segments * SLAB_SEGMENT * sizeof *slab->slots);
    slab->segments = memory_reserve(segments * sizeof *slab->segments);
    slab->tails = memory_lines(ring_count + 1, sizeof *slab->tails);
    if (slab->messages == NULL || slab->slots == NULL || slab->segments == NULL || slab->tails == NULL) {
        slab_destroy(slab);
        return false;
    }
    return true;
}

void slab_destroy(struct slab *slab)
{
    const size_t slots = (size_t)slab->segment_count * SLAB_SEGMENT;
    memory_release(slab->messages, slots * sizeof *slab->messages);
    memory_release(slab->numbers, slots * sizeof *slab->numbers);
    memory_release(slab->slots, slots * sizeof *slab->slots);
    memory_release(slab->segments, slab->segment_count * sizeof *slab->segments);
    free(slab->tails);
    *slab = (struct slab){0};
}

bool slab_number(struct slab *slab)
{
    slab->numbers = memory_reserve((size_t)slab->segment_count * SLAB_SEGMENT * sizeof *slab->numbers);
    return slab->numbers != NULL;
}

uint64_t slab_room(const struct slab *slab)
{
    const uint64_t segments = slab->free_count + (slab->segment_count - slab->unused);
    return segments * SLAB_SEGMENT + (slab->current == SLAB_NONE ? 0 : SLAB_SEGMENT - slab->filled);
}

static void append(struct slab *slab, struct slab_list *list, uint32_t segment)
{
    slab->segments[segment].next = SLAB_NONE;
    if (list->last == SLAB_NONE) {
        list->first = segment;
    } else {
        slab->segments[list->last].next = segment;
    }
    list->last = segment;
}

static void open_segment(struct slab *slab)
{
    if (slab->free != SLAB_NONE) {
        slab->current = slab->free;
        slab->free = slab->segments[slab->current].next;
        slab->free_count--;
    } else {
        assert(slab->unused < slab->segment_count);
        slab->current = slab->unused++;
    }
    assert(slab->segments[slab->current].pending == 0);
    slab->filled = 0;
}

uint32_t slab_put(struct slab *slab, const struct message *message, node_id from)
{
    if (slab->current == SLAB_NONE) {
        open_segment(slab);
    }
    const uint32_t slot = (slab->current << SLAB_SEGMENT_BITS) + slab->filled++;
    slab->messages[slot] = *message;
    slab->slots[slot] = (struct slab_slot){.from = from, .pending = 1};
    slab->segments[slab->current].pending++;
    if (slab->filled == SLAB_SEGMENT) {
        slab->current = SLAB_NONE; /* full: whoever hands over the last of it finds it done */
    }
    return slot;
}

bool slab_handed_over(struct slab *slab, uint32_t slot)
{
    assert(slab->slots[slot].pending > 0);
    if (--slab->slots[slot].pending > 0) {
        return false;
    }
    const uint32_t segment = slot >> SLAB_SEGMENT_BITS;
    if (--slab->segments[segment].pending == 0 && segment != slab->current) {
        append(slab, &slab->done, segment);
    }
    return true;
}

/* Starts a group of all that is done, if none is under way. */
static void take_group(struct slab *slab)
{
    slab->leaving = slab->done;
    slab->done = (struct slab_list){SLAB_NONE, SLAB_NONE};
    slab->passed = 0;
    for (uint32_t ring = 0; ring < slab->ring_count; ring++) {
        slab->tails[ring] = ring_tail_sp(slab->rings[ring]);
    }
}

void slab_reclaim(struct slab *slab)
{
    if (slab->leaving.first == SLAB_NONE) {
        if (slab->done.first == SLAB_NONE) {
            return;
        }
        take_group(slab);
    }
    while (slab->passed < slab->ring_count && ring_passed_sp(slab->rings[slab->passed], slab->tails[slab->passed])) {
        slab->passed++;
    }
    if (slab->passed < slab->ring_count) {
        return;
    }
    uint32_t freed = slab->leaving.first;
    while (freed != SLAB_NONE) {
        const uint32_t next = slab->segments[freed].next;
        slab->segments[freed].next = slab->free;
        slab->free = freed;
        slab->free_count++;
        freed = next;
    }
    slab->leaving = (struct slab_list){SLAB_NONE, SLAB_NONE};
}
