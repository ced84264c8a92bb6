/* The part of generate.c that makes the fault schedule. */
#ifndef PBFT_RUNNER_GENERATE_EVENTS_H
#define PBFT_RUNNER_GENERATE_EVENTS_H

#include "runner/generator.h"

/* Partitions, outages and rules between the start and gst. Takes what outages cost from `faulty_left`. Sizes, delays
 * and gst are drawn already. */
void generate_events(struct generator *generator);

/* A delay of any distribution, of about `mean_ns`, tails and all. */
struct delay generate_wild_delay(struct dice *dice, uint64_t mean_ns);
/* A bounded one. */
struct delay generate_bounded_delay(struct dice *dice, uint64_t mean_ns);

/* A time that can be written in few characters. */
uint64_t generate_round(uint64_t ns);

#endif
