/* Delay distributions of links, of processing, and of clients' links. Pure functions of a 64-bit draw. */
#ifndef PBFT_NET_DELAY_H
#define PBFT_NET_DELAY_H

#include "net/error.h"
#include "core/types.h"

enum delay_kind {
    DELAY_NONE,
    DELAY_FIXED,       /* a = the delay */
    DELAY_UNIFORM,     /* a = least, b = most */
    DELAY_NORMAL,      /* a = mean, b = standard deviation; below zero reads as zero */
    DELAY_EXPONENTIAL, /* a = mean */
    DELAY_LOGNORMAL,   /* a = median, b = sigma of the logarithm (dimensionless) */
    DELAY_PARETO,      /* a = least, b = alpha (dimensionless) */
};

struct delay {
    enum delay_kind kind;
    double a, b; /* times in ns */
};

/* Parses `none`, `fixed:10ms`, `uniform:5ms..35ms`, `normal:250ms,50ms`, `exponential:10ms`, `lognormal:10ms,0.5`,
 * `pareto:5ms,2.5`. Times need a unit. The sentence says what is allowed. */
bool delay_parse(const char *text, struct delay *delay, struct error *error);
/* The canonical text, which delay_parse() reads back to the same value. `size` 96 is always enough. */
void delay_text(const struct delay *delay, char *text, size_t size);
/* One delay in ns for two independent uniform 64-bit draws (the second is used by `normal` and `lognormal`). */
uint64_t delay_draw(const struct delay *delay, uint64_t draw, uint64_t second_draw);
/* The mean in ns; of `pareto` with alpha <= 1, which has none, 10 times the least. */
double delay_mean_ns(const struct delay *delay);

/* `500us`, `10ms`, `2s`, `1.5s`, `100ns`, `1m`, `1h`; a unit is needed except for 0. */
bool duration_parse(const char *text, uint64_t *ns, struct error *error);
/* The shortest exact text with a unit. */
void duration_text(uint64_t ns, char *text, size_t size);

#endif
