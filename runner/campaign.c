#include "runner/campaign.h"

#include <stdlib.h>

#include "runner/generate.h"
#include "runner/tasks.h"

#define BLOCK 64u /* runs of a task: enough that handing over costs nothing, few enough that the end is prompt */

/* What a thread needs. */
struct bench {
    struct plan plan;
    struct trial trial;
};

/* What a block of runs comes to. */
struct block {
    enum campaign_end end;
    struct coverage coverage;
    enum finding finding;
    uint64_t seed;
    struct error error;
};

struct session {
    const struct campaign_plan *plan;
    struct campaign *campaign;
    struct error *error;
};

/* I12, I13: an error of ours, not of the protocol; and what the checker could not judge is no verdict. */
static bool is_sound(const struct run_result *result, struct error *error)
{
    if (!result->books_balanced) {
        return error_set(error,
                         "an error of pbft itself: the books of sent and delivered messages do not balance (I12)");
    }
    if (result->unjudged.reason != NULL) {
        return error_set(error, "the run could not be judged: %s (sequence number %llu, replica %u)",
                         result->unjudged.reason, (unsigned long long)result->unjudged.sequence,
                         result->unjudged.replica);
    }
    return result->log_bounded ||
           error_set(error, "an error of pbft itself: a correct replica kept more than its window (I13)");
}

static void run_one(const struct campaign_plan *plan, struct bench *bench, struct block *block)
{
    if (!generate(plan->space, block->seed, &bench->plan, &block->error)) {
        block->end = CAMPAIGN_FAILED;
        return;
    }
    if (!trial_run(&bench->plan, plan->interrupted, &bench->trial, &block->error)) {
        block->end = CAMPAIGN_FAILED;
    } else if (bench->trial.result.end == END_INTERRUPTED) {
        block->end = CAMPAIGN_INTERRUPTED;
    } else if (!is_sound(&bench->trial.result, &block->error)) {
        block->end = CAMPAIGN_FAILED;
    } else {
        coverage_add(&block->coverage, &bench->plan, &bench->trial);
        block->finding = bench->trial.finding;
        block->end = block->finding == FOUND_NOTHING ? CAMPAIGN_ALL : CAMPAIGN_FOUND;
    }
    trial_destroy(&bench->trial);
}

static void run_block(void *context, void *own, size_t task, void *outcome)
{
    const struct campaign_plan *plan = ((struct session *)context)->plan;
    struct block *block = outcome;
    uint64_t first = (uint64_t)task * BLOCK;
    uint64_t last = first + BLOCK < plan->runs ? first + BLOCK : plan->runs;
    *block = (struct block){.end = CAMPAIGN_ALL};
    for (uint64_t i = first; i < last && block->end == CAMPAIGN_ALL; i++) {
        if (atomic_load_explicit(plan->interrupted, memory_order_relaxed) != 0) {
            block->end = CAMPAIGN_INTERRUPTED;
            return;
        }
        block->seed = plan->seed + i;
        run_one(plan, own, block);
    }
}

static bool hand_over(void *context, size_t task, void *outcome)
{
    struct session *session = context;
    struct campaign *campaign = session->campaign;
    struct block *block = outcome;
    (void)task;
    coverage_merge(&campaign->coverage, &block->coverage);
    campaign->end = block->end;
    campaign->finding = block->finding;
    campaign->seed = block->seed;
    if (block->end == CAMPAIGN_FAILED) {
        *session->error = block->error;
    }
    if (session->plan->progress != NULL) {
        session->plan->progress(session->plan->context, campaign->coverage.runs);
    }
    return block->end == CAMPAIGN_ALL;
}

void campaign_run(const struct campaign_plan *plan, struct campaign *campaign, struct error *error)
{
    struct session session = {.plan = plan, .campaign = campaign, .error = error};
    const struct tasks_plan tasks = {.count = (size_t)((plan->runs + BLOCK - 1) / BLOCK),
                                     .threads = plan->jobs,
                                     .bench_size = sizeof(struct bench),
                                     .outcome_size = sizeof(struct block),
                                     .run = run_block,
                                     .hand_over = hand_over,
                                     .context = &session};
    *campaign = (struct campaign){.end = CAMPAIGN_ALL};
    if (tasks_run(&tasks, error) == TASKS_FAILED) {
        campaign->end = CAMPAIGN_FAILED;
    }
}
