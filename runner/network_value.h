/* Values of network options: rates, and the names of matrices and regions. From text and back to the text that reads
 * as the same value; sentences say what is allowed, not which option it was. Pure. */
#ifndef PBFT_RUNNER_NETWORK_VALUE_H
#define PBFT_RUNNER_NETWORK_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "net/error.h"

/* `100Mbit`, `1.5Gbit/s`: bits a second. */
bool rate_parse(const char *text, double least, double most, uint64_t *rate, struct error *error);
#define RATE_TEXT_SIZE 32
void rate_text(uint64_t rate, char text[RATE_TEXT_SIZE]);

/* A matrix's name; `none` reads as the empty one. `size` is the room for it. */
bool matrix_name_parse(const char *text, char *name, size_t size, struct error *error);
/* A region's name. */
bool region_parse(const char *text, char *name, size_t size, struct error *error);
/* `a,b,c`: different names of regions, as many as a run can use; the blanks around them are dropped. */
bool regions_parse(const char *text, char *names, size_t size, struct error *error);
/* Cuts the first name off `*names`, which regions_parse() wrote, and moves it on; false at the end. */
bool regions_next(const char **names, char *name, size_t size);

#endif
