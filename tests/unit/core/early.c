/* What arrives before its view is open: kept in order, a share for each sender, and references given back. */
#include <criterion/criterion.h>

#include "core/early.h"

static uint32_t living;

static void reclaim(struct payload *payload)
{
    living--;
    free(payload);
}

static struct payload *payload_new(void)
{
    struct payload *payload = calloc(1, sizeof *payload);
    atomic_init(&payload->references, 1);
    payload->reclaim = reclaim;
    living++;
    return payload;
}

static bool keep_sized(struct early *early, node_id from, view_number view, sequence_number sequence, uint32_t size)
{
    struct message message = {.type = MESSAGE_PREPARE, .sender = from, .payload = payload_new()};
    message.payload->size = size; /* nobody reads the contents */
    message.view = view;
    message.sequence = sequence;
    bool kept = early_keep(early, &message, from);
    payload_drop(message.payload);
    return kept;
}

static bool keep(struct early *early, node_id from, view_number view, sequence_number sequence)
{
    return keep_sized(early, from, view, sequence, 0);
}

/* Takes all of a view out; returns their sequence numbers as digits, in order. */
static uint64_t take_all(struct early *early, view_number view)
{
    struct early_message taken;
    uint32_t cursor = 0;
    uint64_t digits = 0;
    while (early_take(early, view, &cursor, &taken)) {
        cr_assert_eq(taken.message.view, view);
        digits = digits * 10 + taken.message.sequence;
        payload_drop(taken.message.payload);
    }
    return digits;
}

Test(early, they_come_out_in_the_order_in_which_they_came)
{
    struct early early;
    cr_assert(early_create(&early, 4, 16));
    keep(&early, 1, 5, 1);
    keep(&early, 2, 5, 2);
    keep(&early, 1, 5, 3);
    keep(&early, 3, 5, 4);
    cr_assert_eq(take_all(&early, 5), 1234);
    cr_assert_eq(take_all(&early, 5), 0);
    cr_assert_eq(living, 0);
    early_destroy(&early);
}

Test(early, those_of_later_views_stay_and_those_of_earlier_ones_go)
{
    struct early early;
    cr_assert(early_create(&early, 4, 16));
    for (sequence_number sequence = 1; sequence <= 9; sequence++) {
        keep(&early, sequence % 4, 4 + sequence % 3, sequence);
    }
    cr_assert_eq(take_all(&early, 5), 147);
    cr_assert_eq(living, 3, "those of view 6");
    cr_assert_eq(early.count, 3);
    cr_assert_eq(take_all(&early, 6), 258);
    cr_assert_eq(living, 0);
    early_destroy(&early);
}

Test(early, each_sender_has_its_share_and_gets_it_back)
{
    for (uint32_t n = 4; n <= 4096; n *= 4) {
        struct early early;
        cr_assert(early_create(&early, n, 16));
        for (uint32_t round = 0; round < 3; round++) {
            for (uint32_t place = 0; place < early.share; place++) {
                cr_assert(keep(&early, 1, 1 + round, 1));
            }
            cr_assert_not(keep(&early, 1, 1 + round, 1), "n = %u: its share is used up", n);
            cr_assert(keep(&early, 2, 1 + round, 1), "another's is not");
            (void)take_all(&early, 1 + round);
            cr_assert_eq(living, 0);
        }
        cr_assert_eq(early.peak, early.share + 1);
        early_destroy(&early);
    }
}

Test(early, what_is_still_kept_at_the_end_is_given_back)
{
    struct early early;
    cr_assert(early_create(&early, 4, 16));
    for (sequence_number sequence = 1; sequence <= 9; sequence++) {
        keep(&early, sequence % 4, (view_number)sequence, sequence);
    }
    cr_assert_eq(living, 9);
    early_destroy(&early);
    cr_assert_eq(living, 0);
}

Test(early, each_sender_has_its_share_of_bytes_and_gets_it_back)
{
    for (uint32_t n = 4; n <= 4096; n *= 4) {
        struct early early;
        cr_assert(early_create(&early, n, 256));
        const uint32_t quarter = (uint32_t)(early.share_bytes / 4);
        cr_assert_leq(early.share_bytes, 16u << 20);
        for (uint32_t round = 0; round < 3; round++) {
            for (sequence_number sequence = 1; sequence <= 4; sequence++) {
                cr_assert(keep_sized(&early, 1, 1 + round, sequence, quarter));
            }
            cr_assert_not(keep_sized(&early, 1, 1 + round, 5, quarter), "n = %u", n);
            cr_assert(keep_sized(&early, 2, 1 + round, 5, UINT32_MAX / 2), "the first of another, however large");
            cr_assert_not(keep_sized(&early, 2, 1 + round, 6, 1));
            cr_assert_eq(take_all(&early, 1 + round), 12345);
            cr_assert_eq(living, 0);
        }
        early_destroy(&early);
    }
}
