#include "net/event_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/event_sort.h"
#include "net/memory.h"

#define LEAST_BUCKETS 16u
#define MOST_BUCKETS 8192u /* their write positions still fit in the second-level cache */
#define BLOCK_BYTES (1u << 20)
#define CHUNK_BYTES (EVENT_CHUNK * sizeof(uint64_t))
#define KEY_NEVER UINT64_MAX
#define LOOK_AFTER_PUSHES 8192u

static unsigned bits_for(uint64_t value)
{
    return value == 0 ? 0 : 64u - (unsigned)__builtin_clzll(value);
}

/* --- memory ------------------------------------------------------------------------------------------------------ */

static bool reserve_keys(struct event_run *run, size_t count)
{
    if (count <= run->capacity) {
        return true;
    }
    size_t capacity = (size_t)1 << bits_for(count | 63);
    uint64_t *keys = realloc(run->keys, capacity * sizeof *keys);
    if (keys == NULL) {
        return false;
    }
    run->keys = keys;
    run->capacity = capacity;
    return true;
}

static bool add_block(struct event_queue *queue)
{
    void **blocks = realloc(queue->blocks, (queue->block_count + 1) * sizeof *blocks);
    if (blocks == NULL) {
        return false;
    }
    queue->blocks = blocks;
    uint64_t *block = aligned_alloc(CHUNK_BYTES, BLOCK_BYTES);
    if (block == NULL) {
        return false;
    }
    queue->blocks[queue->block_count++] = block;
    queue->fresh_chunk = block;
    queue->fresh_end = block + BLOCK_BYTES / sizeof *block;
    return true;
}

uint64_t *event_queue_add_chunk(struct event_queue *queue, uint64_t bucket)
{
    uint64_t *chunk = queue->free_chunk;
    if (chunk != NULL) {
        memcpy(&queue->free_chunk, chunk, sizeof queue->free_chunk);
    } else {
        if (queue->fresh_chunk == queue->fresh_end && !add_block(queue)) {
            queue->failed = true;
            return NULL;
        }
        chunk = queue->fresh_chunk;
        queue->fresh_chunk += EVENT_CHUNK;
    }
    uint64_t index = bucket & (queue->bucket_count - 1);
    memcpy(chunk, &queue->buckets[index], sizeof *chunk);
    queue->occupied[index / 64] |= UINT64_C(1) << index % 64;
    return chunk + 1;
}

/* The chunk that holds the key before `end`. */
static uint64_t *chunk_before(uint64_t *end)
{
    return end - 1 - (uintptr_t)(end - 1) % CHUNK_BYTES / sizeof *end;
}

/* Fills `run` with the keys of the bucket that ends at `end`, in the order in which they came, and gives its chunks,
 * which are linked backwards, free. */
static bool take_keys(struct event_queue *queue, uint64_t *end, struct event_run *run)
{
    size_t count = 0;
    for (uint64_t *at = end; at != NULL; memcpy(&at, chunk_before(at), sizeof at)) {
        count += (size_t)(at - chunk_before(at) - 1);
    }
    run->next = 0;
    run->count = 0;
    if (!reserve_keys(run, count + 1)) {
        return false;
    }
    run->count = count;
    uint64_t *to = run->keys + count;
    while (end != NULL) {
        uint64_t *chunk = chunk_before(end);
        size_t keys = (size_t)(end - chunk - 1);
        to -= keys;
        memcpy(to, chunk + 1, keys * sizeof *to);
        memcpy(&end, chunk, sizeof end);
        memcpy(chunk, &queue->free_chunk, sizeof *chunk);
        queue->free_chunk = chunk;
    }
    queue->in_calendar -= count;
    return true;
}

/* --- order ------------------------------------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b, void *context)
{
    const struct event_queue *queue = context;
    return queue->heap.compare(queue->heap.context, event_slot(*(const uint64_t *)a), event_slot(*(const uint64_t *)b));
}

/* Puts keys[start .. end), which agree in all but the slot, into the order of their messages. As a rule they are: the
 * sort is stable, and sources send in their own order. */
static void order_messages(struct event_queue *queue, uint64_t *keys, size_t start, size_t end)
{
    for (size_t i = start + 1; i < end; i++) {
        if (compare_keys(&keys[i - 1], &keys[i], queue) > 0) {
            qsort_r(keys + start, end - start, sizeof *keys, compare_keys, queue);
            return;
        }
    }
}

/* Sorts `from` into `to`. `from` is left empty. */
static bool sort_run(struct event_queue *queue, struct event_run *from, struct event_run *to)
{
    size_t count = from->count;
    to->next = 0;
    to->count = 0;
    if (!reserve_keys(to, count + 1)) {
        return false;
    }
    event_sort(from->keys, to->keys, count, EVENT_SLOT_BITS);
    to->keys[count] = KEY_NEVER;
    to->count = count;
    from->count = 0;
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && event_same_place(to->keys[start], to->keys[end]); end++) {
        }
        if (end - start > 1) {
            order_messages(queue, to->keys, start, end);
        }
    }
    return true;
}

/* --- what the calendar does not take ----------------------------------------------------------------------------- */

/* The heap's first as a key of the open bucket. */
static void refresh_heap_key(struct event_queue *queue)
{
    queue->heap_key = KEY_NEVER;
    if (queue->heap.count > 0) {
        uint64_t offset = queue->heap.entries[0].time_ns - queue->base_ns;
        if (offset >> queue->width_bits == 0) {
            queue->heap_key = offset << queue->time_shift | queue->heap.entries[0].low;
        }
    }
}

void event_queue_push_elsewhere(struct event_queue *queue, uint64_t time_ns, uint64_t low)
{
    assert(time_ns >= queue->now_ns && time_ns < TIME_NEVER_NS);
    assert(time_ns >= queue->base_ns); /* else the open bucket would hide it: see event_queue_time_until() */
    queue->pushes++;
    if (time_ns == queue->now_ns) {
        if (!reserve_keys(&queue->later, queue->later.count + 1)) {
            queue->failed = true;
            return;
        }
        queue->later.keys[queue->later.count++] = low;
        return;
    }
    if (time_ns >> queue->width_bits < queue->first_bucket) {
        queue->near_pushes++;
    } else {
        queue->far_pushes++;
    }
    if (!event_heap_push(&queue->heap, (struct event_heap_entry){time_ns, low})) {
        queue->failed = true;
    }
    refresh_heap_key(queue);
}

/* --- the calendar's shape ---------------------------------------------------------------------------------------- */

/* The number of buckets for so many deliveries: some hundreds each, which sort in the first-level cache; more where the
 * widest buckets would not span the horizon. */
static uint64_t buckets_for(const struct event_queue *queue, uint64_t pending, uint64_t horizon_ns)
{
    uint64_t count = UINT64_C(1) << bits_for(pending / 256);
    while (count < MOST_BUCKETS && (count < LEAST_BUCKETS || horizon_ns / count >> queue->most_width_bits > 0)) {
        count *= 2;
    }
    return count > MOST_BUCKETS ? MOST_BUCKETS : count;
}

/* The width with which `bucket_count` buckets span the horizon, as far as a key has room for it. */
static void set_width(struct event_queue *queue)
{
    unsigned bits = bits_for(queue->horizon_ns / queue->bucket_count);
    queue->width_bits = bits > queue->most_width_bits ? queue->most_width_bits : bits;
    queue->first_bucket = queue->now_ns >> queue->width_bits;
    queue->base_ns = queue->first_bucket << queue->width_bits;
}

static void push_again(struct event_queue *queue, uint64_t time_ns, uint64_t low)
{
    struct arrival arrival = {
        .time_ns = time_ns,
        .slot = event_slot(low),
        .processed = low >> EVENT_SLOT_BITS & 1,
        .destination = (node_id)(low >> (EVENT_SLOT_BITS + 1)),
    };
    event_queue_push(queue, &arrival);
}

/* Builds the calendar anew. Called when no bucket is open and the instant is over. */
static void rebuild(struct event_queue *queue, uint64_t bucket_count, uint64_t horizon_ns)
{
    uint64_t old_count = queue->bucket_count;
    uint64_t old_first = queue->first_bucket;
    unsigned old_width = queue->width_bits;
    uint64_t *ends[MOST_BUCKETS];
    struct event_heap heap = queue->heap;

    memcpy(ends, queue->buckets, old_count * sizeof ends[0]);
    memset(queue->buckets, 0, old_count * sizeof ends[0]);
    memset(queue->occupied, 0, MOST_BUCKETS / 8);
    queue->heap = (struct event_heap){.compare = heap.compare, .context = heap.context};
    queue->bucket_count = bucket_count;
    queue->horizon_ns = horizon_ns;
    set_width(queue);
    for (uint64_t bucket = old_first; bucket < old_first + old_count; bucket++) {
        if (!take_keys(queue, ends[bucket & (old_count - 1)], &queue->scratch)) {
            queue->failed = true;
        }
        for (size_t i = 0; i < queue->scratch.count; i++) {
            uint64_t key = queue->scratch.keys[i];
            push_again(queue, (bucket << old_width) + (key >> queue->time_shift), key & queue->low_mask);
        }
    }
    for (size_t i = 0; i < heap.count; i++) {
        push_again(queue, heap.entries[i].time_ns, heap.entries[i].low);
    }
    free(heap.entries);
    refresh_heap_key(queue);
}

/* Sees to it that buckets hold neither too much nor too little, and that few deliveries need the heap. Looks once in a
 * while only, so that rebuilding costs each delivery a constant. Returns whether it has built the calendar anew; no
 * bucket is open then. */
static bool look_at_shape(struct event_queue *queue)
{
    uint64_t pending = queue->in_calendar + queue->heap.count;
    if (queue->pushes < LOOK_AFTER_PUSHES || queue->pushes < 2 * pending) {
        return false;
    }
    uint64_t horizon_ns = queue->horizon_ns;
    uint64_t reach_ns = 2 * event_heap_reach(&queue->heap, queue->now_ns);
    if (queue->far_pushes > queue->pushes / 8 && horizon_ns < TIME_NEVER_NS / 8) {
        horizon_ns = reach_ns > 4 * horizon_ns ? reach_ns : 4 * horizon_ns;
    } else if (queue->near_pushes > queue->pushes / 4) {
        horizon_ns = reach_ns < horizon_ns / 4 ? reach_ns : horizon_ns / 4;
    }
    uint64_t bucket_count = buckets_for(queue, pending, horizon_ns);
    bool much = bucket_count >= 4 * queue->bucket_count || 4 * bucket_count <= queue->bucket_count;
    bool anew = much || horizon_ns != queue->horizon_ns;
    if (anew) {
        rebuild(queue, bucket_count, horizon_ns);
    }
    queue->pushes = 0;
    queue->near_pushes = 0;
    queue->far_pushes = 0;
    return anew;
}

/* --- the queue --------------------------------------------------------------------------------------------------- */

bool event_queue_create(struct event_queue *queue, uint32_t destinations, uint64_t horizon_ns, event_compare *compare,
                        const void *context)
{
    *queue = (struct event_queue){
        /* one bit more than needed, so that no key reads as KEY_NEVER */
        .time_shift = EVENT_SLOT_BITS + 1 + bits_for(destinations),
        .horizon_ns = horizon_ns,
        .buckets = memory_lines(MOST_BUCKETS, sizeof *queue->buckets),
        .occupied = calloc(MOST_BUCKETS / 64, sizeof *queue->occupied),
        .heap_key = KEY_NEVER,
        .heap = {.compare = compare, .context = context},
    };
    queue->low_mask = (UINT64_C(1) << queue->time_shift) - 1;
    queue->most_width_bits = 64 - queue->time_shift;
    queue->bucket_count = buckets_for(queue, 0, horizon_ns);
    set_width(queue);
    if (queue->buckets == NULL || queue->occupied == NULL || !reserve_keys(&queue->open, 1)) {
        return false;
    }
    queue->open.keys[0] = KEY_NEVER;
    return true;
}

void event_queue_destroy(struct event_queue *queue)
{
    for (size_t i = 0; i < queue->block_count; i++) {
        free(queue->blocks[i]);
    }
    free(queue->blocks);
    free(queue->buckets);
    free(queue->occupied);
    free(queue->heap.entries);
    free(queue->open.keys);
    free(queue->round.keys);
    free(queue->later.keys);
    free(queue->scratch.keys);
}

/* The first bucket of the calendar that holds anything, or UINT64_MAX. */
static uint64_t next_occupied(const struct event_queue *queue)
{
    if (queue->in_calendar == 0) {
        return UINT64_MAX;
    }
    uint64_t mask = queue->bucket_count - 1;
    uint64_t bucket = queue->first_bucket;
    uint64_t word = 0;
    for (;;) {
        uint64_t index = bucket & mask;
        word = queue->occupied[index / 64] >> index % 64;
        if (word != 0) {
            return bucket + (uint64_t)__builtin_ctzll(word);
        }
        uint64_t step = 64 - index % 64;
        bucket += step < mask + 1 - index ? step : mask + 1 - index;
        assert(bucket - queue->first_bucket <= queue->bucket_count + 64);
    }
}

/* Makes `bucket` the open one. Nothing is pending before it. */
static void open_bucket(struct event_queue *queue, uint64_t bucket)
{
    queue->first_bucket = bucket + 1;
    queue->base_ns = bucket << queue->width_bits;
    uint64_t index = bucket & (queue->bucket_count - 1);
    uint64_t *end = queue->buckets[index];
    if (end != NULL) {
        queue->buckets[index] = NULL;
        queue->occupied[index / 64] &= ~(UINT64_C(1) << index % 64);
        if (!take_keys(queue, end, &queue->scratch) || !sort_run(queue, &queue->scratch, &queue->open)) {
            queue->failed = true;
        }
    }
    refresh_heap_key(queue);
}

/* The first bucket, behind the open one, in which anything happens; UINT64_MAX if there is none. */
static uint64_t next_bucket(const struct event_queue *queue)
{
    uint64_t bucket = next_occupied(queue);
    if (queue->heap.count > 0 && queue->heap.entries[0].time_ns >> queue->width_bits < bucket) {
        bucket = queue->heap.entries[0].time_ns >> queue->width_bits;
    }
    return bucket;
}

/* Whether the open bucket, fed through the heap alone, was so wide that the calendar has been built anew; without this
 * a bucket that never ends would stay open. */
static bool bucket_is_too_wide(struct event_queue *queue, uint64_t next_ns)
{
    return queue->near_pushes >= LOOK_AFTER_PUSHES && queue->open.next == queue->open.count &&
           next_ns > queue->now_ns && look_at_shape(queue);
}

uint64_t event_queue_time_until(struct event_queue *queue, uint64_t limit_ns)
{
    if (queue->round.next < queue->round.count) {
        return queue->now_ns;
    }
    while (!queue->failed) {
        uint64_t key = queue->open.keys[queue->open.next];
        key = queue->heap_key < key ? queue->heap_key : key;
        uint64_t time_ns = key == KEY_NEVER ? TIME_NEVER_NS : queue->base_ns + (key >> queue->time_shift);
        if (queue->later.count > 0 && time_ns > queue->now_ns) {
            queue->failed = !sort_run(queue, &queue->later, &queue->round);
            return queue->failed ? TIME_NEVER_NS : queue->now_ns;
        }
        if (key != KEY_NEVER && !bucket_is_too_wide(queue, time_ns)) {
            return time_ns;
        }
        look_at_shape(queue);
        uint64_t bucket = next_bucket(queue);
        if (bucket == UINT64_MAX) {
            return TIME_NEVER_NS;
        }
        if (bucket << queue->width_bits > limit_ns) {
            return bucket << queue->width_bits;
        }
        open_bucket(queue, bucket);
    }
    return TIME_NEVER_NS;
}

uint64_t event_queue_time(struct event_queue *queue)
{
    return event_queue_time_until(queue, TIME_NEVER_NS);
}

/* Takes the lesser of the open bucket's and the heap's first keys. */
static uint64_t take_key(struct event_queue *queue)
{
    uint64_t key = queue->open.keys[queue->open.next];
    bool from_heap = queue->heap_key < key;
    if (queue->heap_key != KEY_NEVER && event_same_place(key, queue->heap_key)) {
        from_heap = queue->heap.compare(queue->heap.context, event_slot(queue->heap_key), event_slot(key)) < 0;
    }
    if (from_heap) {
        key = queue->heap_key;
        event_heap_pop(&queue->heap);
        refresh_heap_key(queue);
    } else {
        queue->open.next++;
    }
    assert(key != KEY_NEVER);
    return key;
}

struct arrival event_queue_pop(struct event_queue *queue)
{
    uint64_t key;
    if (queue->round.next < queue->round.count) {
        key = queue->round.keys[queue->round.next++];
    } else {
        key = take_key(queue);
        uint64_t time_ns = queue->base_ns + (key >> queue->time_shift);
        assert(time_ns >= queue->now_ns);
        queue->now_ns = time_ns;
        key &= queue->low_mask;
    }
    return (struct arrival){
        .time_ns = queue->now_ns,
        .slot = event_slot(key),
        .processed = key >> EVENT_SLOT_BITS & 1,
        .destination = (node_id)(key >> (EVENT_SLOT_BITS + 1)),
    };
}

void event_queue_advance(struct event_queue *queue, uint64_t now_ns)
{
    assert(now_ns >= queue->now_ns);
    assert(now_ns == queue->now_ns || (queue->round.next == queue->round.count && queue->later.count == 0));
    queue->now_ns = now_ns;
    /* Otherwise a calendar that time has left behind would take nothing more. */
    if (now_ns >> queue->width_bits >= queue->first_bucket) {
        open_bucket(queue, now_ns >> queue->width_bits);
    }
}
