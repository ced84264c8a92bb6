/* Reads a latency matrix from a table of comma-separated values:
 *
 *     # comments and empty lines are skipped
 *     from\to, virginia, tokyo            the corner is not looked at
 *     virginia,     0.5,  78.5            a row: from there; fractions of a millisecond are fine
 *     tokyo,         79,   0.5            rows in any order; there and back may differ; the diagonal counts
 */
#ifndef PBFT_NET_LATENCY_TABLE_H
#define PBFT_NET_LATENCY_TABLE_H

#include "net/error.h"
#include "net/latency.h"

/* Reads a table. NULL with a sentence that begins with `label`:line:column and says what is allowed. */
struct latency_matrix *latency_parse(const char *text, const char *label, struct error *error);

#endif
