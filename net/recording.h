/* A recording being written: what each node was stepped with, in order, compact enough to leave on. Nodes are
 * deterministic, so that configuration and events are all that a replay needs; a delivered message is named by its
 * sender and by which of the sender's messages it was, not copied (recording_format.h).
 *
 * Without delay a sender's messages come one behind the other, and most of them are votes that only count: a run of
 * them is one record.
 *
 * Each thread that steps nodes has a stream, which it alone writes: steps gather in a block of bounded size, and the
 * thread that fills a block writes it to the file. Streams share nothing but the file's length. What cannot be written
 * is remembered and told at the end; the run goes on without being recorded any further. */
#ifndef PBFT_NET_RECORDING_H
#define PBFT_NET_RECORDING_H

#include <stdatomic.h>

#include "core/node.h"
#include "net/error.h"
#include "net/recording_format.h"

struct recording {
    int file;
    unsigned char key[RECORDING_CHECKSUM];
    _Atomic uint64_t length, blocks;
    _Atomic int failure; /* errno of the first write that failed, or 0 */
    uint32_t stream_count;
    struct recording_stream *streams;
};

struct recording_stream {
    /* what each record needs: a cache line */
    unsigned char *next; /* where the next record goes */
    uint64_t now_ns;
    struct output_digest digest; /* of all that was put out */
    uint32_t room;               /* bytes left in the block; those of one more step are kept */
    uint32_t steps;              /* in the block */
    node_id owner;               /* whose steps these are; NO_NODE: each says it */
    bool put_out;                /* something, since the last step was noted */
    bool last_put_out;           /* the last record's steps did */
    uint8_t last_bytes;          /* of the last record without its checks */
    uint8_t last_length;         /* its steps, if the next delivery may join them; else 0 */
    node_id last_node, last_from;
    uint64_t expected[RECORDING_SENDERS];
    struct recording *recording;
    unsigned char *bytes; /* the block with its head */
    uint32_t size;        /* of its records, at most */
    uint32_t index, number;
    uint64_t base_ns;
    uint64_t steps_before; /* in earlier blocks */
};

/* Writes the header. `file` is empty, can be written anywhere (not a pipe), and outlives the recording. False with a
 * sentence if it cannot be written or memory is lacking. Release with recording_destroy(), also then. */
bool recording_create(struct recording *recording, int file, const char *text, size_t size, struct error *error);
void recording_destroy(struct recording *recording);

/* By the driver before its threads start: `count` streams. False if memory is lacking. */
bool recording_open(struct recording *recording, uint32_t count);
/* `owner`: the one node that the stream is for, or NO_NODE. */
struct recording_stream *recording_stream(struct recording *recording, uint32_t index, node_id owner);

/* Notes what a step put out. The stream's thread, before recording_step(). */
static inline void recording_message(struct recording_stream *stream, const struct message *message)
{
    output_message(&stream->digest, message);
    stream->put_out = true;
}

static inline void recording_entry(struct recording_stream *stream, const struct journal_entry *entry)
{
    output_entry(&stream->digest, entry);
    stream->put_out = true;
}

/* Notes that `node` was stepped, with the `number`-th message of event->from if it is a message. Its thread. */
void recording_step(struct recording_stream *stream, node_id node, const struct event *event, uint64_t number);
/* The same for `count` deliveries to `node` at one time, all from one sender and in its order, none of which put
 * anything out. `numbers`: which of the sender's each is. */
void recording_run(struct recording_stream *stream, node_id node, uint64_t now_ns, node_id from,
                   const uint64_t *numbers, uint32_t count);
/* The same from any senders. `numbers` is beside the slab, or the bundle, that the references name (slab.h, bundle.h),
 * into which each sender's messages come in its order. */
void recording_deliveries(struct recording_stream *stream, node_id node, uint64_t now_ns,
                          const struct reference *references, const uint64_t *numbers, uint32_t count);

/* When no stream is being written any more: writes what is left and the footer. False with a sentence if anything could
 * not be written: the file is then no recording. */
bool recording_finish(struct recording *recording, const char *text, size_t size, struct error *error);

#endif
