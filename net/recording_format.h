/* The format of a recording: what a file of it consists of, for its writer (recording.h) and its reader (recorded.h).
 * Pure functions and constants; any thread.
 *
 *     file    = header block* footer, and nothing behind it
 *     header  = "PBFTREC\n" version:u32 size:u32 text[size] checksum
 *     block   = "BLK\n" stream:u32 number:u32 steps:u32 size:u32 owner:u32 base_ns:u64 checksum bytes[size]
 *     footer  = "END\n" streams:u32 blocks:u64 steps:u64 size:u64 text[size] checksum
 *
 * Integers are little-endian. A checksum is 16 bytes of BLAKE2b over what it follows (a block's also over its bytes).
 * Those of blocks and footer are keyed with the header's and cover their own offset in the file: a block that was
 * moved, or that belongs to another recording, is found out, and not only one that was damaged.
 *
 * Steps of a stream are numbered through its blocks, 0, 1, .. Each block can be read by itself. It consists of records:
 * a record is a step, or a run of them, which are deliveries at one time to one node of consecutive messages of one
 * sender, none of which put anything out, or each of which did. `steps` of a block and of the footer count each of a
 * run.
 *
 *     head:u8 [time:varint] [node:varint] [from:varint number:zigzag] [length:u8] [check:u8]*
 *
 *     head    bits 0-1  enum event_kind, or 3: a run;   bit 2  time moved on, by `time` ns
 *             bit 3     the step, or each of the run, put something out
 *             bits 4-7  `from`, if it is below 15; else it follows
 *     node    only in a stream that several nodes share (owner NO_NODE)
 *     number  which of `from`'s messages was delivered, of a run the first, counted from 0 in the order in which it put
 *             them out: the difference to one more than the last in this block from a node with the same `from` mod 256
 *     length  (a run) how many deliveries, 2 .. 255
 *     check   (bit 3) for each step a byte of the digest of all that the stream's nodes have put out until then */
#ifndef PBFT_NET_RECORDING_FORMAT_H
#define PBFT_NET_RECORDING_FORMAT_H

#include <string.h>

#include "core/journal.h"
#include "core/message.h"

#define RECORDING_VERSION 3u
#define RECORDING_MAGIC_BYTES 8u
#define RECORDING_CHECKSUM 16u
#define RECORDING_HEADER 16u            /* before its text */
#define RECORDING_BLOCK 32u             /* before its checksum */
#define RECORDING_FOOTER 32u            /* before its text */
#define RECORDING_BLOCK_MOST (1u << 20) /* bytes of steps in a block */
#define RECORDING_TEXT_MOST (256u << 20)
#define RECORDING_RECORD_MOST 48u /* bytes that a step adds: above 1 + 10 + 5 + 5 + 10 + 1 */
#define RECORDING_RUN_MOST 255u   /* steps of a run: bounds what a byte of a file can ask of its reader */
#define RECORDING_SENDERS 256u    /* `from` mod this */

static const char recording_magic[RECORDING_MAGIC_BYTES + 1] = "PBFTREC\n";
static const char recording_block_magic[5] = "BLK\n";
static const char recording_footer_magic[5] = "END\n";

enum recording_head {
    HEAD_KIND = 3,
    HEAD_RUN = 3, /* no event_kind */
    HEAD_TIME = 4,
    HEAD_OUTPUT = 8,
    HEAD_FROM_SHIFT = 4,
    HEAD_FROM_FOLLOWS = 15, /* `from` of this and above follows */
};

static inline void put_u32(unsigned char *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (unsigned char)(value >> 8 * i);
    }
}

static inline void put_u64(unsigned char *bytes, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(value >> 8 * i);
    }
}

static inline uint32_t get_u32(const unsigned char *bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++) {
        value |= (uint32_t)bytes[i] << 8 * i;
    }
    return value;
}

static inline uint64_t get_u64(const unsigned char *bytes)
{
    return get_u32(bytes) | (uint64_t)get_u32(bytes + 4) << 32;
}

/* Seven bits a byte, the lowest first; returns where the next goes. */
static inline unsigned char *put_varint(unsigned char *bytes, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        *bytes++ = (unsigned char)(value | 0x80);
    }
    *bytes++ = (unsigned char)value;
    return bytes;
}

static inline uint64_t zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

/* The checksum of `size` bytes, and `more_size` behind them, at `offset` in the file. `key`: the header's checksum, or
 * NULL for the header itself. */
void recording_checksum(const unsigned char *key, uint64_t offset, const unsigned char *bytes, size_t size,
                        const unsigned char *more, size_t more_size, unsigned char checksum[RECORDING_CHECKSUM]);

/* --- what a node put out, so that a replay can tell at which step it differs ------------------------------------- */

/* One product waits for the one before it, the others for nothing. */
static inline uint64_t output_mix(uint64_t digest, uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t words = a * UINT64_C(0xff51afd7ed558ccd) + b * UINT64_C(0xc4ceb9fe1a85ec53) + c;
    digest = (digest ^ words) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 32;
}

/* Messages and journal entries apart: how they interleave is a matter of when a driver empties the outbox. */
struct output_digest {
    uint64_t messages, entries;
};

/* Not the time, which the event tells, nor addresses. */
static inline void output_message(struct output_digest *output, const struct message *message)
{
    const uint64_t head = message->type | (uint64_t)message->flags << 8 | (uint64_t)message->attempt << 16 |
                          (uint64_t)message->view << 32;
    output->messages = output_mix(output->messages, head ^ message->sequence << 17,
                                  message->sender | (uint64_t)message->to << 32,
                                  message->digest.words[0] ^ message->tag);
}

static inline void output_entry(struct output_digest *output, const struct journal_entry *entry)
{
    const uint64_t head = entry->kind | (uint64_t)entry->flags << 8 | (uint64_t)entry->view << 32;
    output->entries = output_mix(output->entries, head, entry->sequence, entry->digest.words[0] ^ entry->history);
}

static inline unsigned char output_check(const struct output_digest *output)
{
    return (unsigned char)((output->messages + output->entries) >> 32);
}

#endif
