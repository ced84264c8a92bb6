/* What somebody wants to see of a run: which interval, which node, printed, stepped through, drawn. Sits between a
 * replay and those who show it. One thread. */
#ifndef PBFT_RUNNER_REPLAY_VIEW_H
#define PBFT_RUNNER_REPLAY_VIEW_H

#include "net/replay.h"
#include "runner/output.h"
#include "runner/settings.h"
#include "runner/trace.h"

struct replay_view {
    const struct scenario *scenario;
    uint64_t from_ns, until_ns; /* shown: from <= time < until */
    node_id node;               /* NO_NODE: all */
    bool print, step;
    struct output screen; /* for --print and --step; standard output */
    const char *trace_path;
    struct trace trace;
    bool quit; /* the user has stepped enough */
};

/* Reads --from, --until, --node, --print, --step and --trace. False with a sentence. Opens nothing. */
bool replay_view_plan(struct replay_view *view, const struct settings *settings, struct error *error);

/* Makes the files. `scenario` outlives the view. False with a sentence: a node that the run does not have, a file that
 * cannot be written. */
bool replay_view_open(struct replay_view *view, const struct scenario *scenario, struct error *error);
/* For the replay; one that shows nothing observes nothing, and costs nothing. */
struct replay_observer replay_view_observer(struct replay_view *view);
/* Completes the files. False with a sentence. */
bool replay_view_close(struct replay_view *view, struct error *error);
/* Leaves the files as they were before. Also on one that was never opened. */
void replay_view_abandon(struct replay_view *view);

#endif
