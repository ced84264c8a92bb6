#include "core/early.h"

#include <stdlib.h>
#include <string.h>

#define EARLY_MESSAGES 16384u /* in all, shared out evenly */
#define EARLY_LEAST 16u       /* of one sender, however many there are */

bool early_create(struct early *early, uint32_t replicas, uint32_t window)
{
    uint32_t share = EARLY_MESSAGES / replicas;
    share = share > 4 * window ? 4 * window : share;
    share = share < EARLY_LEAST ? EARLY_LEAST : share;
    *early = (struct early){.replicas = replicas, .share = share};
    early->kept = calloc(replicas, sizeof *early->kept);
    early->messages = malloc((size_t)replicas * share * sizeof *early->messages);
    return early->kept != NULL && early->messages != NULL;
}

static void drop(struct early *early, uint32_t index)
{
    early->kept[early->messages[index].from]--;
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
    free(early->messages);
    memset(early, 0, sizeof *early);
}

bool early_keep(struct early *early, const struct message *message, node_id from)
{
    if (early->kept[from] == early->share) {
        return false;
    }
    if (message->payload != NULL) {
        payload_hold(message->payload);
    }
    early->kept[from]++;
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
            early->kept[next->from]--;
            return true;
        }
        if (next->message.view < view) {
            drop(early, *cursor - 1);
        }
    }
    close_gaps(early, view);
    return false;
}
