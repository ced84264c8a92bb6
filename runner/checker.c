#include "runner/checker.h"

#include <assert.h>
#include <stdlib.h>

#include "core/quorum.h"
#include "runner/checker_decision.h"
#include "runner/checker_entry.h"
#include "runner/checker_new_view.h"
#include "runner/checker_state.h"

static void count_replicas(struct checker *checker)
{
    for (node_id id = 0; id < checker->replicas; id++) {
        checker->tracks[id].rank = checker->correct;
        checker->correct += !checker->misbehaving[id];
    }
}

static bool make_tables(struct checker *checker, const struct checker_config *config)
{
    const struct protocol_config *protocol = config->protocol;
    checker->tracks = calloc(checker->replicas, sizeof *checker->tracks);
    if (checker->tracks == NULL) {
        return false;
    }
    count_replicas(checker);
    checker->judge = (struct judge_config){
        .quorum = protocol->quorum,
        .correct = checker->correct,
        .misbehaving = checker->replicas - checker->correct,
    };
    const struct measure_config measured = {
        .first_client = protocol->replicas,
        .clients = protocol->clients,
        .correct = checker->correct,
        .quorum = protocol->quorum,
        .requests = config->requests,
        .warmup = config->warmup,
        .timeline_ns = config->timeline_ns,
    };
    return measure_create(&checker->measure, &measured, checker->result) &&
           history_create(&checker->history, checker->correct) &&
           ledger_create(&checker->ledger, protocol->replicas, protocol->clients, protocol->accomplices);
}

struct checker *checker_create(const struct checker_config *config, struct run_result *result)
{
    struct checker *checker = calloc(1, sizeof *checker);
    if (checker == NULL) {
        return NULL;
    }
    checker->protocol = config->protocol;
    checker->keyring = config->keyring;
    checker->misbehaving = config->misbehaving;
    checker->requests = config->requests;
    checker->result = result;
    checker->replicas = config->protocol->replicas;
    checker->checkpoint_room = 64;
    result->digests_agree = true;
    if (!make_tables(checker, config)) {
        checker_destroy(checker);
        return NULL;
    }
    checker->replies_prove = checker->judge.misbehaving <= quorum_faults(checker->replicas) &&
                             config->reply_quorum >= quorum_weak(checker->replicas);
    return checker;
}

void checker_destroy(struct checker *checker)
{
    if (checker == NULL) {
        return;
    }
    history_destroy(&checker->history);
    ledger_destroy(&checker->ledger);
    measure_destroy(&checker->measure);
    stability_destroy(&checker->checkpoints);
    stability_destroy(&checker->endings);
    free(checker->tracks);
    free(checker->views);
    free(checker->openings);
    free(checker);
}

static void consume(void *context, node_id node, const struct journal_entry *entries, size_t count)
{
    struct checker *checker = context;
    for (size_t i = 0; i < count; i++) {
        assert(entries[i].node == node);
        if (!checker->failed) {
            checker_take(checker, &entries[i]);
        }
        struct payload *payload = journal_payload(&entries[i]);
        if (payload != NULL) {
            payload_drop(payload);
        }
    }
    if (!checker->failed) {
        checker_retire_settled(checker);
    }
}

/* Every request of a correct client is accepted and has reached every correct replica. */
static bool all_done(const struct checker *checker)
{
    return checker->ledger.accepted == checker->requests && checker->ledger.executed_everywhere == checker->requests;
}

static bool finished(void *context)
{
    const struct checker *checker = context;
    return checker->failed || all_done(checker);
}

struct journal_sink checker_sink(struct checker *checker)
{
    return (struct journal_sink){.consume = consume, .finished = finished, .context = checker};
}

void checker_final_state(struct checker *checker, node_id replica, sequence_number executed, struct digest state)
{
    assert(checker_is_correct_replica(checker, replica));
    if (!stability_claim(&checker->endings, executed, state, replica)) {
        checker->failed = true;
    }
}

/* I10: the highest stable checkpoint must have been reached by q-b correct replicas at least. */
static void judge_stable(struct checker *checker)
{
    node_id highest = NO_NODE;
    for (node_id id = 0; id < checker->replicas; id++) {
        sequence_number stable = checker->tracks[id].stable;
        if (stable > 0 && (highest == NO_NODE || stable > checker->tracks[highest].stable)) {
            highest = id;
        }
    }
    if (highest == NO_NODE) {
        return;
    }
    uint32_t reached = checker->judge.misbehaving;
    for (node_id id = 0; id < checker->replicas; id++) {
        reached += !checker->misbehaving[id] && checker->tracks[id].executed >= checker->tracks[highest].stable;
    }
    if (reached < checker->judge.quorum) {
        checker_offer(checker, "I10", checker->tracks[highest].stable, highest, digest_null());
    }
}

/* I7, where b <= f and f+1 replies prove something. */
static void judge_accepted(struct checker *checker)
{
    struct request_id request;
    const struct wrong_result *wrong = &checker->ledger.wrong;
    if (checker->replies_prove && wrong->client != NO_NODE) {
        struct violation violation = violation_of("I7", 0);
        violation_witness(&violation, wrong->client, (struct digest){{wrong->timestamp, wrong->promised}});
        violation_witness(&violation, wrong->client, (struct digest){{wrong->timestamp, wrong->computed}});
        violation_offer(&checker->result->violation, &violation);
    }
    if (!checker->guessing && checker->replies_prove && ledger_find_unfounded(&checker->ledger, &request)) {
        checker_offer(checker, "I7", 0, request.client, (struct digest){{request.timestamp, 0}});
    }
}

bool checker_finish(struct checker *checker, uint64_t elapsed_ns)
{
    struct run_result *result = checker->result;
    checker_close_all(checker);
    stability_judge(&checker->checkpoints, UINT64_MAX, &result->violation);
    stability_judge(&checker->endings, UINT64_MAX, &result->violation);
    checker_finish_new_views(checker);
    judge_stable(checker);
    judge_accepted(checker);
    measure_finish(&checker->measure, elapsed_ns);
    result->safe = !result->violation.found;
    result->live = all_done(checker);
    result->submitted = checker->ledger.submitted;
    result->accepted = checker->ledger.accepted;
    result->executed = checker->ledger.executed;
    result->view_changes = checker->view_count;
    result->final_view = checker->view_count > 0 ? checker->views[checker->view_count - 1] : 0;
    return !checker->failed;
}
