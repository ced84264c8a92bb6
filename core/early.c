#include "core/early.h"

#include <stdlib.h>
#include <string.h>

#define EARLY_MESSAGES 16384u   /* in all, shared out evenly */
#define EARLY_LEAST 16u         /* of one sender, however many there are */
#define EARLY_BYTES (64u << 20) /* of contents in all, shared out evenly */
#define EARLY_LEAST_BYTES (256u << 10)

bool early_create(struct early *early, uint32_t replicas, uint32_t window)
{
    uint32_t share = EARLY_MESSAGES / replicas;
    share = share > 4 * window ? 4 * window : share;
    share = share < EARLY_LEAST ? EARLY_LEAST : share;
    uint32_t share_bytes = EARLY_BYTES / replicas;
    share_bytes = share_bytes < EARLY_LEAST_BYTES ? EARLY_LEAST_BYTES : share_bytes;
    *early = (struct early){.replicas = replicas, .share = share, .share_bytes = share_bytes};
    early->kept = calloc(replicas, sizeof *early->kept);
    early->bytes = calloc(replicas, sizeof *early->bytes);
    early->messages = malloc((size_t)replicas * share * sizeof *early->messages);
    return early->kept != NULL && early->bytes != NULL && early->messages != NULL;
}

static void give_back(struct early *early, const struct early_message *message)
{
    early->kept[message->from]--;
    early->bytes[message->from] -= payload_travels(message->message.payload);
}

static void drop(struct early *early, uint32_t index)
{
    give_back(early, &early->messages[index]);
    if (early->messages[index].message.payload != NULL) {
        payload_drop(early->messages[index].message.payload);
    }
}

void early_destroy(struct early *early)
{
    for (uint32_t index = 0; index < early->count; index++) {
        drop(early, index);
    }
    free(early->kept);
    free(early->bytes);
    free(early->messages);
    memset(early, 0, sizeof *early);
}

bool early_keep(struct early *early, const struct message *message, node_id from)
{
    if (early->kept[from] == early->share) {
        return false;
    }
    const uint64_t bytes = payload_travels(message->payload);
    if (early->bytes[from] > 0 && early->bytes[from] + bytes > early->share_bytes) {
        return false;
    }
    if (message->payload != NULL) {
        payload_hold(message->payload);
    }
    early->kept[from]++;
    early->bytes[from] += bytes;
    early->messages[early->count++] = (struct early_message){*message, from};
    early->peak = early->count > early->peak ? early->count : early->peak;
    return true;
}

/* Those of later views move up, in their order. */
static void close_gaps(struct early *early, view_number view)
{
    uint32_t left = 0;
    for (uint32_t index = 0; index < early->count; index++) {
        if (early->messages[index].message.view > view) {
            early->messages[left++] = early->messages[index];
        }
    }
    early->count = left;
}

bool early_take(struct early *early, view_number view, uint32_t *cursor, struct early_message *taken)
{
    while (*cursor < early->count) {
        const struct early_message *next = &early->messages[(*cursor)++];
        if (next->message.view == view) {
            *taken = *next;
            give_back(early, next);
            return true;
        }
        if (next->message.view < view) {
            drop(early, *cursor - 1);
        }
    }
    close_gaps(early, view);
    return false;
}
