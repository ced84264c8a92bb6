/* What a campaign covered, as a table for people and as JSON. */
#ifndef PBFT_RUNNER_COVERAGE_REPORT_H
#define PBFT_RUNNER_COVERAGE_REPORT_H

#include <jansson.h>

#include "runner/coverage.h"
#include "runner/output.h"

void coverage_print(const struct coverage *coverage, struct output *output);
/* A new reference, never NULL. */
json_t *coverage_json(const struct coverage *coverage);

#endif
