/* A delay line: a thread that is the hub between the agents. It takes messages out of the outboxes, decides by the link
 * model what becomes of each at each destination, holds it until it is due (its sender's stamp plus the delay), and
 * hands it over. K lines share the destinations (topology.h); a broadcast passes through each of them.
 *
 * It never waits for an agent: what a full inbox does not take waits in a list here, and a sender that has too much
 * under way is not served until some of it is handed over. */
#ifndef PBFT_NET_DELAY_LINE_H
#define PBFT_NET_DELAY_LINE_H

#include "net/driver.h"
#include "net/port.h"

struct delay_line;
struct run_clock;

/* `ports` are all agents'; everything is borrowed and outlives the line. NULL if memory is lacking. */
struct delay_line *delay_line_create(const struct topology *topology, const struct link_model *links,
                                     const struct run_clock *clock, struct port *const *ports, uint32_t index);
void delay_line_destroy(struct delay_line *line);

/* The line's thread: serves until `*stop`, which is set before the line's parker is woken. */
void delay_line_run(struct delay_line *line, const atomic_bool *stop);

/* Where agents read the messages that references name. */
const struct message *delay_line_messages(const struct delay_line *line);
/* The messages' numbers beside them; NULL unless the ports carry numbers. */
const uint64_t *delay_line_numbers(const struct delay_line *line);
/* The line sleeps on it. */
struct parker *delay_line_parker(struct delay_line *line);

/* After all threads are joined: counts and gives back what is still under way through this line, and adds what the line
 * counted: duplicated, dropped, discarded, lateness, stalls. Once. */
void delay_line_collect(struct delay_line *line, struct driver_report *report);

/* For the watchdog; any thread: how often the line went round, and what it had under way when it last did. */
uint64_t delay_line_rounds(const struct delay_line *line);
uint64_t delay_line_under_way(const struct delay_line *line);

#endif
