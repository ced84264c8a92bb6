#include "faults/sides.h"

#include <stdlib.h>

#include "core/quorum.h"
#include "faults/draw.h"

struct ranked {
    uint64_t drawn;
    node_id replica;
};

static int by_draw(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->drawn != b->drawn) {
        return a->drawn < b->drawn ? -1 : 1;
    }
    return a->replica < b->replica ? -1 : a->replica > b->replica;
}

/* Marks `count` of the correct replicas, drawn for `purpose`. */
static bool mark_correct(const struct coalition *coalition, enum draw_purpose purpose, uint32_t count, bool *mark)
{
    struct ranked *ranked = calloc(coalition->replicas, sizeof *ranked);
    if (ranked == NULL) {
        return false;
    }
    uint32_t correct = 0;
    for (node_id i = 0; i < coalition->replicas; i++) {
        mark[i] = false;
        if (!coalition->misbehaving[i]) {
            ranked[correct++] = (struct ranked){draw(coalition->seed, i, purpose, 0, 0, 0), i};
        }
    }
    qsort(ranked, correct, sizeof *ranked, by_draw);
    for (uint32_t i = 0; i < count && i < correct; i++) {
        mark[ranked[i].replica] = true;
    }
    free(ranked);
    return true;
}

bool sides_draw(const struct coalition *coalition, bool *side)
{
    uint32_t correct = coalition->replicas - coalition->count;
    uint32_t second = correct / 2;
    if (correct % 2 == 1) {
        second += (uint32_t)(draw(coalition->seed, DRAW_FOR_ALL, DRAW_LARGER_SIDE, 0, 0, 0) & 1u);
    }
    return mark_correct(coalition, DRAW_SIDE, second, side);
}

bool victims_draw(const struct coalition *coalition, bool *victim)
{
    uint32_t correct = coalition->replicas - coalition->count;
    uint32_t faults = quorum_faults(coalition->replicas);
    uint32_t count = faults == 0 ? 1 : faults;
    if (count >= correct) {
        count = correct == 0 ? 0 : correct - 1;
    }
    return mark_correct(coalition, DRAW_VICTIM, count, victim);
}
