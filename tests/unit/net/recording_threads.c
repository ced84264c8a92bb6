/* A recording of threads names every message that a node got, whether it was stepped with it or counted it. */
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/driver.h"
#include "net/recorded.h"
#include "net/recording.h"

enum { REPLICAS = 5, MESSAGES = 4000, ENOUGH = 6000, MOST = REPLICAS * MESSAGES };

/* Sends messages whose sequence is their number, some to one, the others to all; counts what comes in as a whim takes
 * it. Writes down what it gets, in order. */
struct talker {
    struct node node;
    uint64_t whims;
    uint64_t sent, received, counted, briefly;
    struct recorded_step got[MOST];
};

static struct talker talkers[REPLICAS];

static uint32_t draw(struct talker *talker, uint32_t below)
{
    talker->whims = talker->whims * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(talker->whims >> 33) % below;
}

static void get(struct talker *talker, uint64_t now_ns, node_id from, uint64_t number)
{
    cr_assert_lt(talker->received, MOST);
    talker->got[talker->received++] = (struct recorded_step){
        .now_ns = now_ns, .node = talker->node.id, .from = from, .number = number};
}

static void talk(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct talker *talker = (struct talker *)node;
    if (event->kind == EVENT_MESSAGE) {
        get(talker, event->now_ns, event->from, event->message->sequence);
        if (talker->received >= ENOUGH) {
            outbox_record(outbox, &(struct journal_entry){.kind = JOURNAL_EXECUTED, .sequence = 1});
        }
        return;
    }
    const bool all_to_all = draw(talker, 3) > 0;
    for (uint32_t i = draw(talker, 100); i > 0 && talker->sent < MESSAGES; i--) {
        const struct message message = {.type = MESSAGE_COMMIT, .sender = node->id, .sequence = talker->sent++};
        if (!all_to_all && draw(talker, 10) == 0) {
            outbox_send(outbox, (node->id + 1 + draw(talker, REPLICAS - 1)) % REPLICAS, message);
        } else {
            outbox_broadcast(outbox, message);
        }
    }
}

static uint32_t count_some(struct node *node, uint64_t now_ns, const struct message *messages,
                           const struct reference *references, uint32_t number)
{
    struct talker *talker = (struct talker *)node;
    const uint32_t whim = talker->received < ENOUGH ? draw(talker, 200) : 0;
    const uint32_t most = whim < number ? whim : number;
    uint32_t count = 0;
    for (; count < most && messages[references[count].slot].payload == NULL; count++) {
        get(talker, now_ns, references[count].from, messages[references[count].slot].sequence);
    }
    talker->counted += count;
    return count;
}

static uint32_t count_some_in_brief(struct node *node, uint64_t now_ns, node_id from, view_number view,
                                    const struct brief_vote *votes, uint32_t number)
{
    struct talker *talker = (struct talker *)node;
    const uint32_t whim = talker->received < ENOUGH ? draw(talker, 100) : 0;
    const uint32_t count = whim < number ? whim : number;
    cr_assert_eq(view, 0);
    for (uint32_t i = 0; i < count; i++) {
        get(talker, now_ns, from, votes[i].head & ~BRIEF_COMMIT);
    }
    talker->briefly += count;
    return count;
}

static uint64_t wants_to_talk(const struct node *node)
{
    return ((const struct talker *)node)->sent < MESSAGES ? 0 : TIME_NEVER_NS;
}

static const struct node_operations talker_operations = {
    .step = talk, .count = count_some, .count_brief = count_some_in_brief, .deadline = wants_to_talk};

static void read_nothing(void *context, node_id node, const struct journal_entry *entries, size_t count)
{
    (void)entries;
    *(uint64_t *)context |= (UINT64_C(1) << node) * (count > 0);
}

static bool all_have_enough(void *context)
{
    return *(uint64_t *)context == (UINT64_C(1) << REPLICAS) - 1;
}

/* Returns the file. */
static int record_talk(uint32_t lines)
{
    struct error error;
    struct driver_report report;
    struct recording recording;
    struct node *nodes[REPLICAS];
    const int file = memfd_create("recording", 0);
    uint64_t have_enough = 0;
    for (node_id id = 0; id < REPLICAS; id++) {
        talkers[id] = (struct talker){.node = {&talker_operations, id}, .whims = id};
        nodes[id] = &talkers[id].node;
    }
    const struct driver_options options = {
        .nodes = nodes,
        .replicas = REPLICAS,
        .node_count = REPLICAS,
        .links = {.seed = 1, .replicas = REPLICAS, .gst_ns = TIME_NEVER_NS},
        .deadline_ns = UINT64_C(30000000000),
        .stall_ns = TIME_NEVER_NS,
        .window = 64,
        .time_scale = 1.0,
        .delay_lines = lines,
        .sink = {.consume = read_nothing, .finished = all_have_enough, .context = &have_enough},
        .recording = &recording,
    };
    cr_assert(file >= 0 && recording_create(&recording, file, "{}", 2, &error));
    cr_assert(threads_run(&options, &report, &error), "%s", error.text);
    cr_assert_eq(report.end, END_FINISHED);
    cr_assert(recording_finish(&recording, "{}", 2, &error), "%s", error.text);
    recording_destroy(&recording);
    return file;
}

static void check_got(const struct recorded *recorded, const struct talker *talker)
{
    struct error error;
    struct recorded_cursor cursor = recorded_cursor(recorded, talker->node.id);
    struct recorded_step step;
    bool end = false;
    for (uint64_t i = 0; i < talker->received;) {
        cr_assert(recorded_next(&cursor, &step, &end, &error) && !end);
        if (step.kind == EVENT_MESSAGE) {
            const struct recorded_step *got = &talker->got[i++];
            cr_assert(step.now_ns == got->now_ns && step.node == got->node && step.from == got->from &&
                          step.number == got->number,
                      "message %lu of %u, not %lu of %u", step.number, step.from, got->number, got->from);
        }
    }
    recorded_cursor_release(&cursor);
}

Test(recording_threads, runs_are_of_what_was_counted, .timeout = 60)
{
    for (uint32_t lines = 1; lines <= 3; lines++) {
        struct error error;
        struct recorded recorded;
        const int file = record_talk(lines);
        cr_assert(recorded_read(&recorded, file, "file", &error), "%s", error.text);
        for (node_id id = 0; id < REPLICAS; id++) {
            check_got(&recorded, &talkers[id]);
            cr_assert_gt(talkers[id].counted, ENOUGH / 20, "only %lu were counted", talkers[id].counted);
            cr_assert_gt(talkers[id].briefly, ENOUGH / 20, "only %lu in brief", talkers[id].briefly);
        }
        recorded_close(&recorded);
        close(file);
    }
}
