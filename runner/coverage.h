/* What a campaign covered, so that its silence means something. Only counts, so that those of several threads are added
 * up. One thread each. */
#ifndef PBFT_RUNNER_COVERAGE_H
#define PBFT_RUNNER_COVERAGE_H

#include "runner/trial.h"

#define COVERAGE_BEHAVIORS 64 /* of the catalogue */
#define COVERAGE_VIEWS 12     /* views that a run needed after healing; the last: or more */
#define DELAY_KINDS (DELAY_PARETO + 1)

/* How many runs had it. */
enum coverage_feature {
    HAS_CHAOS, /* a phase in which the network may lose, or somebody is down */
    HAS_DROP,
    HAS_DUPLICATE,
    HAS_REORDER,
    HAS_FIFO,
    HAS_PARTITION,
    HAS_ONE_WAY_PARTITION,
    HAS_PARTITION_OF_PRIMARY,
    HAS_PARTITION_BY_VIEW,
    HAS_CLIENTS_PARTITIONED,
    HAS_OUTAGE,
    HAS_OUTAGE_FOR_GOOD,
    HAS_OUTAGE_STATE_LOST,
    HAS_DELAY_RULE,
    HAS_DROP_RULE,
    HAS_SHORT_TIMER, /* below 10 D */
    HAS_NO_RETRANSMISSION,
    HAS_OPEN_LOOP,
    HAS_SEVERAL_CLIENTS,
    HAS_BATCHES,
    HAS_MAC,
    HAS_SIGNATURES,
    HAS_MISBEHAVING,
    HAS_AT_BOUND,     /* b = f > 0 */
    HAS_BEYOND_BOUND, /* b > f */
    COVERAGE_FEATURES
};

/* How many runs saw it happen. */
enum coverage_event {
    SAW_LIVE,
    SAW_LIFE_PROMISED,  /* I14 was judged */
    SAW_VIEWS_PROMISED, /* its bound on views too */
    SAW_PENDING_AT_HEALING,
    SAW_VIEW_CHANGE,
    SAW_NULL_REQUEST,
    SAW_FETCHED_DECISION,
    SAW_STATE_TRANSFER,
    SAW_STABLE_CHECKPOINT,
    SAW_CONFLICTING_VOTE,
    SAW_EQUIVOCATION,  /* a second, different pre-prepare */
    SAW_NOTHING_FIRED, /* replicas misbehaved, and none of it was ever exercised (I15) */
    SAW_CUT,           /* a partition lost a message */
    SAW_RULED,         /* a link rule applied to one */
    COVERAGE_EVENTS
};

/* All counts are uint64_t: coverage_merge() relies on it. */
struct coverage {
    uint64_t runs;
    uint64_t of_size[PLAN_REPLICAS + 1], of_faulty[PLAN_REPLICAS + 1]; /* runs by n, by b */
    uint64_t has[COVERAGE_FEATURES], saw[COVERAGE_EVENTS];
    uint64_t of_delay[DELAY_KINDS]; /* runs by the distribution of the links' own delay */
    uint64_t views_needed[COVERAGE_VIEWS];
    uint64_t requests, decisions, null_requests, view_changes, fetched, transferred;
    uint64_t sent, delivered, dropped, duplicated, retransmitted, by_type[MESSAGE_TYPES];
    uint64_t events, emulated_ms;
    uint64_t rejected[REJECT_REASONS], rejected_in[REJECT_REASONS]; /* messages; runs */
    struct {
        uint64_t runs, replicas, fired, fired_in /* runs */;
    } behaviors[COVERAGE_BEHAVIORS]; /* in the order of behavior_at() */
};

void coverage_add(struct coverage *coverage, const struct plan *plan, const struct trial *trial);
void coverage_merge(struct coverage *into, const struct coverage *from);

const char *coverage_feature_name(enum coverage_feature feature);
const char *coverage_event_name(enum coverage_event event);

/* A behaviour that many runs had and that was never exercised in any of them (I15), or "partition" or "link_rule"
 * likewise, or NULL. */
const char *coverage_empty(const struct coverage *coverage);

#endif
