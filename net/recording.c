#include "net/recording.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/memory.h"
#include "net/slab.h"

#define HEAD_BYTES (RECORDING_BLOCK + RECORDING_CHECKSUM)
/* All blocks that are being filled take at most so much memory, unless there are too many streams for it. */
#define BLOCKS_BYTES (64u << 20)
#define BLOCK_MOST (32u << 10)
#define BLOCK_LEAST (2u << 10)

/* --- the file ---------------------------------------------------------------------------------------------------- */

/* Puts bytes at `offset`. The first failure is kept. */
static void write_at(struct recording *recording, const unsigned char *bytes, size_t size, uint64_t offset)
{
    while (size > 0) {
        const ssize_t written = pwrite(recording->file, bytes, size, (off_t)offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            int none = 0;
            /* relaxed: read when all threads are joined, or as a hint */
            atomic_compare_exchange_strong_explicit(&recording->failure, &none, written == 0 ? EIO : errno,
                                                    memory_order_relaxed, memory_order_relaxed);
            return;
        }
        bytes += written;
        size -= (size_t)written;
        offset += (uint64_t)written;
    }
}

static int failure_of(const struct recording *recording)
{
    /* relaxed: a hint while threads run, and they are joined when it must be right */
    return atomic_load_explicit(&recording->failure, memory_order_relaxed);
}

static bool told_failure(const struct recording *recording, struct error *error)
{
    const int failure = failure_of(recording);
    return failure == 0 || error_set(error, "the recording cannot be written: %s", strerror(failure));
}

/* Reserves `size` bytes at the end. relaxed: who reserves writes there alone, and nobody reads before the end. */
static uint64_t reserve(struct recording *recording, uint64_t size)
{
    return atomic_fetch_add_explicit(&recording->length, size, memory_order_relaxed);
}

bool recording_create(struct recording *recording, int file, const char *text, size_t size, struct error *error)
{
    assert(size <= RECORDING_TEXT_MOST);
    *recording = (struct recording){.file = file};
    const size_t whole = RECORDING_HEADER + size + RECORDING_CHECKSUM;
    unsigned char *bytes = malloc(whole);
    if (bytes == NULL) {
        return error_set(error, "not enough memory for the recording");
    }
    memcpy(bytes, recording_magic, RECORDING_MAGIC_BYTES);
    put_u32(bytes + 8, RECORDING_VERSION);
    put_u32(bytes + 12, (uint32_t)size);
    memcpy(bytes + RECORDING_HEADER, text, size);
    recording_checksum(NULL, 0, bytes, RECORDING_HEADER + size, NULL, 0, recording->key);
    memcpy(bytes + RECORDING_HEADER + size, recording->key, RECORDING_CHECKSUM);
    write_at(recording, bytes, whole, reserve(recording, whole));
    free(bytes);
    return told_failure(recording, error);
}

void recording_destroy(struct recording *recording)
{
    for (uint32_t i = 0; recording->streams != NULL && i < recording->stream_count; i++) {
        free(recording->streams[i].bytes);
    }
    free(recording->streams);
    recording->streams = NULL;
}

/* --- streams ----------------------------------------------------------------------------------------------------- */

/* Nothing is in it. */
static void empty_block(struct recording_stream *stream)
{
    stream->next = stream->bytes + HEAD_BYTES;
    stream->room = stream->size;
    stream->steps = 0;
    stream->last_length = 0;
}

bool recording_open(struct recording *recording, uint32_t count)
{
    assert(recording->streams == NULL && count > 0);
    recording->streams = memory_lines(count, sizeof *recording->streams);
    recording->stream_count = count;
    uint32_t size = BLOCKS_BYTES / count;
    size = size < BLOCK_LEAST ? BLOCK_LEAST : size;
    size = size > BLOCK_MOST ? BLOCK_MOST : size;
    for (uint32_t i = 0; recording->streams != NULL && i < count; i++) {
        struct recording_stream *stream = &recording->streams[i];
        stream->recording = recording;
        stream->index = i;
        stream->owner = NO_NODE;
        stream->size = size;
        stream->bytes = memory_untouched(HEAD_BYTES + size);
        if (stream->bytes == NULL) {
            return false;
        }
        empty_block(stream);
    }
    return recording->streams != NULL;
}

struct recording_stream *recording_stream(struct recording *recording, uint32_t index, node_id owner)
{
    assert(index < recording->stream_count);
    recording->streams[index].owner = owner;
    return &recording->streams[index];
}

static void write_block(struct recording_stream *stream)
{
    struct recording *recording = stream->recording;
    unsigned char *head = stream->bytes;
    const uint32_t size = stream->size - stream->room;
    memcpy(head, recording_block_magic, 4);
    put_u32(head + 4, stream->index);
    put_u32(head + 8, stream->number);
    put_u32(head + 12, stream->steps);
    put_u32(head + 16, size);
    put_u32(head + 20, stream->owner);
    put_u64(head + 24, stream->base_ns);
    const uint64_t offset = reserve(recording, HEAD_BYTES + size);
    recording_checksum(recording->key, offset, head, RECORDING_BLOCK, head + HEAD_BYTES, size, head + RECORDING_BLOCK);
    write_at(recording, head, HEAD_BYTES + size, offset);
    /* relaxed: read when all threads are joined */
    atomic_fetch_add_explicit(&recording->blocks, 1, memory_order_relaxed);
    stream->number++;
    stream->steps_before += stream->steps;
    empty_block(stream);
}

static void begin_block(struct recording_stream *stream, uint64_t now_ns)
{
    stream->base_ns = stream->now_ns = now_ns;
    memset(stream->expected, 0, sizeof stream->expected);
}

/* --- records ----------------------------------------------------------------------------------------------------- */

/* The block has so many steps and bytes more; the next record may need the room of another. */
static inline void end_record(struct recording_stream *stream, uint32_t steps, uint32_t bytes)
{
    stream->steps += steps;
    stream->next += bytes;
    stream->room -= bytes;
    if (stream->room < RECORDING_RECORD_MOST) {
        if (failure_of(stream->recording) == 0) {
            write_block(stream);
        } else {
            empty_block(stream); /* lost, like the recording */
        }
    }
}

/* Which: `from`, unless the head says it, and the first one's number. */
static unsigned char *put_messages(struct recording_stream *stream, unsigned char *next, node_id from, uint64_t number,
                                   uint32_t length)
{
    if (from >= HEAD_FROM_FOLLOWS) {
        next = put_varint(next, from);
    }
    uint64_t *expected = &stream->expected[from % RECORDING_SENDERS];
    next = put_varint(next, zigzag((int64_t)(number - *expected)));
    *expected = number + length;
    return next;
}

/* A step, or a run of them from it on. */
static void put_record(struct recording_stream *stream, node_id node, const struct event *event, uint64_t number,
                       uint32_t length)
{
    if (stream->steps == 0) {
        begin_block(stream, event->now_ns);
    }
    unsigned head = length > 1 ? HEAD_RUN : event->kind;
    unsigned char *next = stream->next + 1;
    if (event->now_ns != stream->now_ns) {
        head |= HEAD_TIME;
        next = put_varint(next, event->now_ns - stream->now_ns);
        stream->now_ns = event->now_ns;
    }
    if (stream->owner == NO_NODE) {
        next = put_varint(next, node);
    }
    if (event->kind == EVENT_MESSAGE) {
        head |= (event->from < HEAD_FROM_FOLLOWS ? event->from : HEAD_FROM_FOLLOWS) << HEAD_FROM_SHIFT;
        next = put_messages(stream, next, event->from, number, length);
    }
    if (length > 1) {
        *next++ = (unsigned char)length;
    }
    stream->last_node = node;
    stream->last_from = event->from;
    stream->last_length = event->kind == EVENT_MESSAGE ? (uint8_t)length : 0;
    stream->last_bytes = (uint8_t)(next - stream->next);
    stream->last_put_out = stream->put_out;
    if (stream->put_out) {
        head |= HEAD_OUTPUT;
        *next++ = output_check(&stream->digest);
        stream->put_out = false;
    }
    *stream->next = (unsigned char)head;
    end_record(stream, length, (uint32_t)(next - stream->next));
}

/* --- runs -------------------------------------------------------------------------------------------------------- */

/* How many of these deliveries can join the last record: 0 if they are not what comes next in its run. */
static uint32_t joining(const struct recording_stream *stream, node_id node, const struct event *event, uint64_t number,
                        uint32_t length)
{
    if (stream->last_length == 0 || event->from != stream->last_from || event->now_ns != stream->now_ns ||
        node != stream->last_node || stream->put_out != stream->last_put_out ||
        number != stream->expected[event->from % RECORDING_SENDERS]) {
        return 0;
    }
    const uint32_t room = RECORDING_RUN_MOST - stream->last_length;
    return length < room ? length : room;
}

/* So many deliveries more, from the sender's next message on, are of the last record. */
static void join(struct recording_stream *stream, uint32_t length)
{
    unsigned char *next = stream->next;
    unsigned char *behind = next - (stream->put_out ? stream->last_length : 0); /* its length; there are its checks */
    if (stream->last_length == 1) { /* no run yet: the length gets its place */
        behind[-stream->last_bytes] |= HEAD_RUN;
        *next++ = *behind++;
    }
    stream->last_length = (uint8_t)(stream->last_length + length);
    behind[-1] = stream->last_length;
    if (stream->put_out) {
        *next++ = output_check(&stream->digest);
        stream->put_out = false;
    }
    stream->expected[stream->last_from % RECORDING_SENDERS] += length;
    end_record(stream, length, (uint32_t)(next - stream->next));
}

/* One delivery, or several that put nothing out. */
static void note_messages(struct recording_stream *stream, node_id node, const struct event *event, uint64_t number,
                          uint32_t length)
{
    while (length > 0) {
        uint32_t taken = joining(stream, node, event, number, length);
        if (taken > 0) {
            join(stream, taken);
        } else {
            taken = length < RECORDING_RUN_MOST ? length : RECORDING_RUN_MOST;
            put_record(stream, node, event, number, taken);
        }
        number += taken;
        length -= taken;
    }
}

void recording_step(struct recording_stream *stream, node_id node, const struct event *event, uint64_t number)
{
    if (event->kind == EVENT_MESSAGE) {
        note_messages(stream, node, event, number, 1);
    } else {
        put_record(stream, node, event, number, 1);
    }
}

/* --- deliveries that put nothing out ----------------------------------------------------------------------------- */

static uint64_t word_of(struct reference reference)
{
    return (uint64_t)reference.from << 32 | reference.slot;
}

/* How many of these are of one sender and stand in one segment of the slab, each in the slot behind the last. */
static uint32_t in_a_row(const struct reference *references, uint32_t count)
{
    const uint64_t first = word_of(references[0]);
    const uint32_t segment_left = SLAB_SEGMENT - references[0].slot % SLAB_SEGMENT;
    const uint32_t most = count < segment_left ? count : segment_left;
    uint32_t length = 1;
    for (; length + 8 <= most; length += 8) {
        const struct reference *next = references + length;
        uint64_t differs = 0;
        for (uint64_t i = 0; i < 8; i++) { /* no branch for each */
            differs |= word_of(next[i]) ^ (first + length + i);
        }
        if (differs != 0) {
            break;
        }
    }
    while (length < most && word_of(references[length]) == first + length) {
        length++;
    }
    return length;
}

/* How many of these are consecutive, the first included. They ascend: as a rule one look at the last will do. */
static uint32_t consecutive(const uint64_t *numbers, uint32_t count)
{
    if (numbers[count - 1] == numbers[0] + count - 1) {
        return count;
    }
    uint32_t length = 1;
    while (numbers[length] == numbers[0] + length) {
        length++;
    }
    return length;
}

void recording_run(struct recording_stream *stream, node_id node, uint64_t now_ns, node_id from,
                   const uint64_t *numbers, uint32_t count)
{
    assert(!stream->put_out);
    const struct event event = {.now_ns = now_ns, .from = from, .kind = EVENT_MESSAGE};
    for (uint32_t i = 0, run; i < count; i += run) {
        run = consecutive(numbers + i, count - i);
        note_messages(stream, node, &event, numbers[i], run);
    }
}

void recording_deliveries(struct recording_stream *stream, node_id node, uint64_t now_ns,
                          const struct reference *references, const uint64_t *numbers, uint32_t count)
{
    for (uint32_t first = 0, row; first < count; first += row) {
        const struct reference reference = references[first];
        row = in_a_row(references + first, count - first);
        recording_run(stream, node, now_ns, reference.from, numbers + reference.slot, row);
    }
}

bool recording_finish(struct recording *recording, const char *text, size_t size, struct error *error)
{
    uint64_t steps = 0;
    for (uint32_t i = 0; i < recording->stream_count; i++) {
        struct recording_stream *stream = &recording->streams[i];
        if (stream->steps > 0) {
            write_block(stream);
        }
        steps += stream->steps_before;
    }
    const size_t whole = RECORDING_FOOTER + size + RECORDING_CHECKSUM;
    unsigned char *bytes = malloc(whole);
    if (bytes == NULL || size > RECORDING_TEXT_MOST) {
        free(bytes);
        return error_set(error, "not enough memory for the recording's end");
    }
    memcpy(bytes, recording_footer_magic, 4);
    put_u32(bytes + 4, recording->stream_count);
    put_u64(bytes + 8, atomic_load_explicit(&recording->blocks, memory_order_relaxed));
    put_u64(bytes + 16, steps);
    put_u64(bytes + 24, size);
    memcpy(bytes + RECORDING_FOOTER, text, size);
    const uint64_t offset = reserve(recording, whole);
    recording_checksum(recording->key, offset, bytes, RECORDING_FOOTER + size, NULL, 0,
                       bytes + RECORDING_FOOTER + size);
    write_at(recording, bytes, whole, offset);
    free(bytes);
    return told_failure(recording, error);
}
