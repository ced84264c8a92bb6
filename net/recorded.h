/* A recording being read. Nothing in it is trusted: recorded_open() goes through the whole file once, checks every
 * checksum, number and bound, and reads every step, before anybody acts on any; what is wrong is told with its offset
 * in the file. One thread. */
#ifndef PBFT_NET_RECORDED_H
#define PBFT_NET_RECORDED_H

#include "core/node.h"
#include "net/error.h"
#include "net/recording_format.h"

struct recorded_block {
    uint64_t offset; /* of its bytes */
    uint64_t base_ns;
    uint32_t size, steps;
};

struct recorded_stream {
    struct recorded_block *blocks;
    uint32_t block_count, block_room;
    node_id owner;
};

struct recorded {
    int file;
    bool owned;       /* the file is closed with the recording */
    const char *name; /* for sentences; borrowed */
    uint64_t length;
    unsigned char key[RECORDING_CHECKSUM];
    char *header, *footer; /* texts, each ends with a NUL that the file does not have */
    size_t header_size, footer_size;
    uint32_t stream_count;
    struct recorded_stream *streams;
    uint64_t steps, blocks;
};

/* Reads and checks the file `name`. False with a sentence that names it and, if it is not a whole recording, the
 * offset. Release with recorded_close(), also then. */
bool recorded_open(struct recorded *recorded, const char *name, struct error *error);
/* The same for a file that is open already; the recording does not close it. */
bool recorded_read(struct recorded *recorded, int file, const char *name, struct error *error);
void recorded_close(struct recorded *recorded);

/* One step, as it was recorded. */
struct recorded_step {
    enum event_kind kind;
    uint64_t now_ns;
    node_id node;
    node_id from;    /* EVENT_MESSAGE, else NO_NODE */
    uint64_t number; /* which of from's messages */
    bool put_out;
    unsigned char check; /* if put_out */
    uint64_t offset;     /* where it stands in the file */
};

/* Reads a stream from its beginning, a block at a time. Starts from recorded_cursor(); release with
 * recorded_cursor_release(). */
struct recorded_cursor {
    const struct recorded *recorded;
    const struct recorded_stream *stream;
    unsigned char *bytes; /* of the block */
    uint32_t block;       /* the next */
    uint32_t at, steps_left;
    uint64_t now_ns;
    uint64_t expected[RECORDING_SENDERS];
    struct recorded_step run; /* the step of a run that was read last, */
    uint32_t run_left;        /* and how many more it has */
};

struct recorded_cursor recorded_cursor(const struct recorded *recorded, uint32_t stream);
void recorded_cursor_release(struct recorded_cursor *cursor);

/* The next step; `*end` becomes true where there is none. False with a sentence if the file is not as it should be. */
bool recorded_next(struct recorded_cursor *cursor, struct recorded_step *step, bool *end, struct error *error);

/* "FILE: byte OFFSET: what": returns false. */
bool recorded_reject(const struct recorded *recorded, uint64_t offset, const char *what, struct error *error);

#endif
