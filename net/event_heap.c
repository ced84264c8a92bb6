#include "net/event_heap.h"

#include <assert.h>
#include <stdlib.h>

#define SAMPLE 64u

static bool comes_before(const struct event_heap *heap, const struct event_heap_entry *a,
                         const struct event_heap_entry *b)
{
    if (a->time_ns != b->time_ns) {
        return a->time_ns < b->time_ns;
    }
    return event_same_place(a->low, b->low) ? heap->compare(heap->context, event_slot(a->low), event_slot(b->low)) < 0
                                            : a->low < b->low;
}

static bool grow(struct event_heap *heap)
{
    size_t capacity = heap->capacity == 0 ? 64 : 2 * heap->capacity;
    struct event_heap_entry *entries = realloc(heap->entries, capacity * sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    heap->entries = entries;
    heap->capacity = capacity;
    return true;
}

bool event_heap_push(struct event_heap *heap, struct event_heap_entry entry)
{
    if (heap->count == heap->capacity && !grow(heap)) {
        return false;
    }
    size_t at = heap->count++;
    for (; at > 0 && comes_before(heap, &entry, &heap->entries[(at - 1) / 2]); at = (at - 1) / 2) {
        heap->entries[at] = heap->entries[(at - 1) / 2];
    }
    heap->entries[at] = entry;
    return true;
}

void event_heap_pop(struct event_heap *heap)
{
    assert(heap->count > 0);
    struct event_heap_entry last = heap->entries[--heap->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count && comes_before(heap, &heap->entries[child + 1], &heap->entries[child])) {
            child++;
        }
        if (!comes_before(heap, &heap->entries[child], &last)) {
            break;
        }
        heap->entries[at] = heap->entries[child];
    }
    heap->entries[at] = last;
}

uint64_t event_heap_reach(const struct event_heap *heap, uint64_t now_ns)
{
    uint64_t distances[SAMPLE];
    size_t count = heap->count < SAMPLE ? heap->count : SAMPLE;
    for (size_t i = 0; i < count; i++) {
        uint64_t distance = heap->entries[i * heap->count / count].time_ns - now_ns;
        size_t at = i;
        for (; at > 0 && distances[at - 1] > distance; at--) {
            distances[at] = distances[at - 1];
        }
        distances[at] = distance;
    }
    return count == 0 ? 0 : distances[count * 9 / 10];
}
