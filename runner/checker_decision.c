#include "runner/checker_decision.h"

/* A contents' place is asked for elsewhere, which is slow, only now and then while a decision waits for it. */
#define PATIENCE 4096u

static const struct content *find_content(struct checker *checker, const struct decision *decision,
                                          struct digest digest, bool search, const struct decision **where)
{
    *where = decision;
    const struct content *content = decision_content(decision, digest);
    return content == NULL && search ? history_content(&checker->history, digest, where) : content;
}

/* Whether the contents are here, and the clients' own word on each request in them. */
static bool is_complete(struct checker *checker, const struct decision *decision)
{
    const struct claim *agreed = judge_agreed(decision);
    if (agreed == NULL || digest_is_null(agreed->digest)) {
        return true;
    }
    const struct decision *where;
    bool search = ++checker->waits % PATIENCE == 0;
    const struct content *content = find_content(checker, decision, agreed->digest, search, &where);
    if (content == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < content->count; i++) {
        if (!ledger_was_submitted(&checker->ledger, where->requests[content->first + i])) {
            return false;
        }
    }
    return true;
}

/* What the requests of a decision come to. */
struct tally {
    uint32_t fresh, late; /* new ones; new ones behind a later one of their client */
    uint32_t correct;     /* of both, those of correct clients */
    bool warmup;          /* it carries a request of the warm-up */
};

static void tally_request(struct checker *checker, const struct decision *decision, struct request_id request,
                          bool everywhere, struct tally *tally)
{
    uint64_t planned_ns = 0;
    checker->ledger.results_unknown = checker->guessing;
    enum ledger_order order = ledger_execute(&checker->ledger, request, everywhere, &planned_ns);
    tally->fresh += order == LEDGER_NEW;
    tally->late += order == LEDGER_LATE;
    if (order == LEDGER_REPEATED || !ledger_is_correct_client(&checker->ledger, request.client)) {
        return;
    }
    tally->correct++;
    tally->warmup = tally->warmup || measure_is_warmup(&checker->measure, request);
    if (everywhere) {
        measure_commit(&checker->measure, request, planned_ns, decision->last_executed_ns);
    }
}

static void judge_contents(struct checker *checker, const struct decision *decision, const struct claim *agreed,
                           bool everywhere)
{
    const struct decision *where;
    const struct content *content = find_content(checker, decision, agreed->digest, true, &where);
    if (content == NULL && decision->truncated) {
        checker->guessing = true;
        checker_give_up(checker, "a replica proposed more batches for one sequence number than the checker keeps",
                        decision->sequence, decision->flooder);
        return;
    }
    if (content == NULL) {
        checker->guessing = true;
        checker_offer(checker, "I6", decision->sequence, agreed->replica, agreed->digest);
        return;
    }
    struct tally tally = {.fresh = 0};
    for (uint32_t i = 0; i < content->count; i++) {
        struct request_id request = where->requests[content->first + i];
        if (!ledger_was_submitted(&checker->ledger, request)) {
            checker->guessing = true;
            checker_offer(checker, "I6", decision->sequence, agreed->replica, agreed->digest);
            continue;
        }
        tally_request(checker, decision, request, everywhere, &tally);
    }
    if (!checker->guessing && (agreed->count < tally.fresh || agreed->count > tally.fresh + tally.late)) {
        checker_offer(checker, "I5", decision->sequence, agreed->replica, agreed->digest);
    }
    measure_executed(&checker->measure, tally.correct, decision->first_executed_ns);
    if (!tally.warmup && !measure_decision(&checker->measure, decision)) {
        checker->failed = true;
    }
}

static void close_decision(struct checker *checker, const struct decision *decision)
{
    struct run_result *result = checker->result;
    if (!judge_decision(&checker->judge, decision, &result->violation)) {
        result->digests_agree = false;
    }
    const struct claim *agreed = judge_agreed(decision);
    if (agreed == NULL) {
        checker->guessing = checker->guessing || decision->settled > 0;
        return;
    }
    for (int word = 0; word < 2; word++) {
        result->history_digest.words[word] = history_extend(result->history_digest.words[word],
                                                            agreed->digest.words[word]);
    }
    if (!digest_is_null(agreed->digest)) {
        result->decisions++;
        judge_contents(checker, decision, agreed, decision->settled == checker->correct);
    }
}

void checker_retire_settled(struct checker *checker)
{
    struct history *history = &checker->history;
    while (history->base < history->end) {
        const struct decision *decision = history_find(history, history->base);
        if (decision == NULL || decision->settled < checker->correct || !is_complete(checker, decision)) {
            return;
        }
        close_decision(checker, decision);
        history_retire(history);
        checker->waits = 0;
    }
}

void checker_close_all(struct checker *checker)
{
    for (struct history *history = &checker->history; history->base < history->end; history_retire(history)) {
        const struct decision *decision = history_find(history, history->base);
        if (decision != NULL && !checker->failed) {
            close_decision(checker, decision);
        }
    }
}
