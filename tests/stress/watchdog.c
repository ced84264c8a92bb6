/* A node that never returns from a step: the run must end with a report of every ring instead of hanging. Takes as long
 * as the watchdog is patient, twice; ends with exit code 1 and the report on stderr, which is what CTest looks for. */
#include <unistd.h>

#include "tests/stress/harness.h"

static void step(struct node *node, const struct event *event, struct outbox *outbox)
{
    for (int i = 0; event->kind == EVENT_START && i < 10; i++) {
        outbox_broadcast(outbox, (struct message){.type = MESSAGE_PREPARE, .sender = node->id});
    }
    while (node->id == 2 && event->kind == EVENT_MESSAGE) {
        sleep(1000);
    }
}

static uint64_t no_deadline(const struct node *node)
{
    (void)node;
    return TIME_NEVER_NS;
}

static const struct node_operations operations = {.step = step, .deadline = no_deadline};

int main(void)
{
    struct node list[4] = {{&operations, 0}, {&operations, 1}, {&operations, 2}, {&operations, 3}};
    struct node *nodes[4] = {&list[0], &list[1], &list[2], &list[3]};
    struct counting_sink sink = {.kind = JOURNAL_EXECUTED, .wanted = 1};
    struct driver_options options = harness_options(nodes, 4, 4, &sink);
    struct driver_report *report = calloc(1, sizeof *report);
    struct error error;
    CHECK(!threads_run(&options, report, &error), "the run went on");
    CHECK(false, "the run was stopped although a thread cannot be: %s", error.text);
    return 0;
}
