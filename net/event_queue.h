/* The deliveries under way in the virtual driver, in order of (time, destination, message). 8 bytes each, so that 10^8
 * of them fit in memory. One thread.
 *
 * A calendar: time is cut into buckets, a delivery is appended to the bucket that its time falls into, and a bucket is
 * sorted when its time has come. What falls into the bucket that is open already, or lies beyond the calendar, waits in
 * a binary heap. The number of buckets follows the number of deliveries, their width follows how far ahead they lie;
 * neither changes the order.
 *
 * What is pushed for the current instant is delivered in rounds: all that was pending for the instant before it began,
 * then, sorted, all that those steps pushed for the same instant, and so on. Nobody starves when nothing takes time. */
#ifndef PBFT_NET_EVENT_QUEUE_H
#define PBFT_NET_EVENT_QUEUE_H

#include "net/event_heap.h"

#define EVENT_CHUNK 64 /* 8-byte words of a chunk of a bucket, the first of which links to the chunk before */

/* A delivery that is due: `slot` names its message. `processed` is the caller's, and comes back. */
struct arrival {
    uint64_t time_ns;
    uint32_t slot;
    node_id destination;
    bool processed;
};

/* Sorted keys that are being handed out. */
struct event_run {
    uint64_t *keys; /* ends with UINT64_MAX */
    size_t next, count, capacity;
};

struct event_queue {
    /* key = time within the bucket << time_shift | destination << .. | processed << .. | slot */
    unsigned time_shift, width_bits, most_width_bits;
    uint64_t low_mask; /* of a key without its time */
    uint64_t now_ns;
    uint64_t base_ns;       /* time of the open bucket's start */
    struct event_run open;  /* the open bucket, sorted */
    uint64_t heap_key;      /* the heap's first as a key of the open bucket, or UINT64_MAX if it lies behind it */
    struct event_run round; /* of the instant: sorted, being handed out */
    struct event_run later; /* of the instant: for the next round */

    uint64_t first_bucket; /* the calendar holds buckets first_bucket .. first_bucket + bucket_count - 1 */
    uint64_t bucket_count; /* a power of two */
    uint64_t horizon_ns;   /* what the calendar is to span */
    uint64_t **buckets;    /* where the next key goes; NULL = empty */
    uint64_t *occupied;    /* a bit for each bucket */
    uint64_t in_calendar;
    struct event_heap heap;

    void **blocks; /* memory of chunks */
    size_t block_count;
    uint64_t *free_chunk;              /* a list through the first words */
    uint64_t *fresh_chunk, *fresh_end; /* never used yet */

    struct event_run scratch;
    uint64_t pushes, near_pushes, far_pushes; /* since the shape of the calendar was last looked at */
    bool failed; /* memory was lacking: the queue has lost deliveries, and the run must end */
};

/* For destinations below `destinations`, slots below EVENT_MOST_SLOTS, and delays that mostly stay below `horizon_ns`
 * (a hint). `compare` is asked about deliveries that are pending. False if memory is lacking. Release with
 * event_queue_destroy(), also then. Later lack of memory sets `failed`, and the queue reads as empty. */
bool event_queue_create(struct event_queue *queue, uint32_t destinations, uint64_t horizon_ns, event_compare *compare,
                        const void *context);
void event_queue_destroy(struct event_queue *queue);

/* The time of the earliest delivery, or TIME_NEVER_NS. From here on nothing may be pushed for an earlier time. */
uint64_t event_queue_time(struct event_queue *queue);
/* The same if that is at or before `limit_ns`; otherwise some time after the limit, and at or before the earliest
 * delivery: what is pushed for a time from the limit on still finds its place. */
uint64_t event_queue_time_until(struct event_queue *queue, uint64_t limit_ns);
/* Takes out the earliest delivery, of which event_queue_time() has told; its time becomes the current instant. */
struct arrival event_queue_pop(struct event_queue *queue);
/* Makes `now_ns` the current instant: not before the last one, and nothing may be pending before it. */
void event_queue_advance(struct event_queue *queue, uint64_t now_ns);
/* A delivery that comes soon, for prefetching; its time is not told. False if it is not known. */
static inline bool event_queue_upcoming(const struct event_queue *queue, size_t distance, struct arrival *arrival)
{
    const struct event_run *run = queue->round.next < queue->round.count ? &queue->round : &queue->open;
    if (run->next + distance >= run->count) {
        return false;
    }
    uint64_t key = run->keys[run->next + distance];
    arrival->slot = event_slot(key);
    arrival->destination = (node_id)((key & queue->low_mask) >> (EVENT_SLOT_BITS + 1));
    return true;
}

/* For event_queue_peek(): deliveries of the open bucket up to and including `limit_ns` and before all that the queue
 * keeps elsewhere lie below the key that is returned. It stands until something is pushed. 0: none. */
static inline uint64_t event_queue_keys_until(const struct event_queue *queue, uint64_t limit_ns)
{
    if (queue->round.next < queue->round.count || queue->later.count > 0 || limit_ns < queue->base_ns) {
        return 0;
    }
    const uint64_t span = limit_ns - queue->base_ns;
    const uint64_t end = (span + 1) >> queue->width_bits != 0 ? UINT64_MAX : (span + 1) << queue->time_shift;
    const uint64_t heap = queue->heap_key >> EVENT_SLOT_BITS << EVENT_SLOT_BITS;
    return end < heap ? end : heap;
}

/* The next delivery if its key lies below `end`, without taking it out. */
static inline bool event_queue_peek(const struct event_queue *queue, uint64_t end, struct arrival *arrival)
{
    const uint64_t key = queue->open.keys[queue->open.next];
    if (key >= end) {
        return false;
    }
    arrival->time_ns = queue->base_ns + (key >> queue->time_shift);
    arrival->slot = event_slot(key);
    arrival->destination = (node_id)((key & queue->low_mask) >> (EVENT_SLOT_BITS + 1));
    arrival->processed = key >> EVENT_SLOT_BITS & 1;
    return true;
}

/* Takes out the delivery that event_queue_peek() has just told. */
static inline void event_queue_take(struct event_queue *queue, const struct arrival *arrival)
{
    queue->open.next++;
    queue->now_ns = arrival->time_ns;
}

/* The ways of a push that are not the common one. */
void event_queue_push_elsewhere(struct event_queue *queue, uint64_t time_ns, uint64_t low);
uint64_t *event_queue_add_chunk(struct event_queue *queue, uint64_t bucket);

/* Adds a delivery, not before the current instant. */
static inline void event_queue_push(struct event_queue *queue, const struct arrival *arrival)
{
    uint64_t low = ((uint64_t)arrival->destination << 1 | arrival->processed) << EVENT_SLOT_BITS | arrival->slot;
    uint64_t bucket = arrival->time_ns >> queue->width_bits;
    if (arrival->time_ns == queue->now_ns || bucket - queue->first_bucket >= queue->bucket_count) {
        event_queue_push_elsewhere(queue, arrival->time_ns, low);
        return;
    }
    uint64_t *end = queue->buckets[bucket & (queue->bucket_count - 1)];
    if ((uintptr_t)end % (EVENT_CHUNK * sizeof *end) == 0) {
        end = event_queue_add_chunk(queue, bucket);
        if (end == NULL) {
            return;
        }
    }
    *end = (arrival->time_ns - (bucket << queue->width_bits)) << queue->time_shift | low;
    queue->buckets[bucket & (queue->bucket_count - 1)] = end + 1;
    queue->in_calendar++;
    queue->pushes++;
}

#endif
