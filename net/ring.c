#include "net/ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/memory.h"

bool ring_init(struct ring_spsc *ring, uint32_t size, size_t slot_bytes)
{
    assert(size >= 2 && (size & (size - 1)) == 0);
    memset(ring, 0, sizeof *ring);
    ck_ring_init(&ring->shared, size);
    ring->slots = memory_untouched(size * slot_bytes);
    return ring->slots != NULL;
}

void ring_destroy(struct ring_spsc *ring)
{
    free(ring->slots);
    ring->slots = NULL;
}

uint32_t ring_depth(const struct ring_spsc *ring)
{
    return ck_pr_load_uint(&ring->shared.p_tail) - ck_pr_load_uint(&ring->shared.c_head);
}

uint32_t ring_signature(const struct ring_spsc *ring)
{
    return ck_pr_load_uint(&ring->shared.p_tail) + 31u * ck_pr_load_uint(&ring->shared.c_head);
}

void inbox_fill_many_sp(struct ring_spsc *inbox, const struct reference *references, uint32_t count)
{
    struct reference *slots = (struct reference *)(void *)inbox->slots;
    const uint32_t first = inbox->fill & inbox->shared.mask;
    const uint32_t before_wrap = inbox->shared.size - first;
    const uint32_t head = count < before_wrap ? count : before_wrap;
    memcpy(slots + first, references, head * sizeof *references);
    memcpy(slots, references + head, (count - head) * sizeof *references);
    inbox->fill += count;
}

bool outbox_ring_init(struct outbox_ring *outbox, uint32_t size, bool shared, node_id author)
{
    outbox->author = author;
    outbox->numbers = NULL;
    outbox->authors = shared ? memory_untouched(size * sizeof *outbox->authors) : NULL;
    return ring_init(&outbox->ring, size, sizeof(struct message)) && (!shared || outbox->authors != NULL);
}

void outbox_ring_destroy(struct outbox_ring *outbox)
{
    ring_destroy(&outbox->ring);
    free(outbox->authors);
    free(outbox->numbers);
    outbox->authors = NULL;
    outbox->numbers = NULL;
}

bool outbox_ring_number(struct outbox_ring *outbox)
{
    outbox->numbers = memory_untouched(outbox->ring.shared.size * sizeof *outbox->numbers);
    return outbox->numbers != NULL;
}

const struct journal_entry *journal_entries_sc(struct ring_spsc *journal, uint32_t *count)
{
    *count = ring_straight_sc(journal);
    const uint32_t first = ring_slot(journal, journal->shared.c_head, 0);
    return &((const struct journal_entry *)(const void *)journal->slots)[first];
}
