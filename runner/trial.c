#include "runner/trial.h"

#include "runner/healing.h"

/* Misbehaving replicas keep no journal that counts (inner.h): what comes here is a correct replica's, a client's, or
 * the driver's. */
static void watch(void *context, node_id node, const struct journal_entry *entries, size_t count)
{
    struct trial *trial = context;
    (void)node;
    for (size_t i = 0; i < count; i++) {
        const struct journal_entry *entry = &entries[i];
        if (entry->kind == JOURNAL_EXECUTED) {
            trial->fetched += (entry->flags & JOURNAL_FLAG_FETCHED) != 0;
            trial->null_requests += (entry->flags & JOURNAL_FLAG_NULL) != 0;
        } else if (entry->kind == JOURNAL_TRANSFERRED) {
            trial->transferred++;
        } else if (entry->kind == JOURNAL_VIEW_CHANGE || entry->kind == JOURNAL_NEW_VIEW) {
            trial->view_asked = entry->view > trial->view_asked ? entry->view : trial->view_asked;
            bool before = entry->time_ns <= trial->healed_ns;
            if (before && entry->view > trial->view_at_healing) {
                trial->view_at_healing = entry->view;
            }
            if ((before || entry->kind == JOURNAL_NEW_VIEW) && entry->view > trial->view_at_end) {
                trial->view_at_end = entry->view;
            }
        }
    }
}

static enum finding judge(const struct trial *trial)
{
    if (!trial->result.safe) {
        return FOUND_UNSAFE;
    }
    if (trial->result.end == END_INTERRUPTED) {
        return FOUND_NOTHING;
    }
    if (trial->life_promised && !trial->result.live) {
        return FOUND_NOT_LIVE;
    }
    bool too_late = trial->view_at_end - trial->view_at_healing > trial->views_allowed;
    return trial->views_promised && too_late ? FOUND_TOO_MANY_VIEWS : FOUND_NOTHING;
}

bool trial_run(const struct plan *plan, const atomic_int *interrupted, struct trial *trial, struct error *error)
{
    const struct scenario *scenario = &plan->scenario;
    const struct journal_sink sink = {.consume = watch, .context = trial};
    trial->healed_ns = healing_time_ns(scenario);
    trial->life_promised = healing_promises_life(scenario);
    trial->views_promised = healing_promises_views(scenario, &trial->views_allowed);
    trial->view_at_healing = trial->view_at_end = trial->view_asked = 0;
    trial->fetched = trial->transferred = trial->null_requests = 0;
    trial->finding = FOUND_NOTHING;
    const struct run_plan run = {.scenario = scenario, .interrupted = interrupted, .watch = &sink};
    if (!run_planned(&run, &trial->result, error)) {
        return false;
    }
    trial->finding = judge(trial);
    return true;
}

void trial_destroy(struct trial *trial)
{
    run_result_destroy(&trial->result);
}
