#include "core/handlers.h"
#include "core/stable.h"

enum reject on_checkpoint(const struct step *step)
{
    struct replica *replica = step->replica;
    const struct message *message = step->event->message;
    if (message->sequence <= replica->log.low) {
        return REJECT_OBSOLETE;
    }
    if (!log_contains(&replica->log, message->sequence) ||
        message->sequence % replica->config.checkpoint_interval != 0) {
        return REJECT_OUTSIDE_WINDOW;
    }
    return stable_count(step, message->sequence, message->digest, step->event->from, message->tag);
}
