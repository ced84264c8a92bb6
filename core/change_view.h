/* Leaving a view and opening the next (OSDI 1999, sections 4.4 and 4.5.2; R13 - R19, R23, R24). Steps of a replica. */
#ifndef PBFT_CORE_CHANGE_VIEW_H
#define PBFT_CORE_CHANGE_VIEW_H

#include "core/replica_internal.h"

/* How long the view timer runs for the view asked for last (R23). */
uint64_t change_view_timeout_ns(const struct replica *replica);

/* What resends double up to: T, or a share of the view timer of now if that is longer; never under the first. */
uint64_t change_view_longest_backoff_ns(const struct replica *replica);

/* When the request timer or the view timer asks for the next view; TIME_NEVER_NS while neither runs (R23). */
uint64_t change_view_deadline(const struct replica *replica);

/* Asks for the next view if a timer has expired. */
void change_view_check_timer(const struct step *step);

/* The replica was down and comes back: both timers run for their full length from now on. */
void change_view_restart_timers(const struct step *step);

/* Leaves the present view and asks for `view`, which is above it (R13). */
void change_view_start(const struct step *step, view_number view);

/* Keeps the valid VIEW-CHANGE as its author's latest; joins f+1 others (R24), starts the view timer at q (R23). */
void change_view_count(const struct step *step, node_id author, view_number view, union vote_auth auth,
                       struct payload *payload);

/* The primary of the view that it asks for, with q VIEW-CHANGEs for it: the NEW-VIEW, broadcast. The caller holds the
 * reference that comes back; NULL while it is not time (R14). */
struct payload *change_view_make_new_view(const struct step *step);

/* Becomes active in the view of this valid NEW-VIEW, whose message carried `payload`. Contents that O names and that
 * are not here are asked for (R20). */
void change_view_enter(const struct step *step, struct payload *payload);

/* Sends this replica's VIEW-CHANGE (to all), or this view's NEW-VIEW (to one), once more (R25). The NEW-VIEW goes to
 * one peer at most once for each interval, whoever asks, and the intervals double (R34). Returns false while it is too
 * early. */
void change_view_resend(const struct step *step, uint16_t attempt);
bool change_view_resend_new_view(const struct step *step, node_id to, uint16_t attempt);

#endif
