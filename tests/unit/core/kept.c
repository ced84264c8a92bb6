/* Contents kept by sequence number: found by their digests, once each, bounded, and references given back. */
#include <criterion/criterion.h>

#include "core/kept.h"

static uint32_t living;

static void reclaim(struct payload *payload)
{
    living--;
    free(payload);
}

/* Contents of their own for each number; one reference is the caller's. */
static struct payload *payload_of(uint64_t number)
{
    struct payload *payload = calloc(1, sizeof *payload + sizeof number);
    atomic_init(&payload->references, 1);
    payload->reclaim = reclaim;
    payload->size = sizeof number;
    memcpy(payload->bytes, &number, sizeof number);
    payload_seal(payload);
    living++;
    return payload;
}

static void add(struct kept_pool *pool, uint32_t *head, uint64_t number)
{
    struct payload *payload = payload_of(number);
    kept_add(pool, head, payload);
    payload_drop(payload);
}

static bool has(const struct kept_pool *pool, uint32_t head, uint64_t number)
{
    struct payload *payload = payload_of(number);
    struct payload *found = kept_find(pool, head, payload_digest(payload));
    bool same = found != NULL && memcmp(found->bytes, &number, sizeof number) == 0;
    payload_drop(payload);
    return same;
}

Test(kept, each_is_found_in_its_own_list_until_that_is_cleared)
{
    struct kept_pool pool;
    uint32_t lists[2] = {KEPT_NOTHING, KEPT_NOTHING};
    cr_assert(kept_create(&pool, 4));
    for (uint64_t number = 0; number < 10; number++) {
        add(&pool, &lists[number % 2], number);
    }
    for (uint64_t number = 0; number < 10; number++) {
        cr_assert(has(&pool, lists[number % 2], number));
        cr_assert(!has(&pool, lists[1 - number % 2], number));
    }
    kept_clear(&pool, &lists[0]);
    cr_assert_eq(lists[0], KEPT_NOTHING);
    cr_assert_eq(living, 5);
    cr_assert(has(&pool, lists[1], 9));
    kept_clear(&pool, &lists[1]);
    cr_assert_eq(living, 0);
    kept_destroy(&pool);
}

Test(kept, the_same_contents_are_kept_once)
{
    struct kept_pool pool;
    uint32_t list = KEPT_NOTHING;
    cr_assert(kept_create(&pool, 4));
    for (uint32_t time = 0; time < 1000; time++) {
        add(&pool, &list, time % 3);
    }
    cr_assert_eq(living, 3);
    kept_clear(&pool, &list);
    cr_assert_eq(living, 0);
    kept_destroy(&pool);
}

Test(kept, a_full_pool_makes_room_by_the_oldest_of_the_same_list)
{
    struct kept_pool pool;
    uint32_t list = KEPT_NOTHING, other = KEPT_NOTHING;
    cr_assert(kept_create(&pool, 2));
    for (uint64_t number = 0; number < 1000; number++) {
        add(&pool, &list, number);
    }
    cr_assert_eq(living, 2 * KEPT_VIEWS);
    cr_assert(has(&pool, list, 999) && has(&pool, list, 1000 - 2 * KEPT_VIEWS));
    cr_assert(!has(&pool, list, 999 - 2 * KEPT_VIEWS));
    add(&pool, &other, 5000);
    cr_assert_eq(other, KEPT_NOTHING, "none of another list goes for it");
    kept_clear(&pool, &list);
    add(&pool, &other, 5000);
    cr_assert(has(&pool, other, 5000), "what was given back is used again");
    kept_clear(&pool, &other);
    cr_assert_eq(living, 0);
    kept_destroy(&pool);
}
