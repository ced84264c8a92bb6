/* The log: early and conflicting votes, the digest that changes when the pre-prepare comes, views, and the window. */
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/log.h"

static const struct digest A = {{1, 1}}, B = {{2, 2}}, C = {{3, 3}};

static union vote_auth auth(uint64_t tag)
{
    return (union vote_auth){.tag = tag};
}

static enum reject prepare(struct log *log, sequence_number sequence, node_id sender, struct digest digest)
{
    return log_vote(log, PHASE_PREPARE, sequence, 0, digest, sender, auth(1ULL << (sender % 64)));
}

static enum reject commit(struct log *log, sequence_number sequence, node_id sender, struct digest digest)
{
    return log_vote(log, PHASE_COMMIT, sequence, 0, digest, sender, auth(1ULL << (sender % 64)));
}

static uint32_t prepares(struct log *log, sequence_number sequence)
{
    return log_slot(log, sequence)->prepares.count;
}

static uint32_t commits(struct log *log, sequence_number sequence)
{
    return log_slot(log, sequence)->commits.count;
}

static uint32_t side_places_free(const struct log *log)
{
    uint32_t count = log->side_capacity - log->side_fresh;
    for (uint32_t index = log->side_free; index != NO_SIDE_VOTE; index = log->side_pool[index].next) {
        count++;
    }
    return count;
}

#define FOR_BOTH_SHAPES(n) for (uint32_t n = 7; n <= 70; n += 63)

Test(log, the_window_is_above_low_up_to_low_plus_window)
{
    struct log log;
    cr_assert(log_create(&log, 4, 10, 10, AUTH_NONE));
    for (sequence_number low = 0; low <= 30; low += 15) {
        log_advance(&log, low);
        cr_assert_not(log_contains(&log, low));
        cr_assert(log_contains(&log, low + 1));
        cr_assert(log_contains(&log, low + 10));
        cr_assert_not(log_contains(&log, low + 11));
        cr_assert_not(log_contains(&log, UINT64_MAX));
    }
    cr_assert_not(log_contains(&log, 0));
    log_destroy(&log);
}

Test(log, sequence_numbers_of_one_window_never_share_a_slot)
{
    for (uint32_t window = 1; window <= 70; window++) {
        struct log log;
        cr_assert(log_create(&log, 4, window, window, AUTH_NONE));
        for (sequence_number sequence = 1; sequence <= window; sequence++) {
            cr_assert_eq(prepares(&log, sequence), 0);
            prepare(&log, sequence, 1, A);
        }
        cr_assert_eq(log_in_use(&log), window);
        log_destroy(&log);
    }
}

Test(log, early_votes_count_under_the_digest_that_they_name)
{
    FOR_BOTH_SHAPES(n)
    {
        struct log log;
        cr_assert(log_create(&log, n, 10, 10, AUTH_NONE));
        cr_assert_eq(prepare(&log, 1, 1, A), REJECT_NONE);
        cr_assert_eq(prepare(&log, 1, 2, A), REJECT_NONE);
        cr_assert_eq(commit(&log, 1, 2, A), REJECT_NONE);
        cr_assert_not(log_is_open(&log, 1, 0));
        log_open(&log, 1, 0, A, 0, auth(1), NULL);
        cr_assert(log_is_open(&log, 1, 0));
        cr_assert_eq(prepares(&log, 1), 3, "two backups and the primary");
        cr_assert_eq(commits(&log, 1), 1);
        cr_assert_eq(log_slot(&log, 1)->prepares.tags, 1 ^ 2 ^ 4);
        log_destroy(&log);
    }
}

Test(log, votes_beside_are_promoted_when_the_pre_prepare_names_their_digest)
{
    FOR_BOTH_SHAPES(n)
    {
        struct log log;
        cr_assert(log_create(&log, n, 10, 10, AUTH_NONE));
        uint32_t places = side_places_free(&log);
        prepare(&log, 1, 1, B);
        commit(&log, 1, 1, B);
        for (node_id sender = 2; sender < 6; sender++) {
            cr_assert_eq(prepare(&log, 1, sender, A), REJECT_NONE);
            cr_assert_eq(commit(&log, 1, sender, A), REJECT_NONE);
        }
        cr_assert_eq(side_places_free(&log), places - 8);
        log_open(&log, 1, 0, A, 0, auth(1), NULL);
        cr_assert_eq(prepares(&log, 1), 5, "four backups and the primary");
        cr_assert_eq(commits(&log, 1), 4);
        cr_assert_eq(log_slot(&log, 1)->prepares.tags, 1 ^ 4 ^ 8 ^ 16 ^ 32, "with their tags");
        cr_assert_eq(side_places_free(&log), places - 2, "the two for B stepped aside");
        cr_assert_eq(prepare(&log, 1, 1, A), REJECT_CONFLICTING_VOTE, "still its sender's first vote");
        cr_assert_eq(commit(&log, 1, 1, A), REJECT_CONFLICTING_VOTE);
        cr_assert_eq(prepare(&log, 1, 1, B), REJECT_DUPLICATE_VOTE);
        cr_assert_eq(prepare(&log, 1, 2, A), REJECT_DUPLICATE_VOTE);
        cr_assert_eq(prepare(&log, 1, 2, B), REJECT_CONFLICTING_VOTE);
        log_destroy(&log);
    }
}

Test(log, votes_for_three_digests_are_told_apart)
{
    const struct digest digests[] = {A, B, C};
    for (uint32_t winner = 0; winner < 3; winner++) {
        struct log log;
        cr_assert(log_create(&log, 16, 10, 10, AUTH_NONE));
        for (node_id sender = 1; sender < 10; sender++) {
            cr_assert_eq(prepare(&log, 1, sender, digests[sender % 3]), REJECT_NONE);
        }
        log_open(&log, 1, 0, digests[winner], 0, auth(1), NULL);
        cr_assert_eq(prepares(&log, 1), 4, "three backups each, and the primary");
        log_destroy(&log);
    }
}

Test(log, after_the_pre_prepare_other_digests_go_beside_and_count_nowhere)
{
    FOR_BOTH_SHAPES(n)
    {
        struct log log;
        cr_assert(log_create(&log, n, 10, 10, AUTH_NONE));
        log_open(&log, 1, 0, A, 0, auth(1), NULL);
        cr_assert_eq(prepare(&log, 1, 1, B), REJECT_NONE, "kept");
        cr_assert_eq(prepares(&log, 1), 1);
        cr_assert_eq(prepare(&log, 1, 1, A), REJECT_CONFLICTING_VOTE);
        cr_assert_eq(prepare(&log, 1, 1, B), REJECT_DUPLICATE_VOTE);
        cr_assert_eq(prepares(&log, 1), 1);
        cr_assert_eq(prepare(&log, 1, 2, A), REJECT_NONE, "others go on");
        cr_assert_eq(prepares(&log, 1), 2);
        log_destroy(&log);
    }
}

Test(log, a_pre_prepare_of_the_null_request_opens_its_slot)
{
    struct log log;
    cr_assert(log_create(&log, 7, 10, 10, AUTH_NONE));
    prepare(&log, 1, 1, A);
    for (node_id sender = 2; sender < 5; sender++) {
        prepare(&log, 1, sender, digest_null());
    }
    log_open(&log, 1, 0, digest_null(), 0, auth(1), NULL);
    cr_assert_eq(prepares(&log, 1), 4, "three backups and the primary");
    cr_assert_eq(prepare(&log, 1, 1, digest_null()), REJECT_CONFLICTING_VOTE);
    log_destroy(&log);
}

Test(log, votes_of_an_older_view_are_worth_nothing_in_a_newer_one)
{
    FOR_BOTH_SHAPES(n)
    {
        struct log log;
        cr_assert(log_create(&log, n, 10, 10, AUTH_NONE));
        uint32_t places = side_places_free(&log);
        log_open(&log, 1, 0, A, 0, auth(1), NULL);
        prepare(&log, 1, 1, A);
        prepare(&log, 1, 2, B);
        commit(&log, 1, 1, A);
        cr_assert_eq(log_vote(&log, PHASE_PREPARE, 1, 1, A, 3, auth(8)), REJECT_NONE);
        cr_assert_not(log_is_open(&log, 1, 0));
        cr_assert_not(log_is_open(&log, 1, 1));
        cr_assert_eq(prepares(&log, 1), 1);
        cr_assert_eq(commits(&log, 1), 0);
        cr_assert_eq(side_places_free(&log), places);
        log_open(&log, 1, 1, A, 1, auth(2), NULL);
        cr_assert_eq(prepares(&log, 1), 2);
        cr_assert_eq(log_vote(&log, PHASE_PREPARE, 1, 1, A, 2, auth(4)), REJECT_NONE, "its vote for B was of view 0");
        log_destroy(&log);
    }
}

Test(log, advancing_forgets_what_is_below_and_keeps_the_rest)
{
    FOR_BOTH_SHAPES(n)
    {
        struct log log;
        cr_assert(log_create(&log, n, 10, 10, AUTH_NONE));
        uint32_t places = side_places_free(&log);
        for (sequence_number sequence = 1; sequence <= 10; sequence++) {
            log_open(&log, sequence, 0, A, 0, auth(1), NULL);
            prepare(&log, sequence, 1, A);
            prepare(&log, sequence, 2, B);
            commit(&log, sequence, 1, A);
        }
        log_advance(&log, 4);
        cr_assert_eq(log_in_use(&log), 6);
        cr_assert_eq(side_places_free(&log), places - 6);
        cr_assert_eq(prepares(&log, 5), 2);
        cr_assert_eq(prepares(&log, 11), 0, "a new sequence number starts from nothing");
        cr_assert_eq(prepare(&log, 14, 3, C), REJECT_NONE);
        log_advance(&log, 1000000);
        cr_assert_eq(log_in_use(&log), 0);
        cr_assert_eq(side_places_free(&log), places);
        log_advance(&log, 1000000);
        log_destroy(&log);
    }
}

/* Hundreds of windows, with bitsets and side votes in use in each: whatever was not given back would run out. */
Test(log, nothing_is_lost_over_many_windows)
{
    struct log log;
    cr_assert(log_create(&log, 100, 8, 8, AUTH_NONE));
    uint32_t places = side_places_free(&log), bitsets = place_pool_left(&log.bitsets.bitsets);
    for (sequence_number low = 0; low < 4000; low += 3) {
        for (sequence_number sequence = low + 1; sequence <= low + 8; sequence++) {
            for (node_id sender = 1; sender < 12; sender++) {
                log_vote(&log, sender % 2 ? PHASE_PREPARE : PHASE_COMMIT, sequence, (view_number)(low / 30),
                         sender % 3 ? A : B, sender, auth(0));
            }
            if (sequence % 2 == 0 && !log_is_open(&log, sequence, (view_number)(low / 30))) {
                log_open(&log, sequence, (view_number)(low / 30), B, 0, auth(1), NULL);
            }
        }
        cr_assert_leq(log_in_use(&log), 8);
        log_advance(&log, low + 3);
    }
    log_advance(&log, 5000);
    cr_assert_eq(side_places_free(&log), places);
    cr_assert_eq(place_pool_left(&log.bitsets.bitsets), bitsets);
    log_destroy(&log);
}

/* The whole pages within a region. */
struct pages {
    unsigned char *first;
    size_t bytes, count;
};

static struct pages pages_within(void *memory, size_t bytes)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = ((uintptr_t)memory + page - 1) / page * page;
    const uintptr_t end = ((uintptr_t)memory + bytes) / page * page;
    cr_assert_gt(end, start);
    return (struct pages){(unsigned char *)memory + (start - (uintptr_t)memory), end - start, (end - start) / page};
}

static size_t pages_in_memory(const struct pages *pages)
{
    unsigned char *resident = malloc(pages->count);
    size_t count = 0;
    cr_assert_not_null(resident);
    cr_assert_eq(mincore(pages->first, pages->bytes, resident), 0);
    for (size_t index = 0; index < pages->count; index++) {
        count += resident[index] & 1;
    }
    free(resident);
    return count;
}

/* The allocator may hand out what was in use before, so the pages are given back first: they read as zero again, and
 * are in memory only after something has written them. */
Test(log, what_was_touched_before_costs_no_page_faults)
{
    enum { WINDOW = 8192 };
    struct log log;
    cr_assert(log_create(&log, 64, WINDOW, WINDOW, AUTH_NONE));
    const struct pages regions[] = {pages_within(log.slots, WINDOW * sizeof *log.slots),
                                    pages_within(log.records, WINDOW * sizeof *log.records)};
    for (size_t index = 0; index < sizeof regions / sizeof *regions; index++) {
        cr_assert_eq(madvise(regions[index].first, regions[index].bytes, MADV_DONTNEED), 0);
        if (pages_in_memory(&regions[index]) != 0) {
            cr_skip_test("this kernel does not tell which pages are in memory");
        }
    }
    log_prefault(&log);
    for (size_t index = 0; index < sizeof regions / sizeof *regions; index++) {
        cr_assert_eq(pages_in_memory(&regions[index]), regions[index].count, "region %zu", index);
    }
    cr_assert_eq(log_in_use(&log), 0);
    log_destroy(&log);
}

/* Every sender lies at every sequence number, in both phases: the list is bounded, and says so. */
Test(log, the_side_list_is_bounded_and_a_full_one_is_named)
{
    struct log log;
    cr_assert(log_create(&log, 64, 16, 16, AUTH_NONE));
    uint32_t places = side_places_free(&log), kept = 0, refused = 0;
    for (sequence_number sequence = 1; sequence <= 16; sequence++) {
        log_open(&log, sequence, 0, A, 0, auth(1), NULL);
        for (node_id sender = 1; sender < 64; sender++) {
            enum reject reasons[2] = {prepare(&log, sequence, sender, B), commit(&log, sequence, sender, B)};
            for (uint32_t index = 0; index < 2; index++) {
                cr_assert(reasons[index] == REJECT_NONE || reasons[index] == REJECT_NO_ROOM);
                kept += reasons[index] == REJECT_NONE;
                refused += reasons[index] == REJECT_NO_ROOM;
            }
        }
    }
    cr_assert_eq(kept + refused, 16 * 63 * 2);
    cr_assert_eq(kept, places < 16 * 63 * 2 ? places : 16 * 63 * 2);
    log_advance(&log, 16);
    log_open(&log, 17, 0, A, 0, auth(1), NULL);
    cr_assert_eq(prepare(&log, 17, 1, B), REJECT_NONE, "room again");
    log_destroy(&log);
}

static uint32_t reclaimed;

static void reclaim(struct payload *payload)
{
    reclaimed++;
    free(payload);
}

static struct payload *payload_of(const char *text)
{
    struct payload *payload = malloc(sizeof *payload + strlen(text));
    *payload = (struct payload){.size = (uint32_t)strlen(text), .reclaim = reclaim};
    atomic_init(&payload->references, 1);
    memcpy(payload->bytes, text, strlen(text));
    payload_seal(payload);
    return payload;
}

Test(log, holds_one_reference_to_a_batch_until_it_is_stable_also_when_replaced)
{
    struct log log;
    cr_assert(log_create(&log, 4, 10, 10, AUTH_NONE));
    struct payload *batches[3] = {payload_of("one"), payload_of("two"), payload_of("three")};
    for (uint32_t index = 0; index < 3; index++) {
        log_open(&log, index + 1, 0, payload_digest(batches[index]), 0, auth(1), batches[index]);
        payload_drop(batches[index]);
    }
    cr_assert_eq(reclaimed, 0);
    log_open(&log, 2, 1, A, 1, auth(1), NULL); /* lacking its batch, in another view */
    cr_assert_eq(reclaimed, 0, "the earlier view's is kept (R33)");
    log_advance(&log, 2);
    cr_assert_eq(reclaimed, 2);
    log_destroy(&log);
    cr_assert_eq(reclaimed, 3);
}

Test(log, one_batch_in_two_slots_is_held_twice)
{
    struct log log;
    cr_assert(log_create(&log, 4, 10, 10, AUTH_NONE));
    struct payload *batch = payload_of("same");
    log_open(&log, 1, 0, payload_digest(batch), 0, auth(1), batch);
    log_open(&log, 2, 0, payload_digest(batch), 0, auth(1), batch);
    payload_drop(batch);
    log_advance(&log, 1);
    cr_assert_eq(reclaimed, 0);
    log_open(&log, 2, 1, payload_digest(batch), 1, auth(1), batch); /* the same again, in another view */
    cr_assert_eq(reclaimed, 0);
    log_destroy(&log);
    cr_assert_eq(reclaimed, 1);
}
