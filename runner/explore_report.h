/* What a campaign came to, as a table for people or as JSON. */
#ifndef PBFT_RUNNER_EXPLORE_REPORT_H
#define PBFT_RUNNER_EXPLORE_REPORT_H

#include "runner/campaign.h"
#include "runner/output.h"
#include "runner/twins.h"

/* A scenario that broke something, made as small as it could be. */
struct evidence {
    const struct trial *trial; /* of the small scenario */
    const char *scenario;      /* in words */
    uint64_t steps;            /* that made it smaller */
    const char *command;       /* shows it */
    const char *original;      /* shows the scenario as it was drawn; NULL if it is the same */
};

struct explore_report {
    const struct settings *settings;
    const char *command; /* runs the campaign again */
    const struct campaign *campaign;
    const struct twins *twins; /* whose schedules were gone through; NULL: random scenarios */
    const struct twins_counts *counts;
    const struct evidence *evidence; /* CAMPAIGN_FOUND, else NULL */
    const char *empty;               /* a behaviour that never took effect, or NULL */
    uint64_t seed, runs;             /* as asked for */
    uint64_t wall_ns;
    unsigned jobs;
};

void explore_report_table(const struct explore_report *report, struct output *output);
/* Everything outside `host` is the same however many threads there were. */
void explore_report_json(const struct explore_report *report, struct output *output);

/* "I14 (liveness): ..." */
const char *finding_words(enum finding finding);

#endif
