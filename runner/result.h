/* What came of one run. Filled in by run_scenario() and the checker; read by whatever reports it. */
#ifndef PBFT_RUNNER_RESULT_H
#define PBFT_RUNNER_RESULT_H

#include "core/reject.h"
#include "net/driver.h"
#include "net/histogram.h"
#include "runner/scenario.h"

#define VIOLATION_WITNESSES 8

/* Who says the same as a witness, and what that is, as far as it is known. */
struct holding {
    uint64_t replicas;      /* correct ones with ids below 64, a bit each; 0: not known */
    uint32_t request_count; /* of the batch with the witness's digest; 0: not known, or a null request */
    node_id client;         /* whose the first of them is */
    uint64_t timestamp;
};

/* Evidence of a broken invariant. */
struct violation {
    bool found;
    const char *property; /* "I1", ... */
    const char *claim;    /* the property in words */
    sequence_number sequence;
    uint32_t replica_count;
    node_id replicas[VIOLATION_WITNESSES];      /* as many as are needed to show it */
    struct digest digests[VIOLATION_WITNESSES]; /* one for each of them */
    struct holding holdings[VIOLATION_WITNESSES];
};

/* Why the checker gave up. Then `safe` and `live` say nothing. */
struct unjudged {
    const char *reason; /* NULL: it did not */
    sequence_number sequence;
    node_id replica; /* whose doing it was */
};

struct replica_result {
    node_id id;
    bool correct;
    struct chosen_behavior chosen; /* what it was told to do, with what was drawn; its behavior is NULL if nothing */
    view_number view;              /* from here on, of a misbehaving replica: of the correct one within it, or zero */
    sequence_number executed, stable;
    struct digest state;
};

struct fault_count {
    const char *behavior;
    uint32_t replicas; /* that were told to behave so */
    uint64_t fired;
};

/* What the schedule's partitions and link rules did (I15). Outages are among the faults. */
struct schedule_result {
    bool partitions, rules; /* whether there are any */
    struct schedule_effect effect;
};

struct timeline_bin {
    uint64_t executed; /* requests executed at the first correct replica to do so */
    view_number view;  /* highest active view of a correct replica */
};

/* In the order of reports. */
enum latency { LATENCY_FIRST, LATENCY_MEDIAN, LATENCY_QUORUM, LATENCY_ALL, LATENCY_COMMIT, LATENCY_REQUEST, LATENCIES };

struct run_result {
    uint64_t seed;
    bool safe, live;
    bool digests_agree; /* no two correct replicas executed different contents at a sequence number */
    struct violation violation;
    struct unjudged unjudged;
    bool books_balanced; /* I12; false is an error of the emulator itself */
    bool log_bounded;    /* I13: no correct replica kept more than a window; false is an error likewise */
    bool empty;          /* I15: faults were configured and none fired */
    uint64_t submitted, executed, accepted; /* requests of correct clients */
    uint64_t decisions; /* sequence numbers that a correct replica executed, null requests left out */
    uint64_t view_changes;
    view_number final_view;
    enum driver_end end;
    uint64_t elapsed_ns;
    double operations_per_second;                /* accepted while the load was complete, emulated time */
    struct histogram first, median, quorum, all; /* decision latency (interface: decision_latency_ns) */
    struct histogram commit, request;            /* commit_latency_ns, request_latency_ns */
    double half_width_ns[LATENCIES];             /* of the 95% intervals of their means (batch means); NaN: none */
    struct message_counts messages;
    struct fault_count faults[MAX_BEHAVIORS];
    uint32_t fault_count;
    struct schedule_result schedule;   /* in a replay, which has no network, as it was recorded */
    uint64_t rejected[REJECT_REASONS]; /* by correct replicas and clients */
    struct digest history_digest;      /* of the agreed history */
    struct replica_result *replicas;   /* n of them */
    uint32_t replica_count;
    struct timeline_bin *timeline;
    uint32_t timeline_bins;
    /* host */
    uint64_t wall_ns, cpu_ns, events, peak_rss_bytes, stalls;
    uint64_t most_under_way; /* virtual clock: deliveries in flight at once */
    uint32_t threads;
    struct histogram lateness;
    bool overloaded; /* the host, not the emulated network, set the latency */
};

#endif
