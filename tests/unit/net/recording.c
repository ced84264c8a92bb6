/* The file of a recording: what was written is read, and nothing else is. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/recorded.h"
#include "net/recording.h"

#define HEAD_BYTES (RECORDING_BLOCK + RECORDING_CHECKSUM)
static const char front[] = "{\"front\":1}";
static const char back[] = "{\"back\":2}";

static int new_file(void)
{
    const int file = memfd_create("recording", 0);
    cr_assert(file >= 0);
    return file;
}

/* The `i`-th step of a stream: all kinds, times that stand and that leap, near and far senders and numbers, a run. */
static struct recorded_step step_of(uint32_t stream, uint32_t i)
{
    if (i >= 30 && i < 40) {
        return (struct recorded_step){
            .kind = EVENT_MESSAGE, .now_ns = 10000, .node = stream == 1 ? 5 : stream, .from = 2, .number = 500 + i};
    }
    struct recorded_step step = {
        .kind = i == 0       ? EVENT_START
                : i % 7 == 3 ? EVENT_TIMER
                             : EVENT_MESSAGE,
        .now_ns = UINT64_C(1000) * (i / 3) + (i > 50 ? UINT64_C(1) << 50 : 0),
        .node = stream == 1 ? 3 + i % 5 : stream,
        .from = NO_NODE,
        .put_out = i % 4 == 1,
    };
    if (step.kind == EVENT_MESSAGE) {
        step.from = i % 11 == 0 ? 80000 : i % 20;
        step.number = i % 13 == 0 ? UINT64_C(1) << 40 : i;
    }
    return step;
}

static void write_steps(struct recording *recording, uint32_t stream, uint32_t steps)
{
    struct recording_stream *of = recording_stream(recording, stream, stream == 1 ? NO_NODE : stream);
    for (uint32_t i = 0; i < steps; i++) {
        const struct recorded_step step = step_of(stream, i);
        const struct event event = {.kind = step.kind, .now_ns = step.now_ns, .from = step.from};
        if (step.put_out) {
            recording_message(of, &(struct message){.sequence = i});
        }
        recording_step(of, step.node, &event, step.number);
    }
}

/* Three streams of so many steps. */
static int recording_of(uint32_t steps)
{
    struct error error;
    struct recording recording;
    const int file = new_file();
    cr_assert(recording_create(&recording, file, front, strlen(front), &error), "%s", error.text);
    cr_assert(recording_open(&recording, 3));
    for (uint32_t stream = 0; stream < 3; stream++) {
        write_steps(&recording, stream, steps);
    }
    cr_assert(recording_finish(&recording, back, strlen(back), &error), "%s", error.text);
    recording_destroy(&recording);
    return file;
}

static size_t contents_of(int file, unsigned char **bytes)
{
    const off_t size = lseek(file, 0, SEEK_END);
    *bytes = malloc((size_t)size);
    cr_assert(pread(file, *bytes, (size_t)size, 0) == size);
    return (size_t)size;
}

static int file_of(const unsigned char *bytes, size_t size)
{
    const int file = new_file();
    cr_assert(pwrite(file, bytes, size, 0) == (ssize_t)size);
    return file;
}

static void check_steps(const struct recorded *recorded, uint32_t stream, uint32_t steps)
{
    struct error error;
    struct recorded_cursor cursor = recorded_cursor(recorded, stream);
    struct recorded_step step;
    bool end = false;
    for (uint32_t i = 0; i < steps; i++) {
        const struct recorded_step wanted = step_of(stream, i);
        cr_assert(recorded_next(&cursor, &step, &end, &error) && !end, "stream %u, step %u", stream, i);
        cr_assert(step.kind == wanted.kind && step.now_ns == wanted.now_ns && step.node == wanted.node);
        cr_assert(step.from == wanted.from && step.number == wanted.number && step.put_out == wanted.put_out);
    }
    cr_assert(recorded_next(&cursor, &step, &end, &error) && end);
    recorded_cursor_release(&cursor);
}

Test(recording, is_read_as_it_was_written)
{
    const uint32_t sizes[] = {0, 1, 100, 60000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct error error;
        struct recorded recorded;
        const int file = recording_of(sizes[i]);
        cr_assert(recorded_read(&recorded, file, "file", &error), "%s", error.text);
        cr_assert_str_eq(recorded.header, front);
        cr_assert_str_eq(recorded.footer, back);
        cr_assert(recorded.steps == 3 * (uint64_t)sizes[i]);
        for (uint32_t stream = 0; stream < recorded.stream_count; stream++) {
            check_steps(&recorded, stream, sizes[i]);
        }
        recorded_close(&recorded);
        close(file);
    }
}

Test(recording, takes_a_few_bytes_a_delivery)
{
    struct recording recording;
    struct error error;
    const int file = new_file();
    cr_assert(recording_create(&recording, file, front, strlen(front), &error));
    cr_assert(recording_open(&recording, 1));
    struct recording_stream *stream = recording_stream(&recording, 0, 0);
    for (uint32_t i = 0; i < 100000; i++) {
        const struct event event = {.kind = EVENT_MESSAGE, .now_ns = 500 * (i / 8), .from = 1 + i % 3};
        recording_step(stream, 0, &event, i / 3);
    }
    cr_assert(recording_finish(&recording, back, strlen(back), &error));
    cr_assert(lseek(file, 0, SEEK_END) < 100000 * 3);
    recording_destroy(&recording);
    close(file);
}

/* Whether it is refused, and with an offset. */
static bool is_refused(const unsigned char *bytes, size_t size, char text[512])
{
    struct error error = {""};
    struct recorded recorded;
    const int file = file_of(bytes, size);
    const bool right = recorded_read(&recorded, file, "file", &error);
    recorded_close(&recorded);
    close(file);
    strcpy(text, error.text);
    return !right && strncmp(error.text, "file: byte ", 11) == 0;
}

Test(recording, that_is_cut_short_anywhere_is_refused)
{
    unsigned char *bytes;
    char text[512];
    const int file = recording_of(60);
    const size_t size = contents_of(file, &bytes);
    for (size_t length = 0; length < size; length++) {
        cr_assert(is_refused(bytes, length, text), "%zu of %zu bytes: %s", length, size, text);
    }
    free(bytes);
    close(file);
}

Test(recording, with_any_byte_changed_is_refused)
{
    unsigned char *bytes;
    char text[512];
    const int file = recording_of(60);
    const size_t size = contents_of(file, &bytes);
    for (size_t place = 0; place < size; place++) {
        for (unsigned bit = 1; bit < 256; bit *= 2) {
            bytes[place] ^= (unsigned char)bit;
            cr_assert(is_refused(bytes, size, text), "byte %zu, bit %u: '%s'", place, bit, text);
            bytes[place] ^= (unsigned char)bit;
        }
    }
    free(bytes);
    close(file);
}

Test(recording, with_something_behind_its_end_is_refused)
{
    unsigned char *bytes;
    char text[512];
    const int file = recording_of(60);
    const size_t size = contents_of(file, &bytes);
    bytes = realloc(bytes, size + 1);
    bytes[size] = 0;
    cr_assert(is_refused(bytes, size + 1, text));
    cr_assert(strstr(text, "behind the end") != NULL, "%s", text);
    free(bytes);
    close(file);
}

/* Where the `wanted`-th block begins, and its size with head. */
static size_t find_block(const unsigned char *bytes, unsigned wanted, size_t *size)
{
    size_t at = RECORDING_HEADER + strlen(front) + RECORDING_CHECKSUM;
    for (;; wanted--) {
        *size = HEAD_BYTES + get_u32(bytes + at + 16);
        if (wanted == 0) {
            return at;
        }
        at += *size;
    }
}

/* Each of them whole, but in another place, twice, or not at all. */
Test(recording, with_blocks_moved_repeated_or_left_out_is_refused)
{
    unsigned char *bytes;
    char text[512];
    size_t size_0, size_1;
    const int file = recording_of(60);
    const size_t size = contents_of(file, &bytes);
    const size_t first = find_block(bytes, 0, &size_0);
    const size_t second = find_block(bytes, 1, &size_1);
    unsigned char *changed = malloc(2 * size);
    memcpy(changed, bytes, first);
    memcpy(changed + first, bytes + second, size_1); /* swapped */
    memcpy(changed + first + size_1, bytes + first, size_0);
    memcpy(changed + second + size_1, bytes + second + size_1, size - second - size_1);
    cr_assert(is_refused(changed, size, text) && strstr(text, "checksum") != NULL, "%s", text);
    memcpy(changed + first, bytes + second, size - second); /* left out */
    cr_assert(is_refused(changed, size - size_0, text), "%s", text);
    memcpy(changed, bytes, second); /* repeated */
    memcpy(changed + second, bytes + first, size - first);
    cr_assert(is_refused(changed, size + size_0, text), "%s", text);
    free(changed);
    free(bytes);
    close(file);
}

/* The right checksum for a block that was changed: what it says is still held against its bounds. */
static void sign_block(unsigned char *bytes, size_t at, size_t size)
{
    const unsigned char *key = bytes + RECORDING_HEADER + strlen(front);
    recording_checksum(key, at, bytes + at, RECORDING_BLOCK, bytes + at + HEAD_BYTES, size - HEAD_BYTES,
                       bytes + at + RECORDING_BLOCK);
}

Test(recording, that_was_forged_is_read_within_its_bounds)
{
    unsigned char *bytes;
    char text[512];
    const int file = recording_of(60);
    const size_t size = contents_of(file, &bytes);
    unsigned char *whole = malloc(size);
    memcpy(whole, bytes, size);
    unsigned refused = 0, taken = 0;
    for (unsigned block = 0; block < 3; block++) {
        size_t block_size;
        const size_t at = find_block(whole, block, &block_size);
        for (size_t place = at; place < at + block_size; place++) {
            for (unsigned value = 0; value < 256; value += 5) {
                const bool in_checksum = place >= at + RECORDING_BLOCK && place < at + HEAD_BYTES;
                bytes[place] = (unsigned char)value;
                if (!in_checksum) {
                    sign_block(bytes, at, block_size);
                }
                *(is_refused(bytes, size, text) ? &refused : &taken) += 1;
                memcpy(bytes + at, whole + at, block_size);
            }
        }
    }
    cr_assert(refused > 1000 && taken > 100, "%u refused, %u taken", refused, taken);
    free(whole);
    free(bytes);
    close(file);
}

Test(recording, that_cannot_be_written_says_so_at_its_end)
{
    struct error error = {""};
    struct recording recording;
    const int file = open("/dev/full", O_WRONLY);
    cr_assert(file >= 0);
    cr_assert(!recording_create(&recording, file, front, strlen(front), &error));
    cr_assert(strstr(error.text, strerror(ENOSPC)) != NULL, "%s", error.text);
    recording.file = new_file(); /* full only later on */
    atomic_store(&recording.failure, 0);
    cr_assert(recording_open(&recording, 3));
    close(recording.file);
    recording.file = file;
    write_steps(&recording, 0, 200000);
    cr_assert(!recording_finish(&recording, back, strlen(back), &error));
    recording_destroy(&recording);
    close(file);
}

Test(recording, of_another_kind_or_version_is_named)
{
    unsigned char *bytes;
    char text[512];
    const int file = recording_of(1);
    const size_t size = contents_of(file, &bytes);
    bytes[8] = RECORDING_VERSION + 1;
    cr_assert(is_refused(bytes, size, text) && strstr(text, "a recording of version 4; ") != NULL, "%s", text);
    for (unsigned char version = 0; version < RECORDING_VERSION; version++) {
        bytes[8] = version;
        cr_assert(is_refused(bytes, size, text), "%s", text);
    }
    cr_assert_str_eq(text, "file: byte 8: a recording of version 2; this program reads version 3");
    memcpy(bytes, "{\"schema\":1", 11);
    cr_assert(is_refused(bytes, size, text) && strstr(text, "no recording") != NULL, "%s", text);
    free(bytes);
    close(file);
}
