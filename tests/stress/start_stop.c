/* Starts and stops many clusters in one process: none hangs, none leaks, and 1,000 threads start and stop in less than
 * the time that a run is worth waiting for.
 *
 *   stress.start_stop [CLUSTERS [REPLICAS]] */
#include <dirent.h>
#include <sched.h>

#include "net/clock.h"
#include "tests/stress/harness.h"

static void greet(struct node *node, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START) {
        outbox_broadcast(outbox, (struct message){.type = MESSAGE_PREPARE, .sender = node->id});
    } else if (event->kind == EVENT_MESSAGE && event->from == 0) {
        outbox_record(outbox, &(struct journal_entry){.kind = JOURNAL_EXECUTED});
    }
}

static uint64_t no_deadline(const struct node *node)
{
    (void)node;
    return TIME_NEVER_NS;
}

static const struct node_operations operations = {.step = greet, .deadline = no_deadline};

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%*d %ld", &pages) == 1, "/proc/self/statm");
    fclose(file);
    return pages * 4;
}

static int entries_in(const char *path)
{
    int count = 0;
    DIR *directory = opendir(path);
    CHECK(directory != NULL, "%s", path);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

/* A thread that was joined may still be on its way out of the process's list for a moment. */
static void await_threads(int wanted)
{
    const uint64_t limit_ns = host_now_ns() + UINT64_C(5000000000);
    while (entries_in("/proc/self/task") > wanted) {
        CHECK(host_now_ns() < limit_ns, "threads are left over");
        sched_yield();
    }
}

int main(int argc, char **argv)
{
    const uint64_t clusters = argument(argc, argv, 1, 200);
    const uint32_t replicas = (uint32_t)argument(argc, argv, 2, 100);
    struct node *list = calloc(replicas, sizeof *list);
    struct node **nodes = calloc(replicas, sizeof *nodes);
    for (uint32_t i = 0; i < replicas; i++) {
        list[i] = (struct node){&operations, i};
        nodes[i] = &list[i];
    }
    struct driver_report *report = calloc(1, sizeof *report);
    long early_kib = 0;
    int threads_left = 0;
    const uint64_t before_ns = host_now_ns();
    for (uint64_t i = 0; i < clusters; i++) {
        /* every third run ends before it is finished, with everything under way */
        struct counting_sink sink = {.kind = JOURNAL_EXECUTED, .wanted = i % 3 == 0 ? 1 : replicas - 1};
        struct driver_options options = harness_options(nodes, replicas, replicas, &sink);
        options.delay_lines = 1 + (uint32_t)(i % 2);
        if (i % 5 == 0) {
            options.links.delay = (struct delay){.kind = DELAY_UNIFORM, .a = 0, .b = 3e6};
        }
        struct error error;
        CHECK(threads_run(&options, report, &error), "%s", error.text);
        CHECK(report->end == END_FINISHED, "%s", driver_end_name(report->end));
        check_books(report);
        if (i == 0) {
            threads_left = entries_in("/proc/self/task");
        }
        await_threads(threads_left);
        if (i == clusters / 4) {
            early_kib = resident_kib();
        }
    }
    const double each_ms = (double)(host_now_ns() - before_ns) / (double)clusters * 1e-6;
    const long grown_kib = resident_kib() - early_kib;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* which keep what is freed, and find leaks */
    CHECK(clusters < 20 || grown_kib < 16384, "memory grew by %ld KiB", grown_kib);
#endif
    printf("%" PRIu64 " clusters of %u replicas: %.1f ms each, memory %+ld KiB since a quarter of them\n", clusters,
           replicas, each_ms, grown_kib);
    free(list);
    free(nodes);
    free(report);
    return 0;
}
