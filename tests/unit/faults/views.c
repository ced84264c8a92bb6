/* view-change-spam, fake-certificate, hide-prepared, bad-new-view: what they say about views, and that it is found out. */
#include <criterion/criterion.h>

#include "core/view_change.h"
#include "tests/support/faults/script.h"

static struct proof_shape shape_of(uint32_t replicas)
{
    return proof_shape(replicas, quorum_size(replicas), AUTH_NONE);
}

/* Whether a correct replica ever became active in `view`. */
static bool entered(const struct cluster *cluster, view_number view)
{
    for (size_t i = 0; i < cluster->pump.entry_count; i++) {
        const struct journal_entry *entry = &cluster->pump.entries[i];
        if (entry->kind == JOURNAL_NEW_VIEW && entry->view == view) {
            return true;
        }
    }
    return false;
}

static view_number highest_view(const struct cluster *cluster)
{
    view_number highest = 0;
    for (node_id i = 0; i < cluster->protocol.replicas; i++) {
        if (cluster->replicas[i] != NULL) {
            struct replica_status status;
            replica_status(cluster->replicas[i], &status);
            highest = status.view > highest ? status.view : highest;
        }
    }
    return highest;
}

static void spam_with(uint32_t n, uint32_t b, bool moves)
{
    struct cluster cluster;
    struct cluster_options options = {.replicas = n, .requests = 20, .seed = n};
    for (node_id i = n - b; i < n; i++) {
        options.behavior[i] = "view-change-spam";
    }
    cluster_create(&cluster, &options);
    cr_assert(pump_run(&cluster.pump, 150 * MS, 1000000));
    cr_assert_eq(highest_view(&cluster) > 0, moves, "n=%u b=%u", n, b);
    cr_assert_gt(cluster_fired(&cluster, n - 1), moves ? 0u : 60u);
    cr_assert_eq(cluster_disagreement(&cluster), 0u);
    cluster_destroy(&cluster);
}

Test(view_change_spam, by_f_moves_nobody_and_by_one_more_it_does)
{
    spam_with(4, 1, false);
    spam_with(4, 2, true);
    spam_with(7, 2, false);
    spam_with(7, 3, true);
}

Test(view_change_spam, asks_for_a_higher_view_each_time_and_validly)
{
    struct cluster cluster;
    script_create(&cluster, 4, 1, "view-change-spam");
    script_backup_decides(&cluster, 1, 1);
    const struct view_rules rules = {proof_rules(cluster.keyring, 4, 3), cluster.protocol.window};
    cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_VIEW_CHANGE), 6u, "for each message one");
    for (view_number view = 1; view <= 6; view++) {
        const struct message *message = pump_find(&cluster.pump, 1, MESSAGE_VIEW_CHANGE, view - 1);
        cr_assert_eq(message->view, view);
        cr_assert(view_change_valid(message->payload, &rules));
    }
    cluster_destroy(&cluster);
}

Test(fake_certificate, is_found_out_each_time)
{
    struct cluster cluster;
    struct cluster_options options = {
        .replicas = 4, .behavior = {NULL, NULL, NULL, "fake-certificate"}, .requests = 200};
    cluster_create(&cluster, &options);
    cr_assert(pump_run(&cluster.pump, 1000000 * MS, 1000000));
    cr_assert_eq(cluster_accepted(&cluster), 200u);
    cr_assert_eq(cluster_fired(&cluster, 3), 200u);
    cr_assert_eq(cluster_rejected(&cluster, REJECT_BAD_CERTIFICATE), 600u);
    cr_assert_eq(highest_view(&cluster), 0u);
    cluster_destroy(&cluster);
}

Test(fake_certificate, puts_genuine_votes_under_another_view_digest_or_sequence_number)
{
    struct cluster cluster;
    script_create(&cluster, 4, 1, "fake-certificate");
    const struct proof_rules rules = proof_rules(cluster.keyring, 4, 3);
    unsigned view = 0, digest = 0, number = 0;
    for (sequence_number sequence = 1; sequence <= 300; sequence++) {
        script_backup_decides(&cluster, 1, sequence);
        const struct message *message = pump_find(&cluster.pump, 1, MESSAGE_VIEW_CHANGE, 0);
        cr_assert_not_null(message);
        const struct view_rules view_rules = {rules, cluster.protocol.window};
        cr_assert(!view_change_valid(message->payload, &view_rules));
        const struct view_change_head *head = view_change_head(message->payload->bytes);
        if (head->stable == 0) {
            const struct prepared_head *entry = view_change_prepared(head, 0, shape_of(4));
            struct digest truth = script_digest(&cluster, sequence);
            bool genuine = proof_prepared_valid(&rules, prepared_proof(entry), 0, sequence, truth);
            view += genuine && entry->view != 0;
            digest += genuine && !digest_equal(entry->digest, truth);
            number += genuine && entry->sequence != sequence;
        }
        pump_forget(&cluster.pump);
    }
    /* an eighth of 300 each: 37 with four standard errors of 5.7 */
    cr_assert(view > 14 && view < 61, "%u", view);
    cr_assert(digest > 14 && digest < 61, "%u", digest);
    cr_assert(number > 14 && number < 61, "%u", number);
    cluster_destroy(&cluster);
}

/* A backup that has prepared sequence number 1 loses patience with the primary: its VIEW-CHANGE. */
static const struct message *lose_patience(struct cluster *cluster)
{
    script_client_asks(cluster, 1, 1);
    script_primary_proposes(cluster, 1, 1);
    script_vote(cluster, 1, 2, MESSAGE_PREPARE, 1);
    script_vote(cluster, 1, 3, MESSAGE_PREPARE, 1);
    size_t before = pump_count(&cluster->pump, 1, MESSAGE_VIEW_CHANGE);
    cluster->pump.now_ns = 1000 * MS;
    pump_tick(&cluster->pump, 1);
    return pump_find(&cluster->pump, 1, MESSAGE_VIEW_CHANGE, before);
}

Test(hide_prepared, sends_a_valid_view_change_without_what_a_correct_replica_proves)
{
    struct cluster hiding, correct;
    script_create(&hiding, 4, 1, "hide-prepared");
    script_create(&correct, 4, 1, NULL);
    const struct message *truth = lose_patience(&correct), *hidden = lose_patience(&hiding);
    cr_assert_not_null(truth);
    cr_assert_not_null(hidden);
    cr_assert_eq(view_change_head(truth->payload->bytes)->prepared_count, 1u);
    cr_assert_eq(view_change_head(hidden->payload->bytes)->prepared_count, 0u);
    cr_assert_eq(hidden->view, truth->view);
    const struct view_rules rules = {proof_rules(hiding.keyring, 4, 3), hiding.protocol.window};
    cr_assert(view_change_valid(hidden->payload, &rules));
    cr_assert(digest_equal(hidden->digest, payload_digest(hidden->payload)));
    cr_assert_eq(cluster_fired(&hiding, 1), 2u, "unasked when it had prepared, and now");
    cluster_destroy(&hiding);
    cluster_destroy(&correct);
}

Test(hide_prepared, asks_for_the_next_view_once_in_each)
{
    struct cluster cluster;
    script_create(&cluster, 4, 1, "hide-prepared");
    for (sequence_number sequence = 1; sequence <= 5; sequence++) {
        script_backup_decides(&cluster, 1, sequence);
    }
    cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_VIEW_CHANGE), 1u);
    cr_assert_eq(pump_find(&cluster.pump, 1, MESSAGE_VIEW_CHANGE, 0)->view, 1u);
    cluster_destroy(&cluster);
}

Test(bad_new_view, opens_no_view_for_anybody_whatever_is_wrong_with_it)
{
    for (uint64_t seed = 0; seed < 8; seed++) {
        struct cluster cluster;
        struct cluster_options options = {.replicas = 7,
                                          .behavior = {"silent", "bad-new-view"},
                                          .requests = 10,
                                          .seed = seed,
                                          .retransmit_ns = 60 * MS};
        cluster_create(&cluster, &options);
        cluster.pump.max_delay_ns = 30 * MS;
        cr_assert(pump_run(&cluster.pump, 20000 * MS, 1000000));
        cr_assert(!entered(&cluster, 1), "seed %lu", (unsigned long)seed);
        cr_assert(entered(&cluster, 2), "seed %lu", (unsigned long)seed);
        cr_assert_geq(cluster_fired(&cluster, 1), 6u);
        cr_assert_geq(cluster_rejected(&cluster, REJECT_BAD_NEW_VIEW), 5u, "each correct replica");
        cr_assert_eq(cluster_accepted(&cluster), 10u);
        cluster_destroy(&cluster);
    }
}

/* A valid VIEW-CHANGE for `view` that knows of nothing. */
static void ask(struct cluster *cluster, node_id id, node_id from, view_number view)
{
    uint32_t size = view_change_size(shape_of(cluster->protocol.replicas), 0);
    struct payload *contents = pump_allocate(&cluster->pump, size);
    memset(contents->bytes, 0, size);
    const struct view_change_head head = {.view = view, .author = from};
    memcpy(contents->bytes, &head, sizeof head);
    payload_seal(contents);
    struct message message = {.type = MESSAGE_VIEW_CHANGE,
                              .view = view,
                              .digest = payload_digest(contents),
                              .payload = contents,
                              .sender = from,
                              .to = id};
    message.tag = auth_tag(cluster->keyring, from, MESSAGE_VIEW_CHANGE, view, 0, payload_digest(contents));
    pump_deliver(&cluster->pump, id, from, &message);
    payload_drop(contents);
}

/* The NEW-VIEWs of replica 1, which has prepared sequence number 1, that are valid. */
static unsigned valid_new_views(const char *behavior, uint64_t seed)
{
    struct cluster cluster;
    script_create_seeded(&cluster, 4, 1, behavior, seed);
    cr_assert_not_null(lose_patience(&cluster));
    ask(&cluster, 1, 2, 1);
    ask(&cluster, 1, 3, 1);
    const struct view_rules rules = {proof_rules(cluster.keyring, 4, 3), cluster.protocol.window};
    unsigned valid = 0;
    size_t count = pump_count(&cluster.pump, 1, MESSAGE_NEW_VIEW);
    cr_assert_geq(count, 1u);
    for (size_t i = 0; i < count; i++) {
        const struct message *message = pump_find(&cluster.pump, 1, MESSAGE_NEW_VIEW, i);
        cr_assert(digest_equal(message->digest, payload_digest(message->payload)));
        valid += message->view == 1 && new_view_valid(message->payload, &rules);
    }
    cluster_destroy(&cluster);
    return valid;
}

Test(bad_new_view, is_never_valid_when_there_is_something_to_order)
{
    cr_assert_eq(valid_new_views(NULL, 1), 1u, "a correct one is");
    for (uint64_t seed = 0; seed < 30; seed++) {
        cr_assert_eq(valid_new_views("bad-new-view", seed), 0u, "seed %lu", (unsigned long)seed);
    }
}

Test(bad_new_view, as_backup_opens_a_view_with_nothing_once_and_is_rejected)
{
    struct cluster cluster;
    struct cluster_options options = {.replicas = 4, .behavior = {NULL, NULL, NULL, "bad-new-view"}, .requests = 10};
    cluster_create(&cluster, &options);
    cr_assert(pump_run(&cluster.pump, 1000000 * MS, 1000000));
    cr_assert_eq(pump_find(&cluster.pump, 3, MESSAGE_NEW_VIEW, 0)->view, 3u);
    cr_assert_eq(pump_count(&cluster.pump, 3, MESSAGE_NEW_VIEW), 1u);
    cr_assert_eq(cluster_rejected(&cluster, REJECT_BAD_NEW_VIEW), 3u);
    cr_assert_eq(highest_view(&cluster), 0u);
    cluster_destroy(&cluster);
}

Test(eager, keeps_to_itself_what_it_takes_for_valid)
{
    struct cluster cluster;
    script_create(&cluster, 4, 1, "eager");
    uint32_t size = view_change_size(shape_of(4), 0);
    struct payload *contents = pump_allocate(&cluster.pump, size);
    memset(contents->bytes, 0, size);
    const struct view_change_head head = {.view = 1, .author = 2};
    memcpy(contents->bytes, &head, sizeof head);
    payload_seal(contents);
    struct message message = {.type = MESSAGE_VIEW_CHANGE,
                              .view = 1,
                              .digest = payload_digest(contents),
                              .payload = contents,
                              .sender = 2,
                              .to = 1};
    pump_deliver(&cluster.pump, 1, 2, &message);
    cr_assert_eq(atomic_load(&contents->valid_as), 0);
    cr_assert_eq(atomic_load(&contents->invalid_as), 0);
    payload_drop(contents);
    cluster_destroy(&cluster);
}

/* One eager replica hands the other a decision that a single COMMIT proves, which that one would pass on as valid. */
Test(eager, keeps_to_itself_what_it_takes_for_valid_when_it_passes_it_on)
{
    struct cluster cluster;
    const node_id ids[] = {1, 2};
    script_create_coalition(&cluster, 4, ids, 2, "eager");
    script_primary_proposes(&cluster, 1, 1);
    struct message fetch = {.type = MESSAGE_FETCH, .sequence = 1, .sender = 2, .to = 1};
    pump_deliver(&cluster.pump, 1, 2, &fetch);
    struct message decision = *pump_find(&cluster.pump, 1, MESSAGE_DECISION, 0);
    cr_assert_eq(atomic_load(&decision.payload->valid_as), 0);
    pump_deliver(&cluster.pump, 2, 1, &decision);
    fetch.sender = 3;
    fetch.to = 2;
    pump_deliver(&cluster.pump, 2, 3, &fetch);
    const struct message *passed_on = pump_find(&cluster.pump, 2, MESSAGE_DECISION, 0);
    cr_assert_not_null(passed_on, "it has taken the decision for one");
    cr_assert_eq(atomic_load(&passed_on->payload->valid_as), 0);
    cluster_destroy(&cluster);
}

Test(collude, weak_ones_ask_for_a_view_of_theirs_and_vote_correctly)
{
    struct cluster colluding, correct;
    script_create(&colluding, 4, 1, "collude");
    script_create(&correct, 4, 1, NULL);
    script_backup_decides(&colluding, 1, 1);
    script_backup_decides(&correct, 1, 1);
    cr_assert(script_same(&colluding, &correct));
    cr_assert_eq(node_deadline(colluding.pump.nodes[1]), 100 * MS, "half a view timeout");
    colluding.pump.now_ns = 100 * MS;
    pump_tick(&colluding.pump, 1);
    cr_assert_eq(pump_find(&colluding.pump, 1, MESSAGE_VIEW_CHANGE, 0)->view, 1u);
    cr_assert_eq(cluster_fired(&colluding, 1), 1u);
    cluster_destroy(&colluding);
    cluster_destroy(&correct);
}

Test(collude, strong_ones_vote_to_the_few_that_are_to_execute_and_to_nobody_else)
{
    struct cluster cluster;
    const node_id ids[] = {1, 2};
    script_create_coalition(&cluster, 4, ids, 2, "collude");
    script_primary_proposes(&cluster, 1, 1);
    cr_assert_eq(cluster.pump.sent_count, 2u, "q-b = 1 of them: a PREPARE and a COMMIT");
    const struct message *prepare = pump_find(&cluster.pump, 1, MESSAGE_PREPARE, 0);
    const struct message *commit = pump_find(&cluster.pump, 1, MESSAGE_COMMIT, 0);
    cr_assert(prepare->to == 0 || prepare->to == 3);
    cr_assert_eq(commit->to, prepare->to);
    script_primary_proposes(&cluster, 2, 1);
    cr_assert_eq(pump_find(&cluster.pump, 2, MESSAGE_PREPARE, 0)->to, prepare->to, "the same");
    cluster.pump.now_ns = 100 * MS;
    pump_tick(&cluster.pump, 1);
    const struct message *change = pump_find(&cluster.pump, 1, MESSAGE_VIEW_CHANGE, 0);
    cr_assert_eq(change->view, 1u);
    cr_assert_eq(view_change_head(change->payload->bytes)->prepared_count, 0u);
    cluster_destroy(&cluster);
}
