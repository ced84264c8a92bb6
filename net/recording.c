#include "net/recording.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/memory.h"

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

bool recording_open(struct recording *recording, uint32_t count)
{
    assert(recording->streams == NULL && count > 0);
    recording->streams = memory_lines(count, sizeof *recording->streams);
    recording->stream_count = count;
    uint32_t room = BLOCKS_BYTES / count;
    room = room < BLOCK_LEAST ? BLOCK_LEAST : room;
    room = room > BLOCK_MOST ? BLOCK_MOST : room;
    for (uint32_t i = 0; recording->streams != NULL && i < count; i++) {
        struct recording_stream *stream = &recording->streams[i];
        stream->recording = recording;
        stream->index = i;
        stream->owner = NO_NODE;
        stream->room = room;
        stream->bytes = memory_untouched(HEAD_BYTES + room);
        if (stream->bytes == NULL) {
            return false;
        }
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
    memcpy(head, recording_block_magic, 4);
    put_u32(head + 4, stream->index);
    put_u32(head + 8, stream->number);
    put_u32(head + 12, stream->steps);
    put_u32(head + 16, stream->used);
    put_u32(head + 20, stream->owner);
    put_u64(head + 24, stream->base_ns);
    const uint64_t offset = reserve(recording, HEAD_BYTES + stream->used);
    recording_checksum(recording->key, offset, head, RECORDING_BLOCK, head + HEAD_BYTES, stream->used,
                       head + RECORDING_BLOCK);
    write_at(recording, head, HEAD_BYTES + stream->used, offset);
    /* relaxed: read when all threads are joined */
    atomic_fetch_add_explicit(&recording->blocks, 1, memory_order_relaxed);
    stream->number++;
    stream->steps_before += stream->steps;
    stream->steps = stream->used = 0;
}

static void begin_block(struct recording_stream *stream, uint64_t now_ns)
{
    stream->base_ns = stream->now_ns = now_ns;
    memset(stream->expected, 0, sizeof stream->expected);
}

static unsigned char *put_message(struct recording_stream *stream, unsigned char *head, unsigned char *next,
                                  node_id from, uint64_t number)
{
    if (from < HEAD_FROM_FOLLOWS) {
        *head |= (unsigned char)(from << HEAD_FROM_SHIFT);
    } else {
        *head |= (unsigned char)(HEAD_FROM_FOLLOWS << HEAD_FROM_SHIFT);
        next = put_varint(next, from);
    }
    uint64_t *expected = &stream->expected[from % RECORDING_SENDERS];
    next = put_varint(next, zigzag((int64_t)(number - *expected)));
    *expected = number + 1;
    return next;
}

void recording_step(struct recording_stream *stream, node_id node, const struct event *event, uint64_t number)
{
    if (stream->used == 0) {
        begin_block(stream, event->now_ns);
    }
    unsigned char *head = stream->bytes + HEAD_BYTES + stream->used;
    unsigned char *next = head + 1;
    *head = (unsigned char)event->kind;
    if (event->now_ns != stream->now_ns) {
        *head |= HEAD_TIME;
        next = put_varint(next, event->now_ns - stream->now_ns);
        stream->now_ns = event->now_ns;
    }
    if (stream->owner == NO_NODE) {
        next = put_varint(next, node);
    }
    if (event->kind == EVENT_MESSAGE) {
        next = put_message(stream, head, next, event->from, number);
    }
    if (stream->put_out) {
        *head |= HEAD_OUTPUT;
        *next++ = output_check(&stream->digest);
        stream->put_out = false;
    }
    stream->steps++;
    stream->used += (uint32_t)(next - head);
    if (stream->used + RECORDING_STEP_MOST > stream->room) {
        if (failure_of(stream->recording) == 0) {
            write_block(stream);
        } else {
            stream->steps = stream->used = 0; /* lost, like the recording */
        }
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
