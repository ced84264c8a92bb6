#include "net/replay.h"

#include <stdlib.h>

#include "net/clock.h"
#include "net/outputs.h"
#include "net/payload.h"
#include "net/proposal.h"
#include "net/timer_queue.h"

#define OUTBOX_MESSAGES 64
#define OUTBOX_ENTRIES 64
#define POLL_MASK 1023u /* the interrupt flag is looked at once in so many steps */
#define NO_STREAM UINT32_MAX

struct stream {
    struct recorded_cursor cursor;
    struct recorded_step next;
    bool end;
    struct output_digest digest; /* of all that its nodes have put out */
};

/* A list that grows: what a step put out, for the observer. */
struct seen {
    void *items;
    size_t count, room;
};

struct replay {
    const struct driver_options *options;
    const struct recorded *recorded;
    const struct replay_observer *observer;
    struct driver_report *report;
    struct error *error;
    struct stream *streams;
    struct timer_queue queue; /* of streams, by the time of their next step */
    struct outputs outputs;
    uint32_t *stream_of;        /* by node */
    uint64_t *steps;            /* by node: taken so far */
    struct proposal *proposals; /* by node */
    struct outbox outbox;
    struct message messages[OUTBOX_MESSAGES];
    struct journal_entry entries[OUTBOX_ENTRIES];
    struct seen seen_messages, seen_entries;
    struct stream *stepping;
    uint64_t now_ns;
    bool put_out;
    bool out_of_memory;
};

/* --- what a step puts out ---------------------------------------------------------------------------------------- */

/* Room for one more item of `size`; NULL if memory is lacking. */
static void *see(struct seen *seen, size_t size)
{
    if (seen->count == seen->room) {
        const size_t room = seen->room == 0 ? 64 : 2 * seen->room;
        void *items = realloc(seen->items, room * size);
        if (items == NULL) {
            return NULL;
        }
        seen->items = items;
        seen->room = room;
    }
    return (char *)seen->items + seen->count++ * size;
}

static void tell_proposal(struct replay *replay, const struct message *message)
{
    const node_id author = replay->outbox.owner;
    struct journal_entry entry;
    if (proposal_note(&replay->proposals[author], message, author, &entry)) {
        replay->options->sink.consume(replay->options->sink.context, author, &entry, 1);
    }
}

static void take_message(struct replay *replay, struct message *message)
{
    const node_id author = replay->outbox.owner;
    const uint32_t replicas = replay->options->replicas;
    message->sent_ns = replay->now_ns;
    if (proposal_is_one(message)) {
        tell_proposal(replay, message);
    }
    message_counts_sent(&replay->report->messages, message,
                        message->to == TO_ALL_REPLICAS ? replicas - (author < replicas) : 1);
    output_message(&replay->stepping->digest, message);
    replay->put_out = true;
    if (replay->observer->step != NULL) {
        struct message *copy = see(&replay->seen_messages, sizeof *copy);
        replay->out_of_memory = replay->out_of_memory || copy == NULL;
        if (copy != NULL) {
            *copy = *message;
            copy->payload = NULL; /* it may be gone before the observer looks */
        }
    }
    replay->out_of_memory = !outputs_add(&replay->outputs, author, message) || replay->out_of_memory;
}

static void flush_messages(struct outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->message_count; i++) {
        take_message(outbox->driver, &outbox->messages[i]);
    }
    outbox->message_count = 0;
}

static void flush_journal(struct outbox *outbox)
{
    struct replay *replay = outbox->driver;
    flush_messages(outbox); /* a proposal comes before what its own sender makes of it */
    for (uint32_t i = 0; i < outbox->entry_count; i++) {
        outbox->entries[i].node = outbox->owner;
        output_entry(&replay->stepping->digest, &outbox->entries[i]);
        replay->put_out = true;
        struct journal_entry *copy = replay->observer->step == NULL ? NULL : see(&replay->seen_entries, sizeof *copy);
        if (copy != NULL) {
            *copy = outbox->entries[i];
        }
    }
    if (outbox->entry_count > 0) {
        replay->options->sink.consume(replay->options->sink.context, outbox->owner, outbox->entries,
                                      outbox->entry_count);
        outbox->entry_count = 0;
    }
}

static struct payload *allocate(struct outbox *outbox, uint32_t size)
{
    (void)outbox;
    return payload_allocate(size);
}

static const struct outbox_operations operations = {
    .flush_messages = flush_messages,
    .flush_journal = flush_journal,
    .allocate = allocate,
};

/* --- what the recording asks for, looked at before any step ------------------------------------------------------ */

static bool reject(struct replay *replay, uint64_t offset, const char *what)
{
    return recorded_reject(replay->recorded, offset, what, replay->error);
}

/* A step must fit the nodes of this run; counts what it will want. `started` has a flag for each node. */
static bool survey_step(struct replay *replay, uint32_t stream, const struct recorded_step *step, uint64_t latest_ns)
{
    const uint32_t nodes = replay->options->node_count;
    if (step->node >= nodes || (step->kind == EVENT_MESSAGE && step->from >= nodes)) {
        return reject(replay, step->offset, "there is no such node");
    }
    if (step->now_ns > latest_ns) {
        return reject(replay, step->offset, "the time of this step is behind the end of the run");
    }
    const bool first = replay->stream_of[step->node] == NO_STREAM;
    if (!first && replay->stream_of[step->node] != stream) {
        return reject(replay, step->offset, "a node's steps are in two places");
    }
    if (first != (step->kind == EVENT_START)) {
        return reject(replay, step->offset, "a node is started once, and before anything else");
    }
    replay->stream_of[step->node] = stream;
    if (step->kind == EVENT_MESSAGE && !outputs_want(&replay->outputs, step->from, step->number)) {
        return step->number >= OUTPUTS_MOST
                   ? reject(replay, step->offset, "no node has put out so many messages")
                   : error_set(replay->error, "not enough memory to replay '%.200s'", replay->recorded->name);
    }
    return true;
}

static bool survey(struct replay *replay, uint64_t latest_ns)
{
    bool right = true;
    for (uint32_t i = 0; i < replay->recorded->stream_count && right; i++) {
        struct recorded_cursor cursor = recorded_cursor(replay->recorded, i);
        bool end = false;
        while (right && !end) {
            struct recorded_step step;
            right = recorded_next(&cursor, &step, &end, replay->error) &&
                    (end || survey_step(replay, i, &step, latest_ns));
        }
        recorded_cursor_release(&cursor);
    }
    return right;
}

/* --- steps ------------------------------------------------------------------------------------------------------- */

static bool advance(struct replay *replay, uint32_t index)
{
    struct stream *stream = &replay->streams[index];
    if (!recorded_next(&stream->cursor, &stream->next, &stream->end, replay->error)) {
        return false;
    }
    timer_queue_set(&replay->queue, index, stream->end ? TIME_NEVER_NS : stream->next.now_ns);
    return true;
}

static bool is_for(const struct message *message, node_id from, node_id node, uint32_t replicas)
{
    return message->to == TO_ALL_REPLICAS ? node < replicas && node != from : message->to == node;
}

static enum replay_end differs(struct replay *replay, const struct recorded_step *step, const char *what)
{
    error_set(replay->error, "the replay differs from the recording: node %u, its step %llu, at %.6f ms: %s",
              step->node, (unsigned long long)replay->steps[step->node], (double)step->now_ns * 1e-6, what);
    return REPLAY_DIFFERENT;
}

static enum replay_end end_step(struct replay *replay, const struct recorded_step *step, const struct event *event,
                                uint64_t first_number)
{
    const struct replayed_step seen = {
        .node = step->node,
        .index = replay->steps[step->node]++,
        .event = event,
        .number = step->number,
        .messages = replay->seen_messages.items,
        .first_number = first_number,
        .message_count = replay->seen_messages.count,
        .entries = replay->seen_entries.items,
        .entry_count = replay->seen_entries.count,
    };
    if (replay->out_of_memory) {
        error_set(replay->error, "not enough memory to replay '%.200s'", replay->recorded->name);
        return REPLAY_FAILED;
    }
    if (replay->observer->step != NULL && !replay->observer->step(replay->observer->context, &seen)) {
        return REPLAY_STOPPED;
    }
    if (replay->put_out != step->put_out || (step->put_out && step->check != output_check(&replay->stepping->digest))) {
        replay->steps[step->node]--;
        return differs(replay, step, "it does not put out what was recorded");
    }
    return REPLAY_SAME;
}

/* Takes the stream's next step; what it is to get is there. */
static enum replay_end take_step(struct replay *replay, uint32_t index)
{
    struct stream *stream = &replay->streams[index];
    const struct recorded_step step = stream->next;
    struct event event = {.now_ns = step.now_ns, .from = step.from, .kind = step.kind};
    if (step.kind == EVENT_MESSAGE) {
        event.message = outputs_at(&replay->outputs, step.from, step.number);
        if (!is_for(event.message, step.from, step.node, replay->options->replicas)) {
            return differs(replay, &step, "what it gets was not sent to it");
        }
    }
    const uint64_t first_number = replay->outputs.of[step.node].count;
    replay->stepping = stream;
    replay->now_ns = step.now_ns;
    replay->put_out = false;
    replay->seen_messages.count = replay->seen_entries.count = 0;
    replay->outbox.owner = step.node;
    replay->outbox.watch = replay->options->watches == NULL ? NULL : replay->options->watches[step.node];
    node_step(replay->options->nodes[step.node], &event, &replay->outbox);
    flush_journal(&replay->outbox);
    replay->report->events++;
    const enum replay_end end = end_step(replay, &step, &event, first_number);
    if (step.kind == EVENT_MESSAGE) {
        outputs_done(&replay->outputs, step.from, step.number);
        replay->report->messages.delivered++;
    }
    return end != REPLAY_SAME || advance(replay, index) ? end : REPLAY_FAILED;
}

/* The stream whose step comes before what this one's next step is to get, which may be that step itself: NO_STREAM if
 * nothing puts that out. Clocks are read before messages are, so a message may be from a little later. */
static uint32_t next_in_line(const struct replay *replay, uint32_t index)
{
    for (uint32_t hops = 0; hops <= replay->recorded->stream_count; hops++) {
        const struct stream *stream = &replay->streams[index];
        const struct recorded_step *step = &stream->next;
        if (stream->end) {
            return NO_STREAM;
        }
        if (step->kind != EVENT_MESSAGE || outputs_has(&replay->outputs, step->from, step->number)) {
            return index;
        }
        index = replay->stream_of[step->from];
        if (index == NO_STREAM) {
            return NO_STREAM;
        }
    }
    return NO_STREAM;
}

static bool interrupted(const struct replay *replay)
{
    return replay->options->interrupted != NULL &&
           atomic_load_explicit(replay->options->interrupted, memory_order_relaxed) != 0;
}

static enum replay_end take_steps(struct replay *replay)
{
    for (uint32_t i = 0; i < replay->recorded->stream_count; i++) {
        replay->streams[i].cursor = recorded_cursor(replay->recorded, i);
        if (!advance(replay, i)) {
            return REPLAY_FAILED;
        }
    }
    enum replay_end end = REPLAY_SAME;
    node_id earliest;
    for (uint64_t turn = 1; end == REPLAY_SAME && timer_queue_next(&replay->queue, &earliest) != TIME_NEVER_NS;
         turn++) {
        const uint32_t index = next_in_line(replay, earliest);
        if (index == NO_STREAM) {
            return differs(replay, &replay->streams[earliest].next, "nobody puts out what it got");
        }
        end = take_step(replay, index);
        if ((turn & POLL_MASK) == 0 && interrupted(replay)) {
            return REPLAY_INTERRUPTED;
        }
    }
    return end;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static bool replay_init(struct replay *replay)
{
    const uint32_t nodes = replay->options->node_count;
    const uint32_t streams = replay->recorded->stream_count;
    const bool queue = timer_queue_create(&replay->queue, streams + 1);
    const bool outputs = outputs_create(&replay->outputs, nodes);
    replay->streams = calloc(streams + 1, sizeof *replay->streams);
    replay->stream_of = malloc(nodes * sizeof *replay->stream_of);
    replay->steps = calloc(nodes, sizeof *replay->steps);
    replay->proposals = calloc(nodes, sizeof *replay->proposals);
    for (uint32_t node = 0; replay->stream_of != NULL && node < nodes; node++) {
        replay->stream_of[node] = NO_STREAM;
    }
    return queue && outputs && replay->streams != NULL && replay->stream_of != NULL && replay->steps != NULL &&
           replay->proposals != NULL;
}

static void replay_release(struct replay *replay)
{
    for (uint32_t i = 0; replay->streams != NULL && i < replay->recorded->stream_count; i++) {
        recorded_cursor_release(&replay->streams[i].cursor);
    }
    timer_queue_destroy(&replay->queue);
    outputs_destroy(&replay->outputs);
    free(replay->streams);
    free(replay->stream_of);
    free(replay->steps);
    free(replay->proposals);
    free(replay->seen_messages.items);
    free(replay->seen_entries.items);
    free(replay);
}

static enum replay_end replay_all(struct replay *replay, uint64_t latest_ns)
{
    const uint64_t wall_ns = host_now_ns(), cpu_ns = host_thread_cpu_ns();
    enum replay_end end = REPLAY_FAILED;
    if (survey(replay, latest_ns)) {
        end = take_steps(replay);
    }
    replay->report->wall_ns = host_now_ns() - wall_ns;
    replay->report->cpu_ns = host_thread_cpu_ns() - cpu_ns;
    return end;
}

enum replay_end replay_run(const struct driver_options *options, const struct recorded *recorded, uint64_t latest_ns,
                           const struct replay_observer *observer, struct driver_report *report, struct error *error)
{
    *report = (struct driver_report){.threads = 1};
    struct replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL) {
        error_set(error, "not enough memory to replay '%.200s'", recorded->name);
        return REPLAY_FAILED;
    }
    replay->options = options;
    replay->recorded = recorded;
    replay->observer = observer;
    replay->report = report;
    replay->error = error;
    replay->outbox = (struct outbox){
        .messages = replay->messages,
        .message_capacity = OUTBOX_MESSAGES,
        .entries = replay->entries,
        .entry_capacity = OUTBOX_ENTRIES,
        .operations = &operations,
        .keyring = options->keyring,
        .auth = options->keyring == NULL ? AUTH_NONE : keyring_mode(options->keyring),
        .driver = replay,
    };
    enum replay_end end = REPLAY_FAILED;
    if (replay_init(replay)) {
        end = replay_all(replay, latest_ns);
    } else {
        error_set(error, "not enough memory to replay '%.200s'", recorded->name);
    }
    replay_release(replay);
    return end;
}
