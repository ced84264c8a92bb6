/* Times as people write them: `500us`, `10ms`, `1.5s`. Pure functions, any thread. */
#ifndef PBFT_NET_DURATION_H
#define PBFT_NET_DURATION_H

#include "core/types.h"
#include "net/error.h"

/* Parses a number and a unit of ns, us, ms, s, m (minutes) or h, with nothing before or after; a unit is needed
 * except for 0. The number is decimal, without sign or exponent, and must come to whole nanoseconds that are less
 * than TIME_NEVER_NS. On failure the sentence names `text` and says what is allowed. */
bool duration_parse(const char *text, uint64_t *ns, struct error *error);

/* The text that duration_parse() reads back to exactly `ns`: of the units in which the number is at least 1 the one
 * that needs the fewest characters. `size` 32 is always enough. */
void duration_text(uint64_t ns, char *text, size_t size);

#endif
