/* Delay distributions of links, of processing, and of clients' links. Pure functions of 64-bit draws; any thread. */
#ifndef PBFT_NET_DELAY_H
#define PBFT_NET_DELAY_H

#include "core/types.h"
#include "net/duration.h"
#include "net/error.h"

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
    double a, b; /* times in ns, whole numbers */
};

/* 1000 h: the longest time that a delay may name, and what a longer draw of an unbounded distribution reads as. Below
 * 2^53, so that doubles hold every time exactly. */
#define DELAY_MOST_NS UINT64_C(3600000000000000)

/* Parses `none`, `fixed:10ms`, `uniform:5ms..35ms`, `normal:250ms,50ms`, `exponential:10ms`, `lognormal:10ms,0.5`,
 * `pareto:5ms,2.5`. Times need a unit. The sentence says what is allowed. */
bool delay_parse(const char *text, struct delay *delay, struct error *error);
/* The canonical text, which delay_parse() reads back to the same value. `size` 96 is always enough. */
void delay_text(const struct delay *delay, char *text, size_t size);
/* One delay in ns for two independent uniform 64-bit draws; see delay_draws(). */
uint64_t delay_draw(const struct delay *delay, uint64_t draw, uint64_t second_draw);
/* How many of the two draws delay_draw() looks at: 0, 1 or 2. */
unsigned delay_draws(const struct delay *delay);
/* The mean in ns; of `pareto` with alpha <= 1, which has none, 10 times the least. */
double delay_mean_ns(const struct delay *delay);
/* What no draw is below. */
uint64_t delay_least_ns(const struct delay *delay);
/* Whether no draw is longer than delay_bound_ns(). */
bool delay_is_bounded(const struct delay *delay);
/* A time that about 99 of 100 draws do not exceed, and none of a bounded distribution; for sizing. */
uint64_t delay_bound_ns(const struct delay *delay);

#endif
