/* `bench ring`: the rings that the product uses (net/ring.h), entry by entry and in batches, between two pinned threads
 * and within one. Every handover is checked: what comes out must add up to what went in. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/clock.h"
#include "net/memory.h"
#include "net/park.h"
#include "net/ring.h"
#include "runner/bench_parts.h"

#define SLOTS 4096u      /* as an inbox has */
#define BLOCK 1024u      /* entries that the bare loop hands over at once */
#define LOOK_AFTER 8192u /* entries between two looks at the clock */
#define LAST 0xff000000u /* flags that end a run */
#define SAMPLES 256u     /* different entries, made before: what is measured is their way, not their making */

/* Bare memory between two threads: two blocks, each full or empty. */
struct bare {
    void *blocks[2];
    _Alignas(CACHE_LINE) _Atomic uint64_t filled; /* blocks so far */
    _Alignas(CACHE_LINE) _Atomic uint64_t emptied;
    _Alignas(CACHE_LINE) _Atomic uint64_t ball; /* of the ping */
};

struct handover {
    bool two_cores, messages; /* else one, references */
    uint32_t batch;
    int cores[2];
    struct ring_spsc references;
    struct outbox_ring outbox;
    struct bare bare;
    struct message samples[SAMPLES + 1]; /* by number, then the last of a run */
    uint64_t until_ns;
    uint64_t sent, sum_sent, received, sum_received;
};

/* After a fruitless look: soon gives the core to somebody else, who may be the one that is waited for. */
static void wait_a_little(uint32_t *looks)
{
    if (++*looks % 512 == 0) {
        sched_yield();
    } else {
        ck_pr_stall();
    }
}

static struct ring_spsc *ring_of(struct handover *handover)
{
    return handover->messages ? &handover->outbox.ring : &handover->references;
}

/* The `number`-th of SAMPLES, or the one that ends the run. */
static inline void fill(struct handover *handover, uint32_t number)
{
    const struct message *message = &handover->samples[number];
    if (handover->messages) {
        outbox_fill_sp(&handover->outbox, message, 0);
    } else {
        inbox_fill_sp(&handover->references, (struct reference){.slot = (uint32_t)message->sequence, .from = 1});
    }
}

static inline uint32_t entry(const struct handover *handover, uint32_t offset)
{
    node_id author;
    return handover->messages ? (uint32_t)outbox_entry_sc(&handover->outbox, offset, &author)->sequence
                              : inbox_entry_sc(&handover->references, offset).slot;
}

/* One index store behind each batch. */
static void send_batch(struct handover *handover, bool last)
{
    struct ring_spsc *ring = ring_of(handover);
    uint32_t looks = 0;
    while (ring_room_sp(ring, handover->batch) < handover->batch) {
        wait_a_little(&looks);
    }
    for (uint32_t i = 0; i < handover->batch; i++) {
        const uint32_t number = (uint32_t)handover->sent++ % SAMPLES;
        handover->sum_sent += last ? 0 : number;
        fill(handover, last ? SAMPLES : number);
    }
    ring_publish_sp(ring);
}

/* Takes a batch; true if it was the last. */
static bool take_batch(struct handover *handover)
{
    struct ring_spsc *ring = ring_of(handover);
    uint32_t looks = 0, readable;
    while ((readable = ring_readable_sc(ring)) == 0) {
        wait_a_little(&looks);
    }
    const uint32_t count = readable < handover->batch ? readable : handover->batch;
    uint32_t flags = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t value = entry(handover, i);
        handover->sum_received += value & ~LAST;
        flags |= value;
    }
    handover->received += count;
    ring_release_sc(ring, count);
    return (flags & LAST) != 0;
}

static void *produce_ring(void *argument)
{
    struct handover *handover = argument;
    thread_prepare("producer", handover->cores[0]);
    do {
        for (uint32_t i = 0; i < LOOK_AFTER; i += handover->batch) {
            send_batch(handover, false);
        }
    } while (host_now_ns() < handover->until_ns);
    send_batch(handover, true);
    return NULL;
}

static void consume_ring(struct handover *handover)
{
    while (!take_batch(handover)) {
    }
}

/* --- the ceiling ------------------------------------------------------------------------------------------------- */

static void fill_block(struct handover *handover, void *block, bool last)
{
    struct message *messages = block;
    struct reference *references = block;
    for (uint32_t i = 0; i < BLOCK; i++) {
        const uint32_t number = (uint32_t)(handover->sent + i) % SAMPLES;
        const struct message *message = &handover->samples[last ? SAMPLES : number];
        handover->sum_sent += last ? 0 : number;
        if (handover->messages) {
            messages[i] = *message;
        } else {
            references[i] = (struct reference){.slot = (uint32_t)message->sequence, .from = 1};
        }
    }
    handover->sent += BLOCK;
}

static bool read_block(struct handover *handover, const void *block)
{
    const struct message *messages = block;
    const struct reference *references = block;
    uint32_t flags = 0;
    for (uint32_t i = 0; i < BLOCK; i++) {
        const uint32_t value = handover->messages ? (uint32_t)messages[i].sequence : references[i].slot;
        handover->sum_received += value & ~LAST;
        flags |= value;
    }
    handover->received += BLOCK;
    return (flags & LAST) != 0;
}

static void send_block(struct handover *handover, bool last)
{
    struct bare *bare = &handover->bare;
    const uint64_t filled = atomic_load_explicit(&bare->filled, memory_order_relaxed); /* our own */
    uint32_t looks = 0;
    /* acquire: the reader is done with the block before it is written again */
    while (filled - atomic_load_explicit(&bare->emptied, memory_order_acquire) == 2) {
        wait_a_little(&looks);
    }
    fill_block(handover, bare->blocks[filled % 2], last);
    /* release: contents before the count */
    atomic_store_explicit(&bare->filled, filled + 1, memory_order_release);
}

static bool take_block(struct handover *handover)
{
    struct bare *bare = &handover->bare;
    const uint64_t emptied = atomic_load_explicit(&bare->emptied, memory_order_relaxed); /* our own */
    uint32_t looks = 0;
    /* acquire: the count before the contents */
    while (atomic_load_explicit(&bare->filled, memory_order_acquire) == emptied) {
        wait_a_little(&looks);
    }
    const bool last = read_block(handover, bare->blocks[emptied % 2]);
    /* release: done reading before the block is given back */
    atomic_store_explicit(&bare->emptied, emptied + 1, memory_order_release);
    return last;
}

static void *produce_blocks(void *argument)
{
    struct handover *handover = argument;
    thread_prepare("producer", handover->cores[0]);
    do {
        for (uint32_t i = 0; i < LOOK_AFTER; i += BLOCK) {
            send_block(handover, false);
        }
    } while (host_now_ns() < handover->until_ns);
    send_block(handover, true);
    return NULL;
}

static void consume_blocks(struct handover *handover)
{
    while (!take_block(handover)) {
    }
}

/* The other side of the ping: answers every odd number with the next even one. */
static void *answer_ping(void *argument)
{
    struct handover *handover = argument;
    thread_prepare("pong", handover->cores[0]);
    for (uint64_t wanted = 1;; wanted += 2) {
        uint64_t ball;
        uint32_t looks = 0;
        /* acquire and release: as a handover would need them */
        while ((ball = atomic_load_explicit(&handover->bare.ball, memory_order_acquire)) < wanted) {
            wait_a_little(&looks);
        }
        if (ball == UINT64_MAX) {
            return NULL;
        }
        atomic_store_explicit(&handover->bare.ball, wanted + 1, memory_order_release);
    }
}

static void ping(struct handover *handover)
{
    _Atomic uint64_t *ball = &handover->bare.ball;
    uint64_t next = 1;
    do {
        for (uint32_t i = 0; i < 256; i++, next += 2) {
            uint32_t looks = 0;
            atomic_store_explicit(ball, next, memory_order_release);
            while (atomic_load_explicit(ball, memory_order_acquire) == next) {
                wait_a_little(&looks);
            }
        }
        handover->received = handover->sent = next / 2;
    } while (host_now_ns() < handover->until_ns);
    atomic_store_explicit(ball, UINT64_MAX, memory_order_release);
}

/* --- measuring --------------------------------------------------------------------------------------------------- */

static void begin(struct handover *handover, uint64_t time_ns)
{
    handover->sent = handover->sum_sent = handover->received = handover->sum_received = 0;
    atomic_store_explicit(&handover->bare.filled, 0, memory_order_relaxed); /* no other thread yet */
    atomic_store_explicit(&handover->bare.emptied, 0, memory_order_relaxed);
    atomic_store_explicit(&handover->bare.ball, 0, memory_order_relaxed);
    handover->until_ns = host_now_ns() + time_ns;
}

/* ns an entry between two threads; the consumer is this one. */
static double between_cores(struct handover *handover, uint64_t time_ns, void *(*produce)(void *),
                            void (*consume)(struct handover *))
{
    pthread_t producer;
    cpu_set_t before;
    begin(handover, time_ns);
    sched_getaffinity(0, sizeof before, &before);
    if (pthread_create(&producer, NULL, produce, handover) != 0) {
        abort(); /* a single thread */
    }
    thread_prepare("consumer", handover->cores[1]);
    const uint64_t start_ns = host_now_ns();
    consume(handover);
    const uint64_t wall_ns = host_now_ns() - start_ns;
    pthread_join(producer, NULL);
    thread_prepare("pbft", -1);
    sched_setaffinity(0, sizeof before, &before);
    assert(handover->received == handover->sent && handover->sum_received == handover->sum_sent);
    return (double)wall_ns / (double)handover->received;
}

/* ns an entry within this thread, of CPU time. */
static double on_one_core(struct handover *handover, uint64_t time_ns, bool blocks)
{
    struct stopwatch watch;
    stopwatch_reset(&watch);
    begin(handover, time_ns);
    stopwatch_start(&watch);
    do {
        for (uint32_t i = 0; i < LOOK_AFTER; i += blocks ? BLOCK : handover->batch) {
            if (blocks) {
                send_block(handover, false);
                take_block(handover);
            } else {
                send_batch(handover, false);
                take_batch(handover);
            }
        }
    } while (host_now_ns() < handover->until_ns);
    stopwatch_stop(&watch);
    assert(handover->received == handover->sent && handover->sum_received == handover->sum_sent);
    return (double)watch.total_ns / (double)handover->received;
}

static double ring_ns(void *context, uint64_t time_ns)
{
    struct handover *handover = context;
    return handover->two_cores ? between_cores(handover, time_ns, produce_ring, consume_ring)
                               : on_one_core(handover, time_ns, false);
}

static double bare_ns(void *context, uint64_t time_ns)
{
    struct handover *handover = context;
    return handover->two_cores ? between_cores(handover, time_ns, produce_blocks, consume_blocks)
                               : on_one_core(handover, time_ns, true);
}

static double ping_ns(void *context, uint64_t time_ns)
{
    return between_cores(context, time_ns, answer_ping, ping);
}

static struct bench_row row_of(const struct handover *handover, const char *quantity)
{
    _Static_assert(sizeof(struct message) == 64 && sizeof(struct reference) == 8, "as the rows say");
    struct bench_row row = {.part = "ring", .quantity = quantity, .unit = "ns", .sense = BENCH_COST};
    bench_case_number(&row.where, "cores", handover->two_cores ? 2 : 1);
    return row;
}

static void measure_entries(struct bench *bench, struct handover *handover)
{
    static const uint32_t batches[] = {1, 4, 16, 64};
    for (size_t i = 0; i < sizeof batches / sizeof *batches && !bench_was_interrupted(bench); i++) {
        handover->batch = batches[i];
        struct bench_row row = row_of(handover, "entry");
        bench_case_text(&row.where, "entry", handover->messages ? "message" : "reference");
        bench_case_number(&row.where, "bytes", handover->messages ? 64 : 8);
        bench_case_number(&row.where, "batch", handover->batch);
        bench_compare(bench, row, ring_ns, bare_ns, handover);
    }
}

static void measure_all(struct bench *bench, struct handover *handover)
{
    for (int two = bench->plan.cores > 1; two >= 0; two--) {
        handover->two_cores = two;
        for (int messages = 0; messages < 2; messages++) {
            handover->messages = messages;
            measure_entries(bench, handover);
        }
        if (two && !bench_was_interrupted(bench)) {
            bench_compare(bench, row_of(handover, "round trip of a cache line"), ping_ns, NULL, handover);
        }
    }
    if (bench->plan.cores < 2) {
        bench_rows_note(&bench->rows, "ring: one core only, so nothing was handed over between two");
    }
}

bool bench_ring(struct bench *bench, struct error *error)
{
    struct handover *handover = memory_lines(1, sizeof *handover);
    if (handover == NULL) {
        return error_set(error, "out of memory");
    }
    bool done = ring_init(&handover->references, SLOTS, sizeof(struct reference));
    done = outbox_ring_init(&handover->outbox, SLOTS, false, 0) && done;
    for (uint32_t i = 0; i <= SAMPLES; i++) {
        handover->samples[i] = (struct message){
            .type = MESSAGE_PREPARE, .sequence = i < SAMPLES ? i : LAST, .to = TO_ALL_REPLICAS};
    }
    for (int i = 0; i < 2; i++) {
        handover->bare.blocks[i] = memory_lines(BLOCK, sizeof(struct message));
        handover->cores[i] = thread_core((uint32_t)i);
        done = done && handover->bare.blocks[i] != NULL;
    }
    if (done) {
        measure_all(bench, handover);
    } else {
        error_set(error, "out of memory");
    }
    ring_destroy(&handover->references);
    outbox_ring_destroy(&handover->outbox);
    free(handover->bare.blocks[0]);
    free(handover->bare.blocks[1]);
    free(handover);
    return done;
}
