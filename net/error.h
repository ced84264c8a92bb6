/* A failure as a sentence for the user: what was wrong, and what to do. Functions that take a `struct error *` return
 * false (or NULL) and fill it in; on success they leave it alone. */
#ifndef PBFT_NET_ERROR_H
#define PBFT_NET_ERROR_H

#include <stdbool.h>

struct error {
    char text[512];
};

/* Formats the sentence; returns false, so that a caller can `return error_set(...)`. */
bool error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
