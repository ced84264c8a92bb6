/* Runs in a recording: deliveries of a sender's consecutive messages are noted together, and read one by one as they
 * were. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/recorded.h"
#include "net/recording.h"
#include "net/slab.h"

#define HEAD_BYTES (RECORDING_BLOCK + RECORDING_CHECKSUM)
#define SEGMENTS 16u
#define SLOTS (SEGMENTS * SLAB_SEGMENT)
#define BATCH 128u
#define SENDERS 20u

/* A recording of one stream, and what must be read from it. */
struct tape {
    int file;
    struct recording recording;
    struct recording_stream *stream;
    struct recorded_step *steps;
    size_t count, room;
    node_id node; /* who is stepped next, */
    uint64_t now_ns;
    struct output_digest digest; /* of what they put out */
    uint64_t numbers[SLOTS];     /* by slot of a slab */
};

static struct tape *tape_open(node_id owner)
{
    struct error error;
    struct tape *tape = calloc(1, sizeof *tape);
    cr_assert(tape != NULL);
    tape->file = memfd_create("recording", 0);
    tape->node = owner == NO_NODE ? 3 : owner;
    cr_assert(tape->file >= 0 && recording_create(&tape->recording, tape->file, "{}", 2, &error));
    cr_assert(recording_open(&tape->recording, 1));
    tape->stream = recording_stream(&tape->recording, 0, owner);
    return tape;
}

static void expect(struct tape *tape, enum event_kind kind, node_id from, uint64_t number, bool put_out)
{
    if (tape->count == tape->room) {
        tape->room = 2 * tape->room + 1000;
        tape->steps = realloc(tape->steps, tape->room * sizeof *tape->steps);
        cr_assert(tape->steps != NULL);
    }
    tape->steps[tape->count++] = (struct recorded_step){.kind = kind,
                                                        .now_ns = tape->now_ns,
                                                        .node = tape->node,
                                                        .from = from,
                                                        .number = number,
                                                        .put_out = put_out,
                                                        .check = output_check(&tape->digest)};
}

static void note_step(struct tape *tape, enum event_kind kind, node_id from, uint64_t number, bool put_out)
{
    const struct event event = {.kind = kind, .now_ns = tape->now_ns, .from = from};
    if (put_out) {
        const struct message message = {.sequence = number};
        recording_message(tape->stream, &message);
        output_message(&tape->digest, &message);
    }
    recording_step(tape->stream, tape->node, &event, number);
    expect(tape, kind, from, number, put_out);
}

static void note_deliveries(struct tape *tape, const struct reference *references, uint32_t count)
{
    recording_deliveries(tape->stream, tape->node, tape->now_ns, references, tape->numbers, count);
    for (uint32_t i = 0; i < count; i++) {
        expect(tape, EVENT_MESSAGE, references[i].from, tape->numbers[references[i].slot], false);
    }
}

/* So many messages of `from`, from `number` on, that lie back to back. */
static void note_row(struct tape *tape, node_id from, uint64_t number, uint32_t count)
{
    struct reference references[SLOTS];
    for (uint32_t i = 0; i < count; i++) {
        references[i] = (struct reference){.slot = i, .from = from};
        tape->numbers[i] = number + i;
    }
    note_deliveries(tape, references, count);
}

/* The same, each of which puts something out. */
static void note_outputs(struct tape *tape, node_id from, uint64_t number, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        note_step(tape, EVENT_MESSAGE, from, number + i, true);
    }
}

static uint64_t finish(struct tape *tape)
{
    struct error error;
    cr_assert(recording_finish(&tape->recording, "{}", 2, &error), "%s", error.text);
    return (uint64_t)lseek(tape->file, 0, SEEK_END);
}

static void check_read(struct tape *tape, uint32_t least_blocks)
{
    struct error error;
    struct recorded recorded;
    struct recorded_step step;
    bool end = false;
    cr_assert(recorded_read(&recorded, tape->file, "file", &error), "%s", error.text);
    cr_assert(recorded.steps == tape->count && recorded.blocks >= least_blocks, "%lu steps, %lu blocks", recorded.steps,
              recorded.blocks);
    struct recorded_cursor cursor = recorded_cursor(&recorded, 0);
    for (size_t i = 0; i < tape->count; i++) {
        const struct recorded_step *wanted = &tape->steps[i];
        cr_assert(recorded_next(&cursor, &step, &end, &error) && !end, "step %zu: %s", i, error.text);
        cr_assert(step.kind == wanted->kind && step.now_ns == wanted->now_ns && step.node == wanted->node &&
                      step.from == wanted->from && step.number == wanted->number && step.put_out == wanted->put_out &&
                      (!step.put_out || step.check == wanted->check),
                  "step %zu: message %lu of %u at %lu, check %u, not message %lu of %u at %lu, check %u", i,
                  step.number, step.from, step.now_ns, step.check, wanted->number, wanted->from, wanted->now_ns,
                  wanted->check);
    }
    cr_assert(recorded_next(&cursor, &step, &end, &error) && end);
    recorded_cursor_release(&cursor);
    recorded_close(&recorded);
}

static void tape_close(struct tape *tape)
{
    recording_destroy(&tape->recording);
    close(tape->file);
    free(tape->steps);
    free(tape);
}

Test(recording_runs, of_any_length_are_read_one_by_one)
{
    const uint32_t lengths[] = {1, 2, 8, 9, 10, 17, 254, 255, 256, 257, 511, 1000};
    struct tape *tape = tape_open(3);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        tape->now_ns += 100;
        note_row(tape, 1 + i % 2, 5000 * i, lengths[i]);
        note_outputs(tape, 1 + i % 2, 5000 * i + lengths[i], lengths[i]);
    }
    finish(tape);
    check_read(tape, 1);
    tape_close(tape);
}

/* A slab: segments in any order, each filled from its first slot on by senders that take turns; an inbox, which gets
 * nearly all of it. */
struct inbox {
    uint64_t random;
    uint32_t place, left; /* in the order of filling; messages before it is another's turn */
    node_id from;
    uint64_t sent[SENDERS];
};

static uint32_t draw(struct inbox *inbox, uint32_t below)
{
    inbox->random = inbox->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(inbox->random >> 33) % below;
}

static struct reference next_message(struct inbox *inbox, struct tape *tape)
{
    uint32_t slot = 0;
    for (bool taken = false; !taken; taken = draw(inbox, 40) != 0) {
        if (inbox->left == 0) {
            inbox->left = 1 + draw(inbox, draw(inbox, 3) == 0 ? 3 : 90);
            inbox->from = draw(inbox, SENDERS);
        }
        const uint32_t segment = inbox->place / SLAB_SEGMENT * 5 % SEGMENTS;
        slot = segment * SLAB_SEGMENT + inbox->place % SLAB_SEGMENT;
        inbox->place = (inbox->place + 1) % SLOTS;
        inbox->left--;
        inbox->sent[inbox->from] += draw(inbox, 30) == 0; /* one that went another way */
        tape->numbers[slot] = inbox->sent[inbox->from]++;
    }
    return (struct reference){.slot = slot, .from = inbox->from};
}

static void note_anything(struct tape *tape, struct inbox *inbox, bool shared)
{
    struct reference references[BATCH];
    const uint32_t what = draw(inbox, 12);
    const uint32_t steps = what == 1 || what == 2 ? draw(inbox, 60) : 1;
    tape->now_ns += draw(inbox, 3) == 0 ? draw(inbox, 1000) : 0;
    tape->node = shared && draw(inbox, 3) == 0 ? draw(inbox, 4) : tape->node;
    if (what == 0) {
        note_step(tape, EVENT_TIMER, NO_NODE, 0, draw(inbox, 2) == 0);
    } else if (what < 6) {
        for (uint32_t i = 0; i < steps; i++) {
            references[0] = next_message(inbox, tape);
            note_step(tape, EVENT_MESSAGE, references[0].from, tape->numbers[references[0].slot], what == 1);
        }
    } else {
        const uint32_t count = draw(inbox, what == 6 ? 3 : BATCH + 1);
        for (uint32_t i = 0; i < count; i++) {
            references[i] = next_message(inbox, tape);
        }
        note_deliveries(tape, references, count);
    }
}

Test(recording_runs, among_steps_of_all_kinds_are_read_as_they_were)
{
    for (uint32_t seed = 0; seed < 8; seed++) {
        struct inbox inbox = {.random = seed};
        struct tape *tape = tape_open(seed % 2 == 0 ? 3 : NO_NODE);
        for (uint32_t i = 0; i < 20000; i++) {
            note_anything(tape, &inbox, seed % 2 == 1);
        }
        finish(tape);
        check_read(tape, 3);
        tape_close(tape);
    }
}

/* The segment in the middle was filled last: first and last number are as far apart as first and last slot. */
Test(recording_runs, look_at_each_segment_for_itself)
{
    struct tape *tape = tape_open(3);
    struct reference references[SLAB_SEGMENT + 20];
    for (uint32_t i = 0; i < SLAB_SEGMENT + 20; i++) {
        const uint32_t slot = SLAB_SEGMENT - 10 + i;
        references[i] = (struct reference){.slot = slot, .from = 1};
        tape->numbers[slot] = i;
        if (slot / SLAB_SEGMENT == 1) {
            tape->numbers[slot] += 1000;
        }
    }
    note_deliveries(tape, references, SLAB_SEGMENT + 20);
    finish(tape);
    check_read(tape, 1);
    tape_close(tape);
}

/* Time, node or sender is another, a step lies between, or one puts something out: the numbers alone make no run. */
Test(recording_runs, end_where_anything_but_the_number_changes)
{
    struct tape *tape = tape_open(NO_NODE);
    note_row(tape, 1, 0, 10);
    tape->now_ns++;
    note_row(tape, 1, 10, 10);
    tape->node++;
    note_row(tape, 1, 20, 10);
    note_row(tape, 1 + RECORDING_SENDERS, 30, 10);
    note_outputs(tape, 1 + RECORDING_SENDERS, 40, 10);
    note_row(tape, 1 + RECORDING_SENDERS, 50, 1);
    note_outputs(tape, 1 + RECORDING_SENDERS, 51, 1);
    note_step(tape, EVENT_TIMER, NO_NODE, 0, false);
    note_row(tape, 1 + RECORDING_SENDERS, 52, 10);
    note_row(tape, 1 + RECORDING_SENDERS, 63, 10);
    finish(tape);
    check_read(tape, 1);
    tape_close(tape);
}

/* The file of one run that comes at once, in pieces, or step by step. */
static uint64_t size_of_run(uint32_t length, uint32_t piece, bool put_out)
{
    struct tape *tape = tape_open(3);
    for (uint32_t i = 0; i < length; i += piece) {
        if (piece == 1) {
            note_step(tape, EVENT_MESSAGE, 1, i, put_out);
        } else {
            note_row(tape, 1, i, piece);
        }
    }
    const uint64_t size = finish(tape);
    check_read(tape, 1);
    tape_close(tape);
    return size;
}

Test(recording_runs, go_on_however_they_come)
{
    const uint64_t one = size_of_run(1, 1, false);
    cr_assert_eq(size_of_run(240, 240, false), one + 1);
    cr_assert_eq(size_of_run(240, 60, false), one + 1);
    cr_assert_eq(size_of_run(240, 1, false), one + 1);
    cr_assert_eq(size_of_run(240, 1, true), one + 1 + 240);
}

Test(recording_runs, of_one_take_as_much_as_a_step)
{
    struct tape *steps = tape_open(3), *rows = tape_open(3);
    for (uint32_t i = 0; i < 1000; i++) {
        steps->now_ns = rows->now_ns = 300 * (i / 2);
        note_step(steps, EVENT_MESSAGE, i % 7, i / 7, false);
        note_row(rows, i % 7, i / 7, 1);
    }
    cr_assert_eq(finish(steps), finish(rows));
    check_read(rows, 1);
    tape_close(steps);
    tape_close(rows);
}

Test(recording_runs, take_little_and_go_through_blocks)
{
    enum { RUNS = 40000, LENGTH = 40 };
    struct tape *tape = tape_open(70);
    for (uint32_t i = 0; i < RUNS; i++) {
        tape->now_ns = 700 * (uint64_t)(i / 3);
        note_row(tape, i % 64, LENGTH * (uint64_t)(i / 64), LENGTH);
    }
    cr_assert_lt(finish(tape), RUNS * LENGTH / 8);
    check_read(tape, 4);
    tape_close(tape);
}

/* --- not trusted ------------------------------------------------------------------------------------------------- */

/* The file of a start and a run of ten, whose first bytes and the count of steps are replaced, with the right checksums:
 * is it taken, or else which sentence is told about it? */
static void read_forged(bool put_out, const unsigned char head[3], uint32_t steps, const char *text)
{
    struct error error = {""};
    struct recorded recorded;
    unsigned char bytes[1000];
    struct tape *tape = tape_open(3);
    note_step(tape, EVENT_START, NO_NODE, 0, false);
    if (put_out) {
        note_outputs(tape, 1, 0, 10);
    } else {
        note_row(tape, 1, 0, 10);
    }
    const size_t whole = finish(tape);
    cr_assert(whole < sizeof bytes && pread(tape->file, bytes, whole, 0) == (ssize_t)whole);
    unsigned char *block = bytes + RECORDING_HEADER + 2 + RECORDING_CHECKSUM;
    const uint32_t size = get_u32(block + 16);
    cr_assert(get_u32(block + 12) == 11 && size == (put_out ? 14 : 4));
    memcpy(block + HEAD_BYTES + 1, head, 3);
    put_u32(block + 12, steps);
    recording_checksum(bytes + RECORDING_HEADER + 2, (uint64_t)(block - bytes), block, RECORDING_BLOCK,
                       block + HEAD_BYTES, size, block + RECORDING_BLOCK);
    unsigned char *footer = block + HEAD_BYTES + size;
    put_u64(footer + 16, steps);
    recording_checksum(bytes + RECORDING_HEADER + 2, (uint64_t)(footer - bytes), footer, RECORDING_FOOTER + 2, NULL, 0,
                       footer + RECORDING_FOOTER + 2);
    cr_assert(pwrite(tape->file, bytes, whole, 0) == (ssize_t)whole);
    cr_assert_eq(recorded_read(&recorded, tape->file, "file", &error), text == NULL, "%s", error.text);
    cr_assert(text == NULL || strncmp(error.text, text, strlen(text)) == 0, "%s, not %s", error.text, text);
    recorded_close(&recorded);
    tape_close(tape);
}

/* Header, its text and checksum are 34 bytes, the block's head 48, the start 1. */
#define NO_STEP "file: byte 83: this is no step"
#define TOO_LONG "file: byte 83: the run that begins here is longer than its block"

Test(recording_runs, whose_length_was_forged_are_refused)
{
    unsigned char head[3] = {HEAD_RUN | 1 << HEAD_FROM_SHIFT, 0, 10};
    const unsigned char lengths[] = {0, 1, 9, 11, 255};
    const char *const texts[] = {NO_STEP, NO_STEP, "file: byte 86: this is no step", TOO_LONG, TOO_LONG};
    read_forged(false, head, 11, NULL);
    for (size_t i = 0; i < sizeof lengths; i++) {
        head[2] = lengths[i];
        read_forged(false, head, 11, texts[i]);
    }
    head[2] = 2;
    read_forged(false, head, 3, NULL);
    read_forged(false, head, 2, TOO_LONG);
    read_forged(false, head, 1, "file: byte 83: the block has more bytes than steps");
    read_forged(false, head, 4 * RECORDING_RUN_MOST + 1, "file: byte 46: no block has such a size");
    read_forged(false, head, UINT32_MAX, "file: byte 46: no block has such a size");
}

Test(recording_runs, that_lack_their_checks_or_their_length_are_refused)
{
    unsigned char head[3] = {HEAD_RUN | HEAD_OUTPUT | 1 << HEAD_FROM_SHIFT, 0, 10};
    read_forged(true, head, 11, NULL);
    head[2] = 11;
    read_forged(true, head, 12, NO_STEP);
    head[2] = 9;
    read_forged(true, head, 10, "file: byte 95: the block has more bytes than steps");
    head[2] = 10;
    read_forged(false, head, 11, NO_STEP);
    const unsigned char cut[3] = {HEAD_RUN | 1 << HEAD_FROM_SHIFT, 0x80, 1}; /* the number takes both bytes */
    read_forged(false, cut, 11, NO_STEP);
}

Test(recording_runs, do_not_go_beyond_the_greatest_number)
{
    for (uint64_t beyond = 0; beyond < 2; beyond++) {
        struct error error;
        struct recorded recorded;
        struct tape *tape = tape_open(3);
        note_row(tape, 1, (UINT64_MAX >> 1) - 10 + beyond, 10);
        finish(tape);
        cr_assert_eq(recorded_read(&recorded, tape->file, "file", &error), beyond == 0);
        recorded_close(&recorded);
        tape_close(tape);
    }
}
