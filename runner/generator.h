/* What the parts of a generator of scenarios share. Not for other modules. */
#ifndef PBFT_RUNNER_GENERATOR_H
#define PBFT_RUNNER_GENERATOR_H

#include "runner/dice.h"
#include "runner/plan.h"
#include "runner/space.h"

/* What is being generated, and what its parts go by. */
struct generator {
    const struct space *space;
    struct plan *plan;
    uint64_t unit_ns;   /* about one message's delay */
    uint64_t timely_ns; /* D: no message takes longer once the network is timely; a guess where delays are unbounded */
    uint32_t faulty_left; /* replicas that may still be made to misbehave */
    bool chaos;           /* whether there is a phase before gst */
};

/* Topics of dice: one for each matter, so that one fixed by the user leaves the others as they were. */
enum topic {
    TOPIC_AXES = 1,
    TOPIC_NODES,
    TOPIC_FAULTY,
    TOPIC_BEHAVIORS,
    TOPIC_DELAY,
    TOPIC_CLIENT_DELAY,
    TOPIC_CHAOS,
    TOPIC_GST,
    TOPIC_LOSS,
    TOPIC_DUPLICATE,
    TOPIC_REORDER,
    TOPIC_FIFO,
    TOPIC_TIMERS,
    TOPIC_LOAD,
    TOPIC_PROTOCOL,
    TOPIC_AUTH,
    TOPIC_PARTITIONS,
    TOPIC_OUTAGES,
    TOPIC_RULES,
};

#endif
