/* Holds what correct replicas and clients did against the invariants, and measures it, while the run goes on.
 *
 * It consumes every node's journal, in any interleaving: verdict and measurements depend only on what each journal
 * says. What all correct replicas have settled leaves the tables, so memory stays flat in a run without end, unless a
 * correct replica stays behind for good: what it missed is then kept.
 *
 * `safe`: I1 agreement in content, I2, I3 as far as journals show it, I4 gapless execution and equal state, I5 each
 * request once, I6 only what was submitted, I7 accepted means executed, with the result that the agreed history comes
 * to (b <= f), I9 views and watermarks, I10 stable checkpoints were reached, I11 new views are proven. Of misbehaving
 * nodes only the contents that they proposed count. `live` is judged apart. Where the checker cannot keep what it would
 * need, it gives up and says so (run_result.unjudged).
 *
 * Called by one thread. Source of the invariants: OSDI 1999, section 4, and docs on the protocol. */
#ifndef PBFT_RUNNER_CHECKER_H
#define PBFT_RUNNER_CHECKER_H

#include "core/config.h"
#include "net/driver.h"
#include "runner/result.h"

struct checker_config {
    const struct protocol_config *protocol; /* borrowed, like what follows */
    const struct keyring *keyring;
    const bool *misbehaving; /* a flag for each replica */
    uint64_t requests;       /* that correct clients are to submit in all */
    uint64_t warmup;         /* of these, left out of the measurements */
    uint32_t reply_quorum;   /* I7 is judged only if it is at least f+1 */
    uint64_t timeline_ns;    /* width of a bin; 0 = none */
};

struct checker;

/* Measures into `result`, which is borrowed until checker_finish() and must be zero. NULL if memory is lacking. */
struct checker *checker_create(const struct checker_config *config, struct run_result *result);
void checker_destroy(struct checker *checker);

/* For the driver. */
struct journal_sink checker_sink(struct checker *checker);

/* Where a correct replica ended: equal `executed` must mean equal state (I4). Before checker_finish(). */
void checker_final_state(struct checker *checker, node_id replica, sequence_number executed, struct digest state);

/* Nothing more comes: judges what is left and writes verdicts, counts, histograms and timeline into the result. False
 * if memory was lacking on the way, and nothing can be said. */
bool checker_finish(struct checker *checker, uint64_t elapsed_ns);

#endif
