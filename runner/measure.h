/* Latencies, throughput and the timeline of a run, from what the checker has found to be complete. One thread.
 *
 * The decision latency of a sequence number starts when its pre-prepare was first sent, in any view, and ends when the
 * first, the median, the q-th and the last correct replica is committed-local; of m committers the median is the
 * ceil(m/2)-th. With fewer than q of them a decision adds nothing to `quorum` and `all`. A replica that executed by a
 * certificate that others gathered (R32) was not committed-local. Null requests do not come here.
 *
 * The means' intervals come from batch_means.h, the throughput from window.h.
 *
 * Left out as warm-up are the first `warmup` requests in planned order (client i's t-th is number (t-1) * clients + i,
 * counted from 0), and the decisions that carry one of them. */
#ifndef PBFT_RUNNER_MEASURE_H
#define PBFT_RUNNER_MEASURE_H

#include "runner/batch_means.h"
#include "runner/history.h"
#include "runner/result.h"
#include "runner/window.h"

/* Decisions in views above 0 wait for pre-prepares of earlier views in journals that may be read later; so many at
 * most, then the oldest no longer does. */
#define MEASURE_WAITING 65536u
/* Bins of the timeline at most; what comes later counts in the last. */
#define MEASURE_BINS (1u << 20)

struct measure_config {
    node_id first_client;
    uint32_t clients;     /* correct ones */
    uint32_t correct;     /* correct replicas */
    uint32_t quorum;      /* q */
    uint64_t requests;    /* that they are to submit in all */
    uint64_t warmup;      /* of these, left out */
    uint64_t timeline_ns; /* width of a bin; 0 = no timeline */
};

struct waiting_decision;

struct measure {
    struct measure_config config;
    struct run_result *result;        /* histograms and timeline are written as they come */
    uint64_t *committed_ns;           /* scratch, one for each correct replica */
    struct waiting_decision *waiting; /* a ring of MEASURE_WAITING in order of sequence numbers; made when needed */
    uint64_t waiting_head, waiting_tail;
    struct batch_means *batches; /* one for each latency */
    struct window *window;
    uint32_t bin_capacity;
};

/* `result` is borrowed and must be zero where measure writes. False if memory is lacking; measure_destroy() is right
 * also then. */
bool measure_create(struct measure *measure, const struct measure_config *config, struct run_result *result);
void measure_destroy(struct measure *measure);

bool measure_is_warmup(const struct measure *measure, struct request_id request);

/* A decision of which all is known that will be; called in order of sequence numbers. False if memory is lacking. */
bool measure_decision(struct measure *measure, const struct decision *decision);
/* A pre-prepare for a sequence number that measure_decision() has had already. */
void measure_late_proposal(struct measure *measure, sequence_number sequence, uint64_t time_ns);
/* A correct client's request was executed at the last correct replica. */
void measure_commit(struct measure *measure, struct request_id request, uint64_t planned_ns, uint64_t executed_ns);
/* A correct client accepted. */
void measure_request(struct measure *measure, struct request_id request, uint64_t planned_ns, uint64_t accepted_ns);
/* For the timeline: new requests at the first correct replica that executed them; a view that became active. */
void measure_executed(struct measure *measure, uint64_t requests, uint64_t time_ns);
void measure_view(struct measure *measure, view_number view, uint64_t time_ns);
/* Nothing more comes. */
void measure_finish(struct measure *measure, uint64_t elapsed_ns);

/* Whether the host, not the emulated network, set the latency of a run on the real clock: the p99 of lateness is above
 * 5% of the mean emulated delay and above 1 ms of host time, or the CPU is busy for more than 95% of what `cores` and
 * threads allow. Never where no delay is emulated: nothing is misrepresented there. `delay_mean_ns` is emulated time;
 * `report` is as the driver left it. */
bool measure_is_overloaded(const struct driver_report *report, double delay_mean_ns, double time_scale, uint32_t cores);

#endif
