#include "net/recorded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_BYTES (RECORDING_BLOCK + RECORDING_CHECKSUM)

bool recorded_reject(const struct recorded *recorded, uint64_t offset, const char *what, struct error *error)
{
    return error_set(error, "%.200s: byte %llu: %s; the recording is cut short or was changed, and is not used",
                     recorded->name, (unsigned long long)offset, what);
}

/* Bytes that the file is known to have. False also where it has become shorter. */
static bool read_at(const struct recorded *recorded, unsigned char *bytes, size_t size, uint64_t offset,
                    struct error *error)
{
    while (size > 0) {
        const ssize_t got = pread(recorded->file, bytes, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_set(error, "cannot read '%.200s': %s", recorded->name, strerror(errno));
        }
        if (got == 0) {
            return recorded_reject(recorded, offset, "the file ends here", error);
        }
        bytes += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return true;
}

/* Whether `size` more bytes are there at `offset`. */
static bool has(const struct recorded *recorded, uint64_t offset, uint64_t size)
{
    return offset <= recorded->length && size <= recorded->length - offset;
}

/* A head of `fixed` bytes, a text, and their checksum, at `offset`; `*text` gets a NUL behind it. */
static bool read_text(const struct recorded *recorded, const unsigned char *key, uint64_t offset, uint64_t fixed,
                      uint64_t size, char **text, unsigned char checksum[RECORDING_CHECKSUM], struct error *error)
{
    if (size > RECORDING_TEXT_MOST || !has(recorded, offset, fixed + size + RECORDING_CHECKSUM)) {
        return recorded_reject(recorded, recorded->length, "the file ends before its text does", error);
    }
    unsigned char *bytes = malloc(fixed + size + RECORDING_CHECKSUM + 1);
    if (bytes == NULL) {
        return error_set(error, "not enough memory to read '%.200s'", recorded->name);
    }
    if (!read_at(recorded, bytes, fixed + size + RECORDING_CHECKSUM, offset, error)) {
        free(bytes);
        return false;
    }
    recording_checksum(key, offset, bytes, fixed + size, NULL, 0, checksum);
    if (memcmp(checksum, bytes + fixed + size, RECORDING_CHECKSUM) != 0) {
        free(bytes);
        return recorded_reject(recorded, offset, "the checksum of what begins here is wrong", error);
    }
    memmove(bytes, bytes + fixed, size);
    bytes[size] = '\0';
    *text = (char *)bytes;
    return true;
}

static bool read_header(struct recorded *recorded, uint64_t *next, struct error *error)
{
    unsigned char head[RECORDING_HEADER];
    if (!has(recorded, 0, sizeof head)) {
        return recorded_reject(recorded, recorded->length, "the file ends within its header", error);
    }
    if (!read_at(recorded, head, sizeof head, 0, error)) {
        return false;
    }
    if (memcmp(head, recording_magic, RECORDING_MAGIC_BYTES) != 0) {
        return error_set(error, "%.200s: byte 0: this is no recording (of pbft run --record)", recorded->name);
    }
    if (get_u32(head + 8) != RECORDING_VERSION) {
        return error_set(error, "%.200s: byte 8: a recording of version %u; this program reads version %u",
                         recorded->name, get_u32(head + 8), RECORDING_VERSION);
    }
    const uint32_t size = get_u32(head + 12);
    recorded->header_size = size;
    *next = RECORDING_HEADER + (uint64_t)size + RECORDING_CHECKSUM;
    return read_text(recorded, NULL, 0, RECORDING_HEADER, size, &recorded->header, recorded->key, error);
}

/* --- blocks ------------------------------------------------------------------------------------------------------ */

static bool grow_streams(struct recorded *recorded, uint32_t index, struct error *error)
{
    if (index < recorded->stream_count) {
        return true;
    }
    struct recorded_stream *streams = realloc(recorded->streams, (index + (size_t)1) * sizeof *streams);
    if (streams == NULL) {
        return error_set(error, "not enough memory to read '%.200s'", recorded->name);
    }
    recorded->streams = streams;
    for (; recorded->stream_count <= index; recorded->stream_count++) {
        streams[recorded->stream_count] = (struct recorded_stream){0};
    }
    return true;
}

static bool add_block(struct recorded *recorded, const unsigned char *head, uint64_t offset, struct error *error)
{
    /* no stream can have a greater number than there is room for blocks before the end of the file */
    const uint32_t index = get_u32(head + 4);
    if (index > MAX_REPLICAS + MAX_CLIENTS) {
        return recorded_reject(recorded, offset + 4, "there is no such stream", error);
    }
    if (!grow_streams(recorded, index, error)) {
        return false;
    }
    struct recorded_stream *stream = &recorded->streams[index];
    const node_id owner = get_u32(head + 20);
    if (get_u32(head + 8) != stream->block_count || (stream->block_count > 0 && owner != stream->owner)) {
        return recorded_reject(recorded, offset + 8, "a block is missing before this one of its stream", error);
    }
    if (stream->block_count == stream->block_room) {
        const uint32_t room = stream->block_room == 0 ? 4 : 2 * stream->block_room;
        struct recorded_block *blocks = realloc(stream->blocks, room * sizeof *blocks);
        if (blocks == NULL) {
            return error_set(error, "not enough memory to read '%.200s'", recorded->name);
        }
        stream->blocks = blocks;
        stream->block_room = room;
    }
    stream->owner = owner;
    stream->blocks[stream->block_count++] = (struct recorded_block){
        .offset = offset + HEAD_BYTES,
        .base_ns = get_u64(head + 24),
        .size = get_u32(head + 16),
        .steps = get_u32(head + 12),
    };
    recorded->steps += get_u32(head + 12);
    recorded->blocks++;
    return true;
}

static bool read_block(struct recorded *recorded, uint64_t offset, unsigned char *bytes, uint64_t *next,
                       struct error *error)
{
    unsigned char head[HEAD_BYTES];
    if (!has(recorded, offset, sizeof head)) {
        return recorded_reject(recorded, recorded->length, "the file ends within the head of a block", error);
    }
    if (!read_at(recorded, head, sizeof head, offset, error)) {
        return false;
    }
    const uint32_t size = get_u32(head + 16);
    if (size == 0 || size > RECORDING_BLOCK_MOST || get_u32(head + 12) == 0 ||
        get_u32(head + 12) > (uint64_t)size * RECORDING_RUN_MOST) {
        return recorded_reject(recorded, offset + 12, "no block has such a size", error);
    }
    if (!has(recorded, offset + HEAD_BYTES, size)) {
        return recorded_reject(recorded, recorded->length, "the file ends within a block", error);
    }
    unsigned char checksum[RECORDING_CHECKSUM];
    if (!read_at(recorded, bytes, size, offset + HEAD_BYTES, error)) {
        return false;
    }
    recording_checksum(recorded->key, offset, head, RECORDING_BLOCK, bytes, size, checksum);
    if (memcmp(checksum, head + RECORDING_BLOCK, RECORDING_CHECKSUM) != 0) {
        return recorded_reject(recorded, offset, "the checksum of the block that begins here is wrong", error);
    }
    *next = offset + HEAD_BYTES + size;
    return add_block(recorded, head, offset, error);
}

static bool read_footer(struct recorded *recorded, uint64_t offset, struct error *error)
{
    unsigned char head[RECORDING_FOOTER];
    unsigned char checksum[RECORDING_CHECKSUM];
    if (!has(recorded, offset, sizeof head)) {
        return recorded_reject(recorded, recorded->length, "the file ends within its footer", error);
    }
    if (!read_at(recorded, head, sizeof head, offset, error)) {
        return false;
    }
    const uint64_t size = get_u64(head + 24);
    if (!read_text(recorded, recorded->key, offset, RECORDING_FOOTER, size, &recorded->footer, checksum, error)) {
        return false;
    }
    recorded->footer_size = (size_t)size;
    const uint64_t end = offset + RECORDING_FOOTER + size + RECORDING_CHECKSUM;
    if (end != recorded->length) {
        return recorded_reject(recorded, end, "there is something behind the end", error);
    }
    if (get_u32(head + 4) < recorded->stream_count || get_u64(head + 8) != recorded->blocks ||
        get_u64(head + 16) != recorded->steps) {
        return recorded_reject(recorded, offset, "blocks are missing before the end", error);
    }
    return true;
}

/* Everything behind the header. */
static bool read_body(struct recorded *recorded, uint64_t offset, unsigned char *bytes, struct error *error)
{
    for (;;) {
        unsigned char magic[4];
        if (!has(recorded, offset, sizeof magic)) {
            return recorded_reject(recorded, recorded->length, "the file ends before its footer", error);
        }
        if (!read_at(recorded, magic, sizeof magic, offset, error)) {
            return false;
        }
        if (memcmp(magic, recording_footer_magic, sizeof magic) == 0) {
            return read_footer(recorded, offset, error);
        }
        if (memcmp(magic, recording_block_magic, sizeof magic) != 0) {
            return recorded_reject(recorded, offset, "neither a block nor the end begins here", error);
        }
        if (!read_block(recorded, offset, bytes, &offset, error)) {
            return false;
        }
    }
}

/* --- steps ------------------------------------------------------------------------------------------------------- */

struct recorded_cursor recorded_cursor(const struct recorded *recorded, uint32_t stream)
{
    return (struct recorded_cursor){.recorded = recorded, .stream = &recorded->streams[stream]};
}

void recorded_cursor_release(struct recorded_cursor *cursor)
{
    free(cursor->bytes);
    cursor->bytes = NULL;
}

/* Between blocks the file might be changed: what is read again is checked by its bounds only, which suffice for
 * safety; that it was whole was checked when it was opened. */
static bool open_block(struct recorded_cursor *cursor, struct error *error)
{
    const struct recorded_block *block = &cursor->stream->blocks[cursor->block];
    unsigned char *bytes = realloc(cursor->bytes, block->size);
    if (bytes == NULL) {
        return error_set(error, "not enough memory to read '%.200s'", cursor->recorded->name);
    }
    cursor->bytes = bytes;
    cursor->at = 0;
    cursor->steps_left = block->steps;
    if (cursor->block > 0 && block->base_ns < cursor->now_ns) {
        return recorded_reject(cursor->recorded, block->offset - HEAD_BYTES + 24, "time runs backwards", error);
    }
    cursor->now_ns = block->base_ns;
    cursor->block++;
    memset(cursor->expected, 0, sizeof cursor->expected);
    return read_at(cursor->recorded, bytes, block->size, block->offset, error);
}

static const struct recorded_block *current_block(const struct recorded_cursor *cursor)
{
    return &cursor->stream->blocks[cursor->block - 1];
}

static bool take_byte(struct recorded_cursor *cursor, unsigned char *byte)
{
    if (cursor->at >= current_block(cursor)->size) {
        return false;
    }
    *byte = cursor->bytes[cursor->at++];
    return true;
}

/* False also where it does not fit into 64 bits. */
static bool take_varint(struct recorded_cursor *cursor, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned char byte;
        if (!take_byte(cursor, &byte) || (shift == 63 && byte > 1)) {
            return false;
        }
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return true;
        }
    }
    return false;
}

static bool take_node(struct recorded_cursor *cursor, node_id *node)
{
    uint64_t value;
    if (!take_varint(cursor, &value) || value >= NO_NODE) {
        return false;
    }
    *node = (node_id)value;
    return true;
}

/* A message, or a run of them: the first. */
static bool take_messages(struct recorded_cursor *cursor, unsigned char head, struct recorded_step *step)
{
    uint64_t difference;
    unsigned char length = 1;
    step->from = head >> HEAD_FROM_SHIFT;
    if ((step->from == HEAD_FROM_FOLLOWS && !take_node(cursor, &step->from)) || !take_varint(cursor, &difference)) {
        return false;
    }
    if ((head & HEAD_KIND) == HEAD_RUN && (!take_byte(cursor, &length) || length < 2)) {
        return false;
    }
    uint64_t *expected = &cursor->expected[step->from % RECORDING_SENDERS];
    step->number = *expected + (uint64_t)unzigzag(difference);
    *expected = step->number + length;
    cursor->run_left = length - 1u;
    return step->number <= (UINT64_MAX >> 1) - length;
}

static bool take_record(struct recorded_cursor *cursor, struct recorded_step *step)
{
    unsigned char head;
    uint64_t passed_ns = 0;
    if (!take_byte(cursor, &head) || ((head & HEAD_TIME) != 0 && !take_varint(cursor, &passed_ns)) ||
        passed_ns > TIME_NEVER_NS - 1 - cursor->now_ns) {
        return false;
    }
    cursor->now_ns += passed_ns;
    step->kind = (head & HEAD_KIND) == HEAD_RUN ? EVENT_MESSAGE : head & HEAD_KIND;
    step->now_ns = cursor->now_ns;
    step->node = cursor->stream->owner;
    step->from = NO_NODE;
    step->number = 0;
    step->put_out = (head & HEAD_OUTPUT) != 0;
    return (cursor->stream->owner != NO_NODE || take_node(cursor, &step->node)) &&
           (step->kind != EVENT_MESSAGE || take_messages(cursor, head, step)) &&
           (!step->put_out || take_byte(cursor, &step->check));
}

/* The next record, of which there is one in the block; its first step. */
static bool read_record(struct recorded_cursor *cursor, struct recorded_step *step, struct error *error)
{
    step->offset = current_block(cursor)->offset + cursor->at;
    if (!take_record(cursor, step)) {
        return recorded_reject(cursor->recorded, step->offset, "this is no step", error);
    }
    cursor->steps_left--;
    cursor->run = *step;
    return cursor->run_left <= cursor->steps_left ||
           recorded_reject(cursor->recorded, step->offset, "the run that begins here is longer than its block", error);
}

static bool next_of_run(struct recorded_cursor *cursor, struct recorded_step *step, struct error *error)
{
    cursor->run.number++;
    cursor->run_left--;
    cursor->steps_left--;
    const bool right = !cursor->run.put_out || take_byte(cursor, &cursor->run.check);
    *step = cursor->run;
    return right || recorded_reject(cursor->recorded, step->offset, "this is no step", error);
}

bool recorded_next(struct recorded_cursor *cursor, struct recorded_step *step, bool *end, struct error *error)
{
    *end = false;
    if (cursor->run_left > 0) {
        return next_of_run(cursor, step, error);
    }
    if (cursor->steps_left == 0) {
        if (cursor->block > 0 && cursor->at != current_block(cursor)->size) {
            return recorded_reject(cursor->recorded, current_block(cursor)->offset + cursor->at,
                                   "the block has more bytes than steps", error);
        }
        if (cursor->block == cursor->stream->block_count) {
            *end = true;
            return true;
        }
        if (!open_block(cursor, error)) {
            return false;
        }
    }
    return read_record(cursor, step, error);
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

/* Reads every step once, so that nothing is acted on before all of it is known to make sense. */
static bool read_steps(const struct recorded *recorded, struct error *error)
{
    bool right = true;
    for (uint32_t i = 0; i < recorded->stream_count && right; i++) {
        struct recorded_cursor cursor = recorded_cursor(recorded, i);
        struct recorded_step step;
        bool end = false;
        while (right && !end) {
            right = recorded_next(&cursor, &step, &end, error);
        }
        recorded_cursor_release(&cursor);
    }
    return right;
}

bool recorded_read(struct recorded *recorded, int file, const char *name, struct error *error)
{
    *recorded = (struct recorded){.file = file, .name = name};
    struct stat status;
    if (fstat(file, &status) != 0) {
        return error_set(error, "cannot read '%.200s': %s", name, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return error_set(error, "cannot read '%.200s': a recording is a regular file", name);
    }
    recorded->length = (uint64_t)status.st_size;
    uint64_t next = 0;
    if (!read_header(recorded, &next, error)) {
        return false;
    }
    unsigned char *bytes = malloc(RECORDING_BLOCK_MOST);
    const bool whole = bytes != NULL ? read_body(recorded, next, bytes, error)
                                     : error_set(error, "not enough memory to read '%.200s'", name);
    free(bytes);
    return whole && read_steps(recorded, error);
}

bool recorded_open(struct recorded *recorded, const char *name, struct error *error)
{
    *recorded = (struct recorded){.file = -1};
    const int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return error_set(error, "cannot read '%.200s': %s", name, strerror(errno));
    }
    const bool right = recorded_read(recorded, file, name, error);
    recorded->owned = true;
    return right;
}

void recorded_close(struct recorded *recorded)
{
    for (uint32_t i = 0; i < recorded->stream_count; i++) {
        free(recorded->streams[i].blocks);
    }
    free(recorded->streams);
    free(recorded->header);
    free(recorded->footer);
    if (recorded->owned) {
        close(recorded->file);
    }
    *recorded = (struct recorded){.file = -1};
}
