/* Copies of the state at checkpoints. */
#include <criterion/criterion.h>

#include "core/snapshots.h"

static struct client_table clients;
static struct service service;
static struct snapshots snapshots;

static void open_all(void)
{
    cr_assert(client_table_create(&clients, 4, 3));
    service_reset(&service);
    cr_assert(snapshots_create(&snapshots, 3, 10, 40));
}

static void close_all(void)
{
    snapshots_destroy(&snapshots);
    client_table_destroy(&clients);
}

TestSuite(snapshots, .init = open_all, .fini = close_all);

static struct digest take(sequence_number sequence, uint64_t history)
{
    return snapshots_take(&snapshots, sequence, &service, &clients, history);
}

Test(snapshots, the_digest_is_the_states)
{
    service_apply(&service, (const unsigned char *)"key and a value.", 16);
    client_table_executed(&clients, 5, 7, 99);
    struct digest digest = take(10, 1234);
    cr_assert(digest_equal(digest, state_digest(&service, &clients, 1234)));
    cr_assert(digest_equal(digest, digest_of(snapshots_find(&snapshots, 10)->image, state_image_size(3))));
}

Test(snapshots, the_digest_depends_on_history_service_and_replies)
{
    struct digest plain = take(10, 1);
    cr_assert_not(digest_equal(plain, take(10, 2)), "history");
    client_table_executed(&clients, 6, 1, 0);
    cr_assert_not(digest_equal(plain, take(10, 1)), "a client's timestamp");
    struct digest replied = take(10, 1);
    client_table_executed(&clients, 6, 2, 8);
    clients.records[2].executed_timestamp = 1;
    cr_assert_not(digest_equal(replied, take(10, 1)), "a client's result");
    struct digest served = take(10, 1);
    service.values[SERVICE_KEYS - 1] = 1;
    cr_assert_not(digest_equal(served, take(10, 1)), "the service");
}

Test(snapshots, each_checkpoint_of_a_window_has_its_own)
{
    for (sequence_number sequence = 10; sequence <= 50; sequence += 10) {
        service.values[0] = sequence;
        take(sequence, sequence);
    }
    for (sequence_number sequence = 10; sequence <= 50; sequence += 10) {
        const struct snapshot *snapshot = snapshots_find(&snapshots, sequence);
        cr_assert_not_null(snapshot);
        cr_assert_eq(snapshot->image->history, sequence);
        cr_assert_eq(snapshot->image->service.values[0], sequence);
    }
    cr_assert_null(snapshots_find(&snapshots, 0));
    cr_assert_null(snapshots_find(&snapshots, 15));
    cr_assert_null(snapshots_find(&snapshots, 60));
    take(70, 70);
    cr_assert_null(snapshots_find(&snapshots, 10), "an old one made room");
}

Test(snapshots, a_fetched_image_is_kept_as_it_is)
{
    service.values[3] = 77;
    struct digest digest = take(10, 5);
    struct snapshots others;
    cr_assert(snapshots_create(&others, 3, 10, 40));
    snapshots_keep(&others, 10, digest, snapshots_find(&snapshots, 10)->image);
    const struct snapshot *kept = snapshots_find(&others, 10);
    cr_assert_not_null(kept);
    cr_assert(digest_equal(kept->digest, digest));
    cr_assert(digest_equal(digest_of(kept->image, state_image_size(3)), digest));
    snapshots_destroy(&others);
}
