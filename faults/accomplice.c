#include "faults/accomplice.h"

#include <assert.h>
#include <string.h>

#include "core/request.h"
#include "faults/draw.h"

#define OPERATION_SIZE 16u
#define BATCH_SIZE (sizeof(struct request) + OPERATION_SIZE)

static void write_request(const struct behavior_context *context, view_number view, sequence_number sequence,
                          unsigned char bytes[BATCH_SIZE])
{
    const struct coalition *coalition = context->coalition;
    uint64_t operation[2]; /* a key, and what to store there */
    _Static_assert(sizeof operation == OPERATION_SIZE, "the operation");
    for (unsigned i = 0; i < 2; i++) {
        operation[i] = draw(coalition->seed, DRAW_FOR_ALL, DRAW_OPERATION, view, sequence, i);
    }
    size_t size = request_write(bytes, context->keyring, coalition->accomplice, sequence, operation, OPERATION_SIZE);
    assert(size == BATCH_SIZE);
}

struct digest accomplice_digest(const struct behavior_context *context, view_number view, sequence_number sequence)
{
    if (context->coalition->accomplice == NO_NODE) {
        return draw_digest(context->coalition->seed, DRAW_FOR_ALL, DRAW_OPERATION, view, sequence, 0);
    }
    _Alignas(16) unsigned char bytes[BATCH_SIZE];
    write_request(context, view, sequence, bytes);
    return digest_of(bytes, sizeof bytes);
}

struct payload *accomplice_batch(const struct behavior_context *context, view_number view, sequence_number sequence,
                                 struct outbox *outbox)
{
    assert(context->coalition->accomplice != NO_NODE);
    struct payload *batch = outbox_allocate(outbox, BATCH_SIZE);
    write_request(context, view, sequence, batch->bytes);
    payload_seal(batch);
    return batch;
}

void accomplice_submit(const struct payload *batch, uint64_t now_ns, struct outbox *outbox)
{
    const struct request *request = batch_next(batch, NULL);
    struct journal_entry entry = {
        .kind = JOURNAL_SUBMITTED,
        .time_ns = now_ns,
        .timestamp = request->timestamp,
        .client = request->client,
        .digest = request_mark(batch),
        .planned_ns = now_ns,
    };
    outbox_record(outbox, &entry);
}
