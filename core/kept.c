#include "core/kept.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_MOST (1u << 20)

bool kept_create(struct kept_pool *pool, uint32_t window)
{
    uint64_t wanted = (uint64_t)window * KEPT_VIEWS;
    *pool = (struct kept_pool){.capacity = 1 + (uint32_t)(wanted < KEPT_MOST ? wanted : KEPT_MOST), .fresh = 1};
    pool->places = malloc(pool->capacity * sizeof *pool->places);
    return pool->places != NULL;
}

void kept_destroy(struct kept_pool *pool)
{
    free(pool->places);
    memset(pool, 0, sizeof *pool);
}

static uint32_t take_place(struct kept_pool *pool)
{
    uint32_t place = pool->free;
    if (place != KEPT_NOTHING) {
        pool->free = pool->places[place].next;
        return place;
    }
    return pool->fresh < pool->capacity ? pool->fresh++ : KEPT_NOTHING;
}

static void give_place(struct kept_pool *pool, uint32_t place)
{
    payload_drop(pool->places[place].payload);
    pool->places[place].next = pool->free;
    pool->free = place;
}

/* Takes the last of the list out. */
static void drop_oldest(struct kept_pool *pool, uint32_t *head)
{
    uint32_t *link = head;
    while (*link != KEPT_NOTHING && pool->places[*link].next != KEPT_NOTHING) {
        link = &pool->places[*link].next;
    }
    if (*link != KEPT_NOTHING) {
        uint32_t place = *link;
        *link = KEPT_NOTHING;
        give_place(pool, place);
    }
}

void kept_add(struct kept_pool *pool, uint32_t *head, struct payload *payload)
{
    if (kept_find(pool, *head, payload_digest(payload)) != NULL) {
        return;
    }
    uint32_t place = take_place(pool);
    if (place == KEPT_NOTHING) {
        drop_oldest(pool, head);
        place = take_place(pool);
    }
    if (place != KEPT_NOTHING) {
        payload_hold(payload);
        pool->places[place] = (struct kept_contents){.payload = payload, .next = *head};
        *head = place;
    }
}

struct payload *kept_find(const struct kept_pool *pool, uint32_t head, struct digest digest)
{
    for (uint32_t place = head; place != KEPT_NOTHING; place = pool->places[place].next) {
        if (digest_equal(payload_digest(pool->places[place].payload), digest)) {
            return pool->places[place].payload;
        }
    }
    return NULL;
}

void kept_clear(struct kept_pool *pool, uint32_t *head)
{
    while (*head != KEPT_NOTHING) {
        uint32_t place = *head;
        *head = pool->places[place].next;
        give_place(pool, place);
    }
}
