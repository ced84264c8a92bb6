/* What a replica does with each type of message: one file a type, `on_TYPE.c`. Each validates, changes the state, and
 * puts out what follows; returns why the message was not acted on, or REJECT_NONE. The sender is event->from, a replica
 * (for REQUEST: any node), and message->sender agrees with it (R7). */
#ifndef PBFT_CORE_HANDLERS_H
#define PBFT_CORE_HANDLERS_H

#include "core/replica_internal.h"

enum reject on_request(const struct step *step);
enum reject on_pre_prepare(const struct step *step);
enum reject on_prepare(const struct step *step);
enum reject on_commit(const struct step *step);
enum reject on_checkpoint(const struct step *step);
enum reject on_view_change(const struct step *step);
enum reject on_new_view(const struct step *step);
enum reject on_fetch(const struct step *step);
enum reject on_batch(const struct step *step);
enum reject on_decision(const struct step *step);
enum reject on_state(const struct step *step);

#endif
