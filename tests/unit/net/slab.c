#include <criterion/criterion.h>

#include "net/slab.h"

static struct slab slab;
static struct ring_spsc inboxes[3];
static struct ring_spsc *rings[3] = {&inboxes[0], &inboxes[1], &inboxes[2]};

static void open_slab(uint64_t slots)
{
    for (int i = 0; i < 3; i++) {
        cr_assert(ring_init(&inboxes[i], 4096, sizeof(struct reference)));
    }
    cr_assert(slab_init(&slab, slots, rings, 3));
}

static void close_slab(void)
{
    slab_destroy(&slab);
    for (int i = 0; i < 3; i++) {
        ring_destroy(&inboxes[i]);
    }
}

/* Hands a slot over to one inbox. */
static void hand_over(uint32_t slot, uint32_t inbox)
{
    inbox_fill_sp(&inboxes[inbox], (struct reference){slot, 0});
    ring_publish_sp(&inboxes[inbox]);
    slab_handed_over(&slab, slot);
}

static void read_all(uint32_t inbox)
{
    uint32_t count;
    while ((count = ring_readable_sc(&inboxes[inbox])) > 0) {
        ring_release_sc(&inboxes[inbox], count);
    }
}

/* Fills one segment, each slot handed over to `inbox`; returns the first slot. */
static uint32_t fill_segment(uint32_t inbox)
{
    uint32_t first = SLAB_NONE;
    for (uint32_t i = 0; i < SLAB_SEGMENT; i++) {
        const uint32_t slot = slab_put(&slab, &(struct message){.sequence = i}, 5);
        first = i == 0 ? slot : first;
        hand_over(slot, inbox);
    }
    return first;
}

Test(slab, a_message_is_copied_and_its_origin_noted)
{
    open_slab(100);
    struct message message = {.sequence = 77, .sender = 3};
    const uint32_t slot = slab_put(&slab, &message, 5);
    message.sequence = 0;
    cr_assert_eq(slab.messages[slot].sequence, 77);
    cr_assert_eq(slab.messages[slot].sender, 3);
    cr_assert_eq(slab.slots[slot].from, 5);
    close_slab();
}

Test(slab, the_last_delivery_handed_over_is_told)
{
    open_slab(100);
    const uint32_t slot = slab_put(&slab, &(struct message){0}, 0);
    slab_add_pending(&slab, slot, 2);
    cr_assert_not(slab_handed_over(&slab, slot));
    cr_assert_not(slab_handed_over(&slab, slot));
    cr_assert(slab_handed_over(&slab, slot));
    close_slab();
}

Test(slab, a_segment_is_not_used_again_while_anybody_may_read_it)
{
    open_slab(100);
    const uint64_t room = slab_room(&slab);
    fill_segment(0);
    fill_segment(1);
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room - 2 * SLAB_SEGMENT);
    read_all(0);
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room - 2 * SLAB_SEGMENT, "inbox 1 has not been read");
    read_all(1);
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room);
    close_slab();
}

Test(slab, one_entry_not_released_is_enough_to_keep_a_segment)
{
    open_slab(100);
    const uint64_t room = slab_room(&slab);
    fill_segment(2);
    slab_reclaim(&slab);
    cr_assert_eq(ring_readable_sc(&inboxes[2]), SLAB_SEGMENT);
    ring_release_sc(&inboxes[2], SLAB_SEGMENT - 1);
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room - SLAB_SEGMENT);
    ring_release_sc(&inboxes[2], 1);
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room);
    close_slab();
}

Test(slab, a_segment_with_a_delivery_still_held_stays_whatever_is_read)
{
    open_slab(100);
    const uint64_t room = slab_room(&slab);
    const uint32_t held = slab_put(&slab, &(struct message){0}, 0);
    for (uint32_t i = 1; i < SLAB_SEGMENT; i++) {
        hand_over(slab_put(&slab, &(struct message){0}, 0), 0);
    }
    read_all(0);
    slab_reclaim(&slab);
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room - SLAB_SEGMENT);
    hand_over(held, 1);
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room - SLAB_SEGMENT);
    read_all(1);
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room);
    close_slab();
}

Test(slab, the_segment_being_filled_is_never_freed)
{
    open_slab(100);
    const uint64_t room = slab_room(&slab);
    for (uint32_t i = 0; i < 10; i++) {
        hand_over(slab_put(&slab, &(struct message){0}, 0), 0);
    }
    read_all(0);
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room - 10);
    close_slab();
}

Test(slab, what_was_read_long_ago_does_not_pass_for_what_comes_later)
{
    open_slab(100);
    const uint64_t room = slab_room(&slab);
    fill_segment(0);
    read_all(0);
    fill_segment(0); /* done too, but not read */
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room - 2 * SLAB_SEGMENT);
    read_all(0);
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room);
    fill_segment(1); /* a group of its own, after one that everybody passed */
    slab_reclaim(&slab);
    slab_reclaim(&slab);
    cr_assert_eq(slab_room(&slab), room - SLAB_SEGMENT);
    close_slab();
}

Test(slab, few_segments_serve_any_number_of_messages)
{
    open_slab(2 * SLAB_SEGMENT);
    for (uint32_t i = 0; i < 10000; i++) {
        cr_assert_gt(slab_room(&slab), 0);
        hand_over(slab_put(&slab, &(struct message){.sequence = i}, 0), i % 3);
        read_all(i % 3);
        slab_reclaim(&slab);
    }
    cr_assert_leq(slab.unused, 4);
    close_slab();
}
