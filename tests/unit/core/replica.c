/* A replica as a whole: exact traces of small runs, and runs of many replicas against each other. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "core/request.h"
#include "tests/support/ensemble.h"
#include "tests/support/stage_views.h"

#define SECOND_NS 1000000000ULL

Test(replica, alone_orders_and_executes_at_once)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 1, .checkpoint_interval = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    cr_assert_eq(stage_request(&stage, 0, 1, a), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, LINES("pre_prepare v0 s1 a > all", "commit v0 s1 a > all", "reply v0 t1 r0 > c0",
                                          "checkpoint s1 ? > all")));
    cr_assert(stage_journal_is(&stage, LINES("executed v0 s1 a 1", "stable s1 ?")));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(replica, one_of_two_needs_the_other)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 2, .id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_pre_prepare(&stage, 0, 0, 1, a);
    cr_assert(stage_sent_is(&stage, LINES("prepare v0 s1 a > all", "commit v0 s1 a > all")));
    stage_commit(&stage, 0, 0, 1, a);
    cr_assert(stage_sent_is(&stage, LINES("prepare v0 s1 a > all", "commit v0 s1 a > all", "reply v0 t1 r0 > c0")));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(replica, a_backup_of_four_message_by_message)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, a), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, LINES("prepare v0 s1 a > all")));
    stage_forget(&stage);
    cr_assert_eq(stage_prepare(&stage, 1, 0, 1, a), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, LINES("commit v0 s1 a > all")));
    stage_forget(&stage);
    cr_assert_eq(stage_prepare(&stage, 2, 0, 1, a), REJECT_NONE);
    cr_assert_eq(stage_commit(&stage, 1, 0, 1, a), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, NOTHING));
    cr_assert(stage_journal_is(&stage, NOTHING));
    cr_assert_eq(stage_commit(&stage, 0, 0, 1, a), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, LINES("reply v0 t1 r0 > c0")));
    cr_assert(stage_journal_is(&stage, LINES("executed v0 s1 a 1")));
    stage_forget(&stage);
    cr_assert_eq(stage_commit(&stage, 2, 0, 1, a), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, NOTHING));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(replica, a_primary_of_four_message_by_message)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 0});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_request(&stage, 0, 1, a);
    cr_assert(stage_sent_is(&stage, LINES("pre_prepare v0 s1 a > all")));
    cr_assert_eq(stage_last(&stage, MESSAGE_PRE_PREPARE)->payload, a, "the client's own payload travels on");
    stage_forget(&stage);
    stage_prepare(&stage, 1, 0, 1, a);
    cr_assert(stage_sent_is(&stage, NOTHING));
    stage_prepare(&stage, 2, 0, 1, a);
    cr_assert(stage_sent_is(&stage, LINES("commit v0 s1 a > all")));
    stage_commit(&stage, 2, 0, 1, a);
    stage_commit(&stage, 1, 0, 1, a);
    cr_assert(stage_sent_is(&stage, LINES("commit v0 s1 a > all", "reply v0 t1 r0 > c0")));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(replica, votes_leave_with_their_tags)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_decide(&stage, 0, 1, a);
    cr_assert_eq(stage_last(&stage, MESSAGE_PREPARE)->tag,
                 auth_tag(stage.keyring, 3, MESSAGE_PREPARE, 0, 1, payload_digest(a)));
    cr_assert_eq(stage_last(&stage, MESSAGE_COMMIT)->tag,
                 auth_tag(stage.keyring, 3, MESSAGE_COMMIT, 0, 1, payload_digest(a)));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(replica, requests_wait_while_the_pipeline_is_full_and_leave_in_one_batch)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 0, .batch = 3, .pipeline = 1});
    for (uint32_t client = 0; client < 4; client++) {
        stage_request(&stage, client, 1, stage_request_of(&stage, client, 1, "x"));
    }
    cr_assert(stage_sent_is(&stage, LINES("pre_prepare v0 s1 a > all")));
    stage_decide(&stage, 0, 1, stage.payloads[0]);
    const struct message *second = stage_last(&stage, MESSAGE_PRE_PREPARE);
    cr_assert_eq(second->sequence, 2);
    cr_assert_eq(batch_count(second->payload), 3);
    cr_assert(batch_valid(second->payload, stage.keyring, 4, 4));
    node_id expected = 5;
    for (const struct request *request = NULL; (request = batch_next(second->payload, request)) != NULL;) {
        cr_assert_eq(request->client, expected++);
    }
    cr_assert_eq(stage_close(&stage), 0);
}

Test(replica, a_batch_is_at_most_as_large_as_configured)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 0, .batch = 2, .pipeline = 1, .clients = 6});
    for (uint32_t client = 0; client < 6; client++) {
        stage_request(&stage, client, 1, stage_request_of(&stage, client, 1, "x"));
    }
    stage_decide(&stage, 0, 1, stage.payloads[0]);
    cr_assert_eq(batch_count(stage_last(&stage, MESSAGE_PRE_PREPARE)->payload), 2);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(replica, whoever_relays_a_request_it_must_be_whole_and_genuine)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 0});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct payload *two = stage_batch_of(&stage, a, stage_request_of(&stage, 1, 1, "that"));
    cr_assert_eq(stage_request(&stage, 0, 1, NULL), REJECT_MALFORMED, "nothing in it");
    cr_assert_eq(stage_request(&stage, 0, 0, a), REJECT_MALFORMED, "timestamps begin with 1");
    cr_assert_eq(stage_request(&stage, 0, 2, a), REJECT_MALFORMED, "another timestamp than its contents");
    cr_assert_eq(stage_request(&stage, 0, 1, two), REJECT_MALFORMED, "two requests");
    cr_assert_eq(stage_request(&stage, 0, 1, stage_payload_of(&stage, "gibberish", 9)), REJECT_BAD_REQUEST);
    cr_assert(stage_sent_is(&stage, NOTHING));
    struct message relayed = {.type = MESSAGE_REQUEST, .sender = NO_NODE, .payload = a};
    relayed.client = stage_client(&stage, 0);
    relayed.timestamp = 1;
    cr_assert_eq(stage_deliver(&stage, 2, relayed), REJECT_NONE, "a replica may pass it on");
    cr_assert(stage_sent_is(&stage, LINES("pre_prepare v0 s1 a > all")));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(replica, a_step_without_news_puts_out_nothing)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 0});
    stage_timer(&stage, 5);
    stage_timer(&stage, 5);
    cr_assert(stage_sent_is(&stage, NOTHING));
    cr_assert(stage_journal_is(&stage, NOTHING));
    cr_assert_eq(stage_close(&stage), 0);
}

/* Messages of every type, with fields that are nearly right: whatever comes, the replica stands, its log is bounded
 * by the window (checked by the stage at each step), and nothing leaks. */
Test(replica, stands_whatever_comes)
{
    uint64_t state = 7;
    for (uint32_t round = 0; round < 20; round++) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){
                               .replicas = round % 2 ? 4 : 70, .id = round % 3, .checkpoint_interval = 2, .window = 5});
        struct payload *payloads[6] = {NULL, stage_request_of(&stage, 0, 1, "this"),
                                       stage_request_of(&stage, 1, 1, "that"),
                                       stage_payload_of(&stage, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 16)};
        payloads[4] = stage_batch_of(&stage, payloads[1], payloads[2]);
        payloads[5] = stage_payload_of(&stage, payloads[4]->bytes, payloads[4]->size - 8);
        for (uint32_t attempt = 0; attempt < 5000; attempt++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17; /* xorshift64 */
            uint64_t bits = state * 0x9e3779b97f4a7c15ULL;
            struct payload *named = payloads[bits % 6];
            struct message message = {.type = (uint8_t)(bits >> 8 & 15), .attempt = (uint16_t)(bits >> 12 & 1)};
            message.view = (bits >> 13 & 7) == 0 ? (view_number)(bits >> 32) : (bits >> 16 & 15) == 0;
            message.sequence = (bits >> 20 & 15) == 0 ? bits : (bits >> 24) % 9;
            message.digest = named == NULL ? (struct digest){{bits >> 60, 0}} : payload_digest(named);
            message.payload = (bits >> 40 & 3) == 0 ? payloads[(bits >> 42) % 6] : named;
            message.sender = (bits >> 46 & 15) == 0 ? (node_id)(bits >> 50) : NO_NODE;
            if (message.type == MESSAGE_REQUEST) {
                message.client = stage_client(&stage, (uint32_t)(bits >> 54) % 6);
            }
            node_id origin = (node_id)(bits >> 58) % (stage.config.replicas + 4);
            (void)stage_deliver(&stage, origin, message);
            if (attempt % 64 == 0) {
                stage_timer(&stage, stage.now_ns + 1000);
                stage_forget(&stage);
            }
        }
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* A copy with up to three bytes changed, or cut, or longer. */
static struct payload *mutilated(struct stage *stage, const struct payload *right, uint64_t bits)
{
    uint32_t size = (bits & 7) == 0 ? (uint32_t)(bits >> 8) % (right->size + 64) : right->size;
    struct payload *draft = collector_allocate(&stage->out, size);
    memset(draft->bytes, (int)(bits >> 56), size);
    memcpy(draft->bytes, right->bytes, size < right->size ? size : right->size);
    for (uint32_t change = 0; size > 0 && change < (bits >> 3 & 3); change++) {
        bits = bits * 0x9e3779b97f4a7c15ULL + 1;
        draft->bytes[(bits >> 32) % size] = (unsigned char)((bits & 64) ? bits >> 8 : bits & 1 ? 0 : 0xff);
    }
    payload_seal(draft);
    return draft;
}

/* VIEW-CHANGE, NEW-VIEW, DECISION, STATE with bytes changed at random: the replica never reads past their end, and
 * stands. */
Test(replica, stands_whatever_is_inside)
{
    struct stage helper, stage;
    stage_open(&helper, (struct stage_options){.id = 0, .checkpoint_interval = 1});
    struct payload *a = stage_request_of(&helper, 0, 1, "this");
    stage_request(&helper, 0, 1, a);
    stage_decide(&helper, 0, 1, a);
    struct digest state = stage_last(&helper, MESSAGE_CHECKPOINT)->digest;
    stage_checkpoints(&helper, 1, state, 0, 2);
    struct message fetch = {.type = MESSAGE_FETCH, .sender = NO_NODE, .sequence = 1};
    stage_deliver(&helper, 3, fetch);
    const struct stage_prepared prepared[] = {{2, 0, a, 0}, {3, 1, a, 0}};
    struct payload *changes[3];
    for (node_id author = 0; author < 3; author++) {
        changes[author] = stage_change_of(
            &helper,
            (struct stage_change){
                .author = author, .view = 2, .stable = 1, .state = state, .prepared = prepared, .count = author});
    }
    const struct {
        enum message_type type;
        struct payload *payload;
    } models[] = {{MESSAGE_VIEW_CHANGE, changes[2]},
                  {MESSAGE_NEW_VIEW, stage_new_view_of(&helper, 2, changes, 3)},
                  {MESSAGE_DECISION, stage_decision_of(&helper, 0, 1, a, 3)},
                  {MESSAGE_STATE, stage_last(&helper, MESSAGE_STATE)->payload},
                  {MESSAGE_BATCH, a}};
    uint64_t random = 11;
    for (uint32_t round = 0; round < 200; round++) {
        stage_open(&stage, (struct stage_options){.id = 3, .checkpoint_interval = 1});
        for (uint32_t attempt = 0; attempt < 100; attempt++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17; /* xorshift64 */
            uint64_t bits = random * 0x9e3779b97f4a7c15ULL;
            uint32_t model = (uint32_t)(bits >> 40) % 5;
            struct payload *payload = mutilated(&helper, models[model].payload, bits);
            struct message message = {.type = (uint8_t)models[model].type, .sender = NO_NODE, .payload = payload};
            message.view = 2;
            message.sequence = 1 + (bits >> 50 & 1);
            message.digest = payload_digest(payload);
            (void)stage_deliver(&stage, models[model].type == MESSAGE_NEW_VIEW ? 2 : (bits >> 52) % 3, message);
            payload_drop(payload);
        }
        cr_assert_eq(stage_close(&stage), 0);
    }
    cr_assert_eq(stage_close(&helper), 0);
}

static void check_counts(const struct ensemble *ensemble, uint64_t decisions)
{
    uint64_t n = ensemble->config.replicas;
    cr_assert_eq(ensemble->sent[MESSAGE_PRE_PREPARE], decisions * (n - 1), "n = %lu", n);
    cr_assert_eq(ensemble->sent[MESSAGE_PREPARE], decisions * (n - 1) * (n - 1), "n = %lu", n);
    cr_assert_eq(ensemble->sent[MESSAGE_COMMIT], decisions * n * (n - 1), "n = %lu", n);
}

Test(replica, a_decision_costs_exactly_2n_times_n_minus_1_messages)
{
    for (uint32_t n = 1; n <= 16; n++) {
        struct ensemble ensemble;
        ensemble_open(&ensemble, (struct ensemble_options){.replicas = n, .requests = 5});
        cr_assert(ensemble_run(&ensemble, SECOND_NS), "n = %u", n);
        cr_assert(ensemble_agrees(&ensemble));
        cr_assert_eq(ensemble_status(&ensemble, 0).executed, 5);
        check_counts(&ensemble, 5);
        cr_assert_eq(ensemble.sent[MESSAGE_REPLY], 5 * n);
        cr_assert_eq(ensemble_close(&ensemble), 0);
    }
}

Test(replica, in_any_order_of_messages_all_execute_the_same)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct ensemble ensemble;
        uint32_t n = 1 + (uint32_t)seed % 10;
        ensemble_open(&ensemble, (struct ensemble_options){.replicas = n,
                                                           .clients = 5,
                                                           .requests = 12,
                                                           .seed = seed,
                                                           .batch = 1 + (uint32_t)seed % 3,
                                                           .delay_ns = 1000});
        cr_assert(ensemble_run(&ensemble, SECOND_NS), "seed %lu", seed);
        cr_assert(ensemble_agrees(&ensemble), "seed %lu", seed);
        check_counts(&ensemble, ensemble_status(&ensemble, 0).executed);
        cr_assert_eq(ensemble_close(&ensemble), 0);
    }
}

Test(replica, copies_of_messages_change_nothing)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct ensemble ensemble;
        ensemble_open(&ensemble, (struct ensemble_options){.replicas = 4 + (uint32_t)seed % 4,
                                                           .clients = 3,
                                                           .requests = 20,
                                                           .seed = seed,
                                                           .delay_ns = 5000,
                                                           .duplicate = 100});
        cr_assert(ensemble_run(&ensemble, SECOND_NS), "seed %lu", seed);
        cr_assert(ensemble_agrees(&ensemble), "seed %lu", seed);
        cr_assert_eq(ensemble_close(&ensemble), 0);
    }
}

Test(replica, goes_on_with_f_silent_backups_and_stops_with_one_more)
{
    for (uint32_t n = 4; n <= 13; n++) {
        uint32_t stalling = quorum_stalling(n, quorum_size(n));
        for (uint32_t silent = stalling - 1; silent <= stalling; silent++) {
            struct ensemble ensemble;
            ensemble_open(&ensemble, (struct ensemble_options){
                                         .replicas = n, .requests = 3, .silent = ((1ULL << silent) - 1) << 1});
            cr_assert_eq(ensemble_run(&ensemble, SECOND_NS), silent < stalling, "n = %u, silent = %u", n, silent);
            cr_assert(ensemble_agrees(&ensemble));
            cr_assert_eq(ensemble_close(&ensemble), 0);
        }
    }
}

Test(replica, its_log_stays_within_the_window_over_a_long_run)
{
    struct ensemble ensemble;
    ensemble_open(
        &ensemble,
        (struct ensemble_options){
            .clients = 8, .requests = 500, .seed = 3, .delay_ns = 1000, .checkpoint_interval = 32, .window = 128});
    cr_assert(ensemble_run(&ensemble, 10 * SECOND_NS));
    cr_assert(ensemble_agrees(&ensemble));
    for (node_id id = 0; id < 4; id++) {
        struct replica_status status = ensemble_status(&ensemble, id);
        cr_assert_eq(status.executed, 4000);
        cr_assert_eq(status.stable, 4000);
        cr_assert_eq(status.in_log, 0, "all of it is stable");
    }
    cr_assert_eq(ensemble_close(&ensemble), 0);
}

/* Whatever happened: what was executed at one sequence number is the same everywhere. */
static void check_safe(const struct ensemble *ensemble, uint64_t seed)
{
    enum { MOST = 2000 };
    uint64_t *history = calloc(MOST, sizeof *history);
    for (uint32_t index = 0; index < ensemble->entries; index++) {
        const struct journal_entry *entry = &ensemble->journal[index];
        if (entry->kind == JOURNAL_EXECUTED) {
            cr_assert_lt(entry->sequence, MOST);
            uint64_t *known = &history[entry->sequence];
            cr_assert(*known == 0 || *known == entry->history, "seed %lu, sequence %lu", seed, entry->sequence);
            *known = entry->history;
        }
    }
    free(history);
}

Test(replica, lost_messages_may_stop_it_but_never_make_it_disagree)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct ensemble ensemble;
        ensemble_open(&ensemble, (struct ensemble_options){.replicas = 4 + (uint32_t)seed % 5,
                                                           .clients = 4,
                                                           .requests = 10,
                                                           .seed = seed,
                                                           .delay_ns = 1000,
                                                           .drop = 1 + (uint32_t)seed % 20});
        (void)ensemble_run(&ensemble, SECOND_NS);
        check_safe(&ensemble, seed);
        cr_assert_eq(ensemble_close(&ensemble), 0);
    }
}

/* The primaries of the first views are all silent: live in the first view whose primary is not. */
Test(replica, silent_primaries_cost_a_view_each)
{
    for (uint32_t n = 4; n <= 13; n++) {
        for (uint32_t silent = 1; silent <= quorum_faults(n); silent++) {
            struct ensemble ensemble;
            ensemble_open(&ensemble, (struct ensemble_options){.replicas = n,
                                                               .clients = 2,
                                                               .requests = 5,
                                                               .delay_ns = 1000,
                                                               .view_timeout_ns = 20000,
                                                               .silent = (1ULL << silent) - 1});
            cr_assert(ensemble_run(&ensemble, SECOND_NS), "n = %u, silent = %u", n, silent);
            cr_assert(ensemble_settle(&ensemble, SECOND_NS));
            check_safe(&ensemble, n);
            for (node_id id = silent; id < n; id++) {
                cr_assert_eq(ensemble_status(&ensemble, id).view, silent, "n = %u", n);
                cr_assert(ensemble_status(&ensemble, id).active);
            }
            cr_assert_eq(ensemble_close(&ensemble), 0);
        }
    }
}

Test(replica, a_view_change_costs_n_minus_1_squared_view_changes_and_n_minus_1_new_views)
{
    for (uint32_t n = 4; n <= 13; n++) {
        struct ensemble ensemble;
        ensemble_open(&ensemble,
                      (struct ensemble_options){.replicas = n, .delay_ns = 100, .view_timeout_ns = 20000, .silent = 1});
        cr_assert(ensemble_run(&ensemble, SECOND_NS));
        cr_assert_eq(ensemble.sent[MESSAGE_VIEW_CHANGE], (n - 1) * (n - 1), "n = %u", n);
        cr_assert_eq(ensemble.sent[MESSAGE_NEW_VIEW], n - 1, "n = %u", n);
        cr_assert_eq(ensemble_close(&ensemble), 0);
    }
}

Test(replica, with_resending_a_lossy_network_costs_time_and_not_progress)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct ensemble ensemble;
        uint32_t n = 4 + (uint32_t)seed % 7, interval = 1 + (uint32_t)seed % 6;
        ensemble_open(&ensemble, (struct ensemble_options){.replicas = n,
                                                           .clients = 1 + (uint32_t)seed % 4,
                                                           .requests = 20,
                                                           .seed = seed,
                                                           .delay_ns = 1000,
                                                           .drop = 30 - (uint32_t)seed % 20,
                                                           .duplicate = (uint32_t)seed * 7 % 101,
                                                           .checkpoint_interval = interval,
                                                           .batch = 1 + (uint32_t)seed % 2,
                                                           .retransmit_ns = 4000,
                                                           .view_timeout_ns = 30000,
                                                           .silent = seed % 3 == 0 ? 1ULL << seed % n : 0});
        cr_assert(ensemble_run(&ensemble, SECOND_NS), "seed %lu: some request was not accepted", seed);
        cr_assert(ensemble_settle(&ensemble, 2 * SECOND_NS), "seed %lu: somebody stays behind", seed);
        check_safe(&ensemble, seed);
        cr_assert_eq(ensemble_close(&ensemble), 0);
    }
}

/* Without resending. What reaches a replica that is a window behind is lost on it; checkpoints, the state, and where
 * too many are behind at once a view change, bring them together again. */
Test(replica, without_loss_small_windows_do_not_stop_it)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct ensemble ensemble;
        ensemble_open(&ensemble, (struct ensemble_options){.replicas = 4 + (uint32_t)seed % 4,
                                                           .clients = 8,
                                                           .requests = 20,
                                                           .seed = seed,
                                                           .delay_ns = 1000,
                                                           .view_timeout_ns = 100000,
                                                           .checkpoint_interval = 1 + (uint32_t)seed % 4});
        cr_assert(ensemble_run(&ensemble, SECOND_NS), "seed %lu", seed);
        check_safe(&ensemble, seed);
        cr_assert_eq(ensemble_close(&ensemble), 0);
    }
}

Test(replica, macs_and_signatures_change_no_decision)
{
    uint64_t history = 0;
    for (enum auth_mode auth = AUTH_NONE; auth <= AUTH_SIGNATURE; auth++) {
        struct ensemble ensemble;
        ensemble_open(&ensemble, (struct ensemble_options){.replicas = 7,
                                                           .clients = 2,
                                                           .requests = 5,
                                                           .seed = 5,
                                                           .delay_ns = 1000,
                                                           .view_timeout_ns = 20000,
                                                           .silent = 1,
                                                           .checkpoint_interval = 2,
                                                           .auth = auth});
        cr_assert(ensemble_run(&ensemble, SECOND_NS));
        cr_assert(ensemble_settle(&ensemble, SECOND_NS));
        struct replica_status status = ensemble_status(&ensemble, 3);
        cr_assert_eq(status.view, 1);
        cr_assert_eq(status.rejected[REJECT_NOT_AUTHENTIC], 0);
        history = auth == AUTH_NONE ? status.history : history;
        cr_assert_eq(status.history, history);
        cr_assert_eq(ensemble_close(&ensemble), 0);
    }
}
