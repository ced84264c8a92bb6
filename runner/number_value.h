/* Counts, shares and numbers as people write them. Strict: what is not wholly understood is refused, with what is
 * allowed. Pure. */
#ifndef PBFT_RUNNER_NUMBER_VALUE_H
#define PBFT_RUNNER_NUMBER_VALUE_H

#include <stdint.h>

#include "net/error.h"

bool count_parse(const char *text, double least, double most, uint64_t *value, struct error *error);
bool share_parse(const char *text, double *value, struct error *error);
bool number_parse(const char *text, const char *suffix, double least, double most, double *value, struct error *error);
/* The shortest decimal text that reads back as the same value; 32 bytes are enough. */
void real_text(double value, char text[32]);

#endif
