#include <criterion/criterion.h>

#include "net/ring.h"

static struct ring_spsc ring;

static void open_inbox(uint32_t size)
{
    cr_assert(ring_init(&ring, size, sizeof(struct reference)));
}

/* As if 2^32 - `before` entries had gone through. */
static void wind_on(struct ring_spsc *wound, uint32_t before)
{
    const unsigned int index = 0u - before;
    wound->shared.p_tail = wound->shared.c_head = wound->fill = wound->known_head = wound->known_tail = index;
}

Test(ring, holds_one_less_than_its_size)
{
    open_inbox(8);
    cr_assert_eq(ring_capacity(&ring), 7);
    cr_assert_eq(ring_room_sp(&ring, 100), 7);
    for (uint32_t i = 0; i < 7; i++) {
        inbox_fill_sp(&ring, (struct reference){i, i});
    }
    cr_assert_eq(ring_room_sp(&ring, 1), 0);
    ring_destroy(&ring);
}

Test(ring, nothing_is_readable_before_it_is_published)
{
    open_inbox(8);
    inbox_fill_sp(&ring, (struct reference){1, 2});
    inbox_fill_sp(&ring, (struct reference){3, 4});
    cr_assert_eq(ring_readable_sc(&ring), 0);
    cr_assert_eq(ring_depth(&ring), 0);
    ring_publish_sp(&ring);
    cr_assert_eq(ring_readable_sc(&ring), 2);
    cr_assert_eq(inbox_entry_sc(&ring, 1).slot, 3);
    cr_assert_eq(inbox_entry_sc(&ring, 1).from, 4);
    ring_destroy(&ring);
}

Test(ring, what_is_read_stays_borrowed_until_it_is_released)
{
    open_inbox(4);
    for (uint32_t i = 0; i < 3; i++) {
        inbox_fill_sp(&ring, (struct reference){i, 0});
    }
    ring_publish_sp(&ring);
    const uint32_t tail = ring_tail_sp(&ring);
    cr_assert_eq(ring_readable_sc(&ring), 3);
    cr_assert_eq(inbox_entry_sc(&ring, 2).slot, 2);
    cr_assert_eq(ring_room_sp(&ring, 1), 0, "reading gives no room");
    cr_assert_not(ring_passed_sp(&ring, tail));
    ring_release_sc(&ring, 2);
    cr_assert_eq(ring_room_sp(&ring, 3), 2);
    cr_assert_not(ring_passed_sp(&ring, tail));
    ring_release_sc(&ring, 1);
    cr_assert(ring_passed_sp(&ring, tail));
    ring_destroy(&ring);
}

Test(ring, keeps_order_across_the_end_of_its_slots_and_of_its_indices)
{
    open_inbox(16);
    wind_on(&ring, 100);
    uint32_t in = 0;
    uint32_t out = 0;
    for (uint32_t round = 0; round < 1000; round++) {
        for (uint32_t i = 0; i < round % 16 && ring_room_sp(&ring, 1) > 0; i++) {
            inbox_fill_sp(&ring, (struct reference){in++, 0});
        }
        ring_publish_sp(&ring);
        const uint32_t tail = ring_tail_sp(&ring);
        uint32_t count;
        while ((count = ring_readable_sc(&ring)) > 0) {
            cr_assert_not(ring_passed_sp(&ring, tail));
            for (uint32_t i = 0; i < count; i++) {
                cr_assert_eq(inbox_entry_sc(&ring, i).slot, out++);
            }
            ring_release_sc(&ring, count);
        }
        cr_assert(ring_passed_sp(&ring, tail));
    }
    cr_assert_eq(in, out);
    cr_assert_gt(in, 5000);
    ring_destroy(&ring);
}

Test(ring, a_row_of_references_may_lie_across_the_end)
{
    open_inbox(8);
    wind_on(&ring, 3);
    const struct reference row[6] = {{0, 9}, {1, 9}, {2, 9}, {3, 9}, {4, 9}, {5, 9}};
    inbox_fill_many_sp(&ring, row, 6);
    ring_publish_sp(&ring);
    cr_assert_eq(ring_readable_sc(&ring), 6);
    for (uint32_t i = 0; i < 6; i++) {
        cr_assert_eq(inbox_entry_sc(&ring, i).slot, i);
    }
    ring_destroy(&ring);
}

Test(ring, an_outbox_that_nodes_share_says_who_sent_each_message)
{
    struct outbox_ring outbox;
    cr_assert(outbox_ring_init(&outbox, 4, true, 7));
    wind_on(&outbox.ring, 1);
    const struct message claim = {.sender = 99, .sequence = 5};
    outbox_fill_sp(&outbox, &claim, 7);
    outbox_fill_sp(&outbox, &claim, 8);
    ring_publish_sp(&outbox.ring);
    node_id author;
    cr_assert_eq(outbox_entry_sc(&outbox, 0, &author)->sender, 99, "a claim travels unchanged");
    cr_assert_eq(author, 7);
    outbox_entry_sc(&outbox, 1, &author);
    cr_assert_eq(author, 8);
    outbox_ring_destroy(&outbox);
}

Test(ring, an_outbox_of_one_node_needs_no_word_about_the_author)
{
    struct outbox_ring outbox;
    cr_assert(outbox_ring_init(&outbox, 4, false, 3));
    outbox_fill_sp(&outbox, &(struct message){.sender = 1}, 3);
    node_id author;
    outbox_entry_sc(&outbox, 0, &author);
    cr_assert_eq(author, 3);
    outbox_ring_destroy(&outbox);
}

Test(ring, journal_entries_come_in_rows_that_end_where_the_ring_does)
{
    cr_assert(ring_init(&ring, 8, sizeof(struct journal_entry)));
    wind_on(&ring, 3);
    for (uint64_t i = 0; i < 5; i++) {
        journal_fill_sp(&ring, &(struct journal_entry){.sequence = i});
    }
    ring_publish_sp(&ring);
    uint32_t count;
    cr_assert_eq(journal_entries_sc(&ring, &count)[2].sequence, 2);
    cr_assert_eq(count, 3);
    ring_release_sc(&ring, count);
    cr_assert_eq(journal_entries_sc(&ring, &count)[1].sequence, 4);
    cr_assert_eq(count, 2);
    ring_release_sc(&ring, count);
    journal_entries_sc(&ring, &count);
    cr_assert_eq(count, 0);
    ring_destroy(&ring);
}
