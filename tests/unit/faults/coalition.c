/* equivocate, split-vote, collude, twin: who is told what. */
#include <criterion/criterion.h>

#include "core/request.h"
#include "faults/accomplice.h"
#include "faults/draw.h"
#include "faults/sides.h"
#include "tests/support/faults/script.h"

static struct digest second_digest(const struct cluster *cluster, view_number view, sequence_number sequence)
{
    const struct behavior_context context = {
        .id = 0, .protocol = &cluster->protocol, .keyring = cluster->keyring, .coalition = &cluster->coalition};
    return accomplice_digest(&context, view, sequence);
}

/* The digest that `from` named to `to` in its only message of this type about `sequence`; fails if there is none. */
static struct digest told(const struct cluster *cluster, node_id from, node_id to, enum message_type type)
{
    const struct message *found = NULL;
    for (size_t i = 0; i < cluster->pump.sent_count; i++) {
        const struct pump_sent *sent = &cluster->pump.sent[i];
        bool here = sent->from == from && (sent->message.to == to || sent->message.to == TO_ALL_REPLICAS);
        if (here && sent->message.type == type) {
            cr_assert_null(found, "%u tells %u twice", from, to);
            found = &sent->message;
        }
    }
    cr_assert_not_null(found, "%u tells %u nothing", from, to);
    return found->digest;
}

Test(accomplice, makes_valid_requests_that_differ_between_views_under_one_timestamp)
{
    struct cluster cluster;
    script_create(&cluster, 4, 0, "equivocate");
    cr_assert(!digest_equal(second_digest(&cluster, 0, 1), second_digest(&cluster, 4, 1)));
    cr_assert(!digest_equal(second_digest(&cluster, 0, 1), second_digest(&cluster, 0, 2)));
    script_client_asks(&cluster, 0, 1);
    for (size_t i = 0; i < 3; i++) {
        const struct message *message = pump_find(&cluster.pump, 0, MESSAGE_PRE_PREPARE, i);
        cr_assert(digest_equal(message->digest, payload_digest(message->payload)));
        cr_assert(batch_valid(message->payload, cluster.keyring, 4, 2));
        const struct request *request = batch_next(message->payload, NULL);
        cr_assert_eq(request->timestamp, 1u);
        cr_assert_null(batch_next(message->payload, request));
    }
    cluster_destroy(&cluster);
}

Test(accomplice, without_one_there_is_a_digest_all_the_same)
{
    struct cluster cluster;
    script_create(&cluster, 4, 0, NULL);
    cluster.coalition.accomplice = NO_NODE;
    cr_assert(!digest_is_null(second_digest(&cluster, 0, 1)));
    cr_assert(!digest_equal(second_digest(&cluster, 0, 1), second_digest(&cluster, 0, 2)));
    cluster_destroy(&cluster);
}

/* The primary 0 of n = 7 with one more in its coalition. */
static void check_equivocation(const char *behavior)
{
    struct cluster cluster;
    const node_id ids[] = {0, 3};
    script_create_coalition(&cluster, 7, ids, 2, behavior);
    script_client_asks(&cluster, 0, 1);
    struct digest first = script_digest(&cluster, 1), second = second_digest(&cluster, 0, 1);
    bool side[CLUSTER_MAX];
    sides_draw(&cluster.coalition, side);
    uint32_t size[2] = {0, 0};
    for (node_id to = 1; to < 7; to++) {
        if (to == 3) {
            continue;
        }
        size[side[to]]++;
        struct digest expected = side[to] ? second : first;
        cr_assert(digest_equal(told(&cluster, 0, to, MESSAGE_PRE_PREPARE), expected));
        cr_assert(digest_equal(told(&cluster, 0, to, MESSAGE_COMMIT), expected), "its vote is consistent");
    }
    cr_assert(size[0] >= 2 && size[1] >= 2);
    cr_assert_eq(pump_count(&cluster.pump, 0, MESSAGE_PRE_PREPARE), 5u + 2u, "its ally is told both");
    cr_assert_eq(pump_count(&cluster.pump, 0, MESSAGE_PREPARE), 0u);
    cr_assert_geq(cluster_fired(&cluster, 0), 1u);
    cr_assert_eq(cluster.pump.entry_count, 1u);
    const struct journal_entry *entry = &cluster.pump.entries[0];
    cr_assert_eq(entry->kind, JOURNAL_SUBMITTED);
    cr_assert_eq(entry->client, cluster.coalition.accomplice);
    cr_assert_eq(entry->timestamp, 1u);
    size_t place = 0;
    while (!digest_equal(pump_find(&cluster.pump, 0, MESSAGE_PRE_PREPARE, place)->digest, second)) {
        place++;
    }
    const struct payload *request = pump_find(&cluster.pump, 0, MESSAGE_PRE_PREPARE, place)->payload;
    cr_assert(digest_equal(entry->digest, request_mark(request)));
    cluster_destroy(&cluster);
}

Test(equivocate, tells_each_side_a_request_of_its_own_and_votes_for_it)
{
    check_equivocation("equivocate");
}

Test(collude, as_primary_tells_each_side_a_request_of_its_own_and_votes_for_it)
{
    check_equivocation("collude");
}

Test(equivocate, says_nothing_more_when_its_first_proposal_prepares)
{
    struct cluster cluster;
    script_create(&cluster, 4, 0, "equivocate");
    script_client_asks(&cluster, 0, 1);
    size_t before = pump_count(&cluster.pump, 0, MESSAGE_COMMIT);
    script_vote(&cluster, 0, 1, MESSAGE_PREPARE, 1);
    script_vote(&cluster, 0, 2, MESSAGE_PREPARE, 1);
    script_vote(&cluster, 0, 3, MESSAGE_PREPARE, 1);
    cr_assert_eq(pump_count(&cluster.pump, 0, MESSAGE_COMMIT), before, "it has voted already");
    cluster_destroy(&cluster);
}

static void check_correct_under_a_correct_primary(const char *behavior)
{
    struct cluster bad, correct;
    script_create(&bad, 4, 1, behavior);
    script_create(&correct, 4, 1, NULL);
    script_backup_decides(&bad, 1, 1);
    script_backup_decides(&correct, 1, 1);
    cr_assert(script_same(&bad, &correct));
    cr_assert_eq(cluster_fired(&bad, 1), 0u);
    cluster_destroy(&bad);
    cluster_destroy(&correct);
}

Test(equivocate, as_backup_is_correct)
{
    check_correct_under_a_correct_primary("equivocate");
}

Test(collude, under_a_correct_primary_is_correct)
{
    check_correct_under_a_correct_primary("collude");
}

static void check_split_votes(const char *behavior, const node_id ids[2])
{
    struct cluster cluster;
    script_create_coalition(&cluster, 7, ids, 2, behavior);
    script_primary_proposes(&cluster, ids[1], 1);
    struct digest first = script_digest(&cluster, 1), second = second_digest(&cluster, 0, 1);
    bool side[CLUSTER_MAX];
    sides_draw(&cluster.coalition, side);
    for (node_id to = 0; to < 7; to++) {
        if (to != ids[1]) {
            struct digest expected = side[to] ? second : first;
            cr_assert(digest_equal(told(&cluster, ids[1], to, MESSAGE_PREPARE), expected));
            cr_assert(digest_equal(told(&cluster, ids[1], to, MESSAGE_COMMIT), expected), "at once");
        }
    }
    cr_assert_eq(cluster_fired(&cluster, ids[1]), 2u);
    size_t before = cluster.pump.sent_count;
    script_vote(&cluster, ids[1], ids[0] == 2 ? 3 : 2, MESSAGE_PREPARE, 1);
    for (node_id from = 4; from < 7; from++) {
        script_vote(&cluster, ids[1], from, MESSAGE_PREPARE, 1);
    }
    cr_assert_eq(cluster.pump.sent_count, before, "it has voted COMMIT already");
    cluster_destroy(&cluster);
}

Test(split_vote, tells_each_side_what_it_wants_to_hear)
{
    check_split_votes("split-vote", (const node_id[]){2, 1});
}

Test(collude, as_backup_votes_for_both_proposals_of_its_ally)
{
    check_split_votes("collude", (const node_id[]){0, 1});
}

Test(split_vote, as_primary_proposes_once_and_splits_its_commit)
{
    struct cluster cluster;
    script_create(&cluster, 4, 0, "split-vote");
    script_client_asks(&cluster, 0, 1);
    cr_assert_eq(pump_count(&cluster.pump, 0, MESSAGE_PRE_PREPARE), 1u);
    cr_assert_eq(pump_count(&cluster.pump, 0, MESSAGE_COMMIT), 0u);
    script_vote(&cluster, 0, 1, MESSAGE_PREPARE, 1);
    script_vote(&cluster, 0, 2, MESSAGE_PREPARE, 1);
    bool side[CLUSTER_MAX];
    sides_draw(&cluster.coalition, side);
    for (node_id to = 1; to < 4; to++) {
        struct digest expected = side[to] ? second_digest(&cluster, 0, 1) : script_digest(&cluster, 1);
        cr_assert(digest_equal(told(&cluster, 0, to, MESSAGE_COMMIT), expected));
    }
    cluster_destroy(&cluster);
}

Test(split_vote, stays_with_the_first_side_also_if_the_second_proposal_comes_first)
{
    struct cluster cluster;
    const node_id ids[] = {0, 1};
    script_create_coalition(&cluster, 7, ids, 2, "split-vote");
    struct message second = {.type = MESSAGE_PRE_PREPARE, .sequence = 1, .to = 1};
    const struct behavior_context context = {
        .id = 0, .protocol = &cluster.protocol, .keyring = cluster.keyring, .coalition = &cluster.coalition};
    second.digest = accomplice_digest(&context, 0, 1);
    pump_deliver(&cluster.pump, 1, 0, &second);
    cr_assert_eq(cluster.pump.sent_count, 0u);
    script_primary_proposes(&cluster, 1, 1);
    cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_PREPARE), 6u);
    cluster_destroy(&cluster);
}

/* A seed whose twins live in two worlds, or one whose do not. */
static uint64_t twin_seed(bool two_worlds)
{
    uint64_t seed = 1;
    while ((draw_below(draw(seed, DRAW_FOR_ALL, DRAW_HEARING, 0, 0, 0), 2) == 1) != two_worlds) {
        seed++;
    }
    return seed;
}

Test(twin, hears_each_message_with_one_copy_or_both_and_repeats_what_both_say)
{
    struct cluster cluster;
    script_create_seeded(&cluster, 4, 1, "twin", twin_seed(false));
    unsigned told_by[3] = {0};
    for (sequence_number sequence = 1; sequence <= 300; sequence++) {
        script_primary_proposes(&cluster, 1, sequence);
        size_t prepares = pump_count(&cluster.pump, 1, MESSAGE_PREPARE);
        cr_assert(prepares == 1 || prepares == 2);
        told_by[prepares]++;
        pump_forget(&cluster.pump);
    }
    /* one copy in 2/3 of the cases, both in 1/3: 100 with four standard errors of 8.2 */
    cr_assert(told_by[2] > 67 && told_by[2] < 133, "both: %u", told_by[2]);
    cr_assert_eq(cluster_fired(&cluster, 1), 0u, "the copies never differ under one proposal");
    cluster_destroy(&cluster);
}

Test(twin, fires_when_its_copies_propose_different_requests)
{
    struct cluster cluster;
    script_create_seeded(&cluster, 4, 0, "twin", twin_seed(false));
    for (uint64_t timestamp = 1; timestamp <= 20; timestamp++) {
        script_client_asks(&cluster, 0, timestamp);
    }
    unsigned conflicts = 0;
    struct digest proposed[21] = {{{0, 0}}};
    size_t count = pump_count(&cluster.pump, 0, MESSAGE_PRE_PREPARE);
    for (size_t i = 0; i < count; i++) {
        const struct message *message = pump_find(&cluster.pump, 0, MESSAGE_PRE_PREPARE, i);
        struct digest *first = &proposed[message->sequence];
        conflicts += !digest_is_null(*first) && !digest_equal(*first, message->digest);
        *first = digest_is_null(*first) ? message->digest : *first;
    }
    cr_assert_gt(conflicts, 0u);
    cr_assert_eq(cluster_fired(&cluster, 0), conflicts);
    cluster_destroy(&cluster);
}

Test(twin, in_two_worlds_hears_and_speaks_to_each_with_one_copy)
{
    struct cluster cluster;
    script_create_seeded(&cluster, 7, 1, "twin", twin_seed(true));
    bool world[CLUSTER_MAX];
    sides_draw(&cluster.coalition, world);
    script_primary_proposes(&cluster, 1, 1);
    size_t spoken_to = 0;
    for (node_id to = 0; to < 7; to++) {
        spoken_to += to != 1 && world[to] == world[0];
    }
    cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_PREPARE), spoken_to);
    for (size_t i = 0; i < spoken_to; i++) {
        const struct message *prepare = pump_find(&cluster.pump, 1, MESSAGE_PREPARE, i);
        cr_assert_eq(world[prepare->to], world[0]);
        cr_assert_eq(prepare->flags, 0u, "nothing gives it away");
    }
    for (node_id from = 2; from < 7; from++) { /* the quorum of the other world's votes is not this world's */
        if (world[from] != world[0]) {
            script_vote(&cluster, 1, from, MESSAGE_PREPARE, 1);
        }
    }
    cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_COMMIT), 0u);
    cluster_destroy(&cluster);
}
