/* How long things may take in a scenario when nothing goes wrong: what default timers follow. Pure. */
#ifndef PBFT_RUNNER_PATIENCE_H
#define PBFT_RUNNER_PATIENCE_H

#include "runner/scenario.h"

/* The mean time that a message is on its way between two replicas: the delay's mean, and that of the latencies over all
 * ordered pairs of distinct replicas. */
double scenario_link_mean_ns(const struct scenario *scenario);
/* The same between clients and replicas. */
double scenario_client_link_mean_ns(const struct scenario *scenario);

/* Roughly the time that the primary's uplink and processor need for one request of each client. 0 where neither takes
 * any. */
double scenario_backlog_ns(const struct scenario *scenario);

/* The default of --view-timeout: 10 mean delays, twice the backlog, and twice the time that a request waits in the
 * primary's queue when each client has one outstanding; with a bandwidth also what a change of views takes; 1 s where
 * nothing takes any time. */
uint64_t scenario_view_timeout_ns(const struct scenario *scenario);
/* Of --client-timeout, when the view timeout is known: that one, or where clients are farther away than replicas are,
 * twice what a request and its reply take if that is longer; at least 1 ms. */
uint64_t scenario_client_timeout_ns(const struct scenario *scenario);
/* Whether some replicas can order a window's worth while one message is still on its way to another: what that one then
 * hears of is above its window, and nobody tells it again unless messages are sent again. */
bool scenario_may_overtake(const struct scenario *scenario);
/* Of --retransmit, when the other two timeouts are known. Where anything can be lost 4 mean delays, and twice the
 * backlog; at least 20 ms. Elsewhere off (0), or the view timeout if messages may outlast the timers, or a window
 * (never under 1 ms). */
uint64_t scenario_retransmit_ns(const struct scenario *scenario);
/* Of --deadline: for each request 2 s, or if that is longer 10 of the longer of the two default timeouts; all that
 * after the last event of a schedule. */
uint64_t scenario_deadline_ns(const struct scenario *scenario);

#endif
