#include <criterion/criterion.h>

#include "net/uplink.h"

#define MBIT UINT64_C(1000000)

Test(uplink, a_byte_at_10_mbit_a_second_takes_800_ns)
{
    cr_assert_eq(uplink_span_ns(10 * MBIT, 1, 1), 800);
    cr_assert_eq(uplink_span_ns(10 * MBIT, 64, 1), 51200);
    cr_assert_eq(uplink_span_ns(10 * MBIT, 64, 3), 3 * 51200);
    cr_assert_eq(uplink_span_ns(1000 * MBIT, 125, 1), 1000);
}

Test(uplink, what_is_no_whole_number_of_nanoseconds_is_rounded_up_once)
{
    cr_assert_eq(uplink_span_ns(10000 * MBIT, 64, 1), 52, "51.2");
    cr_assert_eq(uplink_span_ns(10000 * MBIT, 64, 5), 256, "256.0, not 5 x 52");
}

Test(uplink, an_idle_one_begins_at_once)
{
    struct uplink uplink = {0};
    cr_assert_eq(uplink_take(&uplink, 10 * MBIT, 5000, 100, 1), 5000);
    cr_assert_eq(uplink_take(&uplink, 10 * MBIT, 85000, 100, 1), 85000, "the first took 80 us");
    cr_assert_eq(uplink_take(&uplink, 10 * MBIT, 1000000, 100, 1), 1000000);
}

Test(uplink, messages_wait_for_those_before_them)
{
    struct uplink uplink = {0};
    cr_assert_eq(uplink_take(&uplink, 10 * MBIT, 1000, 64, 3), 1000);
    cr_assert_eq(uplink_take(&uplink, 10 * MBIT, 1000, 1000, 1), 1000 + 3 * 51200);
    cr_assert_eq(uplink_take(&uplink, 10 * MBIT, 2000, 64, 1), 1000 + 3 * 51200 + 800000);
}

Test(uplink, roundings_do_not_add_up)
{
    /* 64 bytes at 7 Gbit/s take 73.142857.. ns: a million of them 73142857.142857.. */
    struct uplink uplink = {0};
    for (int i = 0; i < 1000000; i++) {
        uplink_take(&uplink, 7000 * MBIT, 0, 64, 1);
    }
    cr_assert_eq(uplink_take(&uplink, 7000 * MBIT, 0, 64, 1), 73142857);
    struct uplink at_once = {0};
    uplink_take(&at_once, 7000 * MBIT, 0, 64, 1000000);
    cr_assert_eq(uplink_take(&at_once, 7000 * MBIT, 0, 64, 1), 73142857);
}

Test(uplink, sums_beyond_64_bits_are_right)
{
    /* a megabyte to 10,000 replicas at 1 kbit/s: 8e10 s of a thousandth each */
    cr_assert_eq(uplink_span_ns(1000, 1000000, 10000), UINT64_C(80000000) * 1000000000);
    cr_assert_eq(uplink_span_ns(1000, UINT32_MAX, 10000), TIME_NEVER_NS / 4, "and what is absurd stops somewhere");
    struct uplink uplink = {0};
    for (int i = 0; i < 100; i++) {
        cr_assert_leq(uplink_take(&uplink, 1000, 0, UINT32_MAX, 10000), TIME_NEVER_NS / 4);
    }
}

Test(uplink, a_broadcast_goes_out_in_the_order_of_its_destinations)
{
    struct message message = {.type = MESSAGE_PREPARE, .to = TO_ALL_REPLICAS};
    const uint64_t of_two[] = {1, 2, 0, 3, 4};
    for (node_id to = 0; to < 5; to++) {
        if (to != 2) {
            cr_assert_eq(uplink_place(&message, 2, to), of_two[to]);
        }
        cr_assert_eq(uplink_place(&message, 9, to), to + 1u, "of a client: nobody is left out");
    }
    message.to = 3;
    cr_assert_eq(uplink_place(&message, 2, 3), 1);
}

Test(uplink, a_message_is_64_bytes_and_what_travels_with_it)
{
    struct message message = {.type = MESSAGE_PREPARE, .to = 1};
    cr_assert_eq(message_bytes(&message), 64);
    struct payload contents = {.size = 1000};
    struct payload seal = {.size = 32, .beneath = &contents};
    message.payload = &seal;
    cr_assert_eq(message_bytes(&message), 64 + 1000 + 32);
}
