/* Two misbehaviours as a shared object, to begin your own with.
 *
 *     cc -std=c11 -O2 -shared -fPIC -I faults docs/plugin/example.c -o example.so
 *     pbft run --clock virtual --behavior-plugin ./example.so --behavior late-commit --byzantine 1 --requests 20
 */
#include "pbft_behavior.h"

/* ---- late-commit: keeps every COMMIT for half of the view timeout ---- */

#define HELD_MOST 256

struct late {
    struct pbft_message held[HELD_MOST]; /* a COMMIT has no contents: a copy of the message is all of it */
    uint64_t due_ns[HELD_MOST];
    size_t first, count; /* in the order of their times: each is kept equally long */
};

static void late_outgoing(struct pbft_host *host, void *state, const struct pbft_message *message)
{
    struct late *late = state;
    if (message->type != PBFT_COMMIT || late->count == HELD_MOST) {
        host->send(host, message);
        return;
    }
    size_t last = (late->first + late->count++) % HELD_MOST;
    late->held[last] = *message;
    late->due_ns[last] = host->now_ns + host->view_timeout_ns / 2;
    host->fired(host);
}

static uint64_t late_deadline(const struct pbft_host *host, const void *state)
{
    const struct late *late = state;
    (void)host;
    return late->count == 0 ? PBFT_NEVER : late->due_ns[late->first];
}

static void late_timer(struct pbft_host *host, void *state)
{
    struct late *late = state;
    while (late->count > 0 && late->due_ns[late->first] <= host->now_ns) {
        host->send(host, &late->held[late->first]);
        late->first = (late->first + 1) % HELD_MOST;
        late->count--;
    }
}

/* ---- two-faced: another digest in its PREPARE to every second replica, and deaf to checkpoints ---- */

static void two_faced_outgoing(struct pbft_host *host, void *state, const struct pbft_message *message)
{
    (void)state;
    if (message->type != PBFT_PREPARE || message->to != PBFT_TO_ALL) {
        host->send(host, message);
        return;
    }
    for (uint32_t to = 0; to < host->replicas; to++) {
        struct pbft_message copy = *message;
        copy.to = to;
        if (to % 2 == 0) {
            copy.digest[0] = host->draw(host, message->view, message->sequence, 0);
            host->fired(host);
        }
        if (to != host->id) {
            host->send(host, &copy);
        }
    }
}

static bool two_faced_incoming(struct pbft_host *host, void *state, const struct pbft_message *message)
{
    (void)host;
    (void)state;
    return message->type != PBFT_CHECKPOINT;
}

/* ---- what the program looks for ---- */

static const struct pbft_behavior behaviors[] = {
    {
        .name = "late-commit",
        .summary = "keeps every COMMIT for half of the view timeout",
        .state_size = sizeof(struct late),
        .outgoing = late_outgoing,
        .deadline = late_deadline,
        .timer = late_timer,
    },
    {
        .name = "two-faced",
        .summary = "a wrong digest in its PREPARE to every second replica; hears no CHECKPOINT",
        .incoming = two_faced_incoming,
        .outgoing = two_faced_outgoing,
    },
    {.name = NULL},
};

const struct pbft_behavior_plugin pbft_behavior_plugin = {
    .version = PBFT_BEHAVIOR_VERSION,
    .behaviors = behaviors,
};
