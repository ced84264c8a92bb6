/* How many requests a second the cluster answers while the load is complete.
 *
 * The window begins when the last request of the warm-up is accepted (without a warm-up: with the first that is
 * accepted) and ends when the first client has no more to send and to wait for, or else with the run: so neither the
 * warm-up, nor the time in which the cluster fills, nor the tail, in which fewer and fewer clients have something to
 * do, counts. It reaches from one acceptance to another, so that it is as long as its requests take. Fixed memory:
 * acceptances are kept by intervals of time, merged by twos; one that the window's begin or end cuts is left out. One
 * writer; the result does not depend on the order of the calls. */
#ifndef PBFT_RUNNER_WINDOW_H
#define PBFT_RUNNER_WINDOW_H

#include "core/types.h"

#define WINDOW_BINS 256u

struct window_bin {
    uint64_t count, at_first; /* acceptances; of these, at first_ns */
    uint64_t first_ns, last_ns;
};

struct window {
    bool any;            /* acceptance */
    uint32_t shift;      /* an interval is 2^shift ns long */
    uint64_t opened_ns;  /* when the warm-up ended, as far as is known; 0 without one */
    uint64_t closed_ns;  /* when the first client was done; 0: none was */
    uint64_t planned_ns; /* first planned sending behind the warm-up */
    uint64_t last_ns;    /* last acceptance behind the warm-up */
    uint64_t accepted;   /* behind the warm-up */
    struct window_bin bins[WINDOW_BINS];
};

/* All zero is empty. A request was accepted; `last`: it was its client's last. */
void window_add(struct window *window, uint64_t planned_ns, uint64_t accepted_ns, bool warmup, bool last);
/* 0 where nothing was accepted behind the warm-up. Where too little was accepted for a window, from the first planned
 * sending to the last acceptance. */
double window_rate(const struct window *window, uint64_t elapsed_ns);

#endif
