/* The real clock's driver: a thread for each replica, a few for the clients, and the delay lines between them. The
 * thread that calls threads_run() builds them, reads the journals while they run, decides when the run ends, and
 * stops them. Nobody waits for that thread but agents whose journal is full, and it waits for nobody: no cycle. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/memory.h"
#include "net/recording.h"
#include "net/watchdog.h"

#define AGENT_STACK_BYTES (128u << 10)
#define LINE_STACK_BYTES (256u << 10)
/* The reader looks at the journals at most so often unless one is half full: at first tightly, so that a short run's
 * end is seen when it comes, later relaxed. */
#define PACE_LEAST_NS 20000u
#define PACE_MOST_NS 1000000u
#define PACE_AGENT_NS 1000u
/* How soon an interruption is seen. */
#define POLL_NS UINT64_C(20000000)

enum gate_word { GATE_START = 1, GATE_CANCEL };

/* Threads that are stopped together. */
struct group {
    atomic_bool stop;
    _Atomic uint32_t running;
};

struct cluster;

struct worker {
    struct cluster *cluster;
    struct group *group;
    struct agent *agent;     /* or */
    struct delay_line *line; /* one of both */
    uint32_t index;          /* of either */
    pthread_t thread;
    uint64_t cpu_ns;
};

struct cluster {
    const struct driver_options *options;
    struct driver_report *report;
    struct topology topology;
    struct run_clock clock;
    uint32_t agent_count, worker_count, started;
    struct port **ports;
    struct agent **agents;
    struct delay_line **lines;
    struct parker **line_parkers;
    struct worker *workers; /* lines, then agents */
    struct parker reader;
    struct gate gate;
    struct group clients, replicas, delay_lines;
    struct watchdog watchdog;
    uint64_t executed, executed_seen; /* EXECUTED entries; when the last stall check looked */
    uint64_t last_executed_ns;        /* emulated */
};

/* --- threads ----------------------------------------------------------------------------------------------------- */

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    struct cluster *cluster = worker->cluster;
    char name[16];
    const bool client = worker->line == NULL && worker->index >= cluster->topology.replicas;
    snprintf(name, sizeof name, "%s %u",
             worker->line != NULL ? "line"
             : client             ? "clients"
                                  : "replica",
             (client ? worker->index - cluster->topology.replicas : worker->index) % 1000000u);
    /* lines from the other end, so that few of them share a core with the first replicas */
    const uint32_t place = worker->line != NULL ? thread_core_count() - 1 - worker->index % thread_core_count()
                                                : worker->index;
    thread_prepare(name, cluster->options->pin ? thread_core(place) : -1);
    if (gate_wait(&cluster->gate) == GATE_START) {
        if (worker->line != NULL) {
            delay_line_run(worker->line, &worker->group->stop);
        } else {
            agent_run(worker->agent, &worker->group->stop);
        }
    }
    worker->cpu_ns = host_thread_cpu_ns();
    /* release: all that the thread did, for whoever sees that it is done */
    atomic_fetch_sub_explicit(&worker->group->running, 1, memory_order_release);
    parker_fence();
    parker_wake(&cluster->reader, true);
    return NULL;
}

static bool under_sanitizer(void)
{
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    return true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
    return true;
#else
    return false;
#endif
#else
    return false;
#endif
}

static bool start_worker(struct worker *worker)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (!under_sanitizer()) {
        pthread_attr_setstacksize(&attributes, worker->line != NULL ? LINE_STACK_BYTES : AGENT_STACK_BYTES);
    }
    /* relaxed: the thread itself is started after it */
    atomic_fetch_add_explicit(&worker->group->running, 1, memory_order_relaxed);
    const int failure = pthread_create(&worker->thread, &attributes, worker_main, worker);
    pthread_attr_destroy(&attributes);
    if (failure != 0) {
        atomic_fetch_sub_explicit(&worker->group->running, 1, memory_order_relaxed);
    }
    return failure == 0;
}

static void join_all(struct cluster *cluster)
{
    for (uint32_t i = 0; i < cluster->started; i++) {
        pthread_join(cluster->workers[i].thread, NULL);
        cluster->report->cpu_ns += cluster->workers[i].cpu_ns;
    }
}

static bool start_all(struct cluster *cluster, struct error *error)
{
    for (; cluster->started < cluster->worker_count; cluster->started++) {
        if (!start_worker(&cluster->workers[cluster->started])) {
            gate_open(&cluster->gate, GATE_CANCEL);
            join_all(cluster);
            return error_set(error,
                             "could not start thread %u of %u: use fewer --nodes, or raise the limits on processes "
                             "(ulimit -u, /proc/sys/kernel/threads-max, vm.max_map_count), or use --clock virtual",
                             cluster->started + 1, cluster->worker_count);
        }
    }
    return true;
}

/* --- stopping ---------------------------------------------------------------------------------------------------- */

_Noreturn static void give_up(const struct cluster *cluster, const char *headline)
{
    watchdog_print(&cluster->watchdog, headline);
    /* threads that do not stop cannot be joined, and what they use cannot be freed: the process has to end */
    fflush(NULL);
    _exit(1);
}

static void wake_group(struct cluster *cluster, const struct group *group)
{
    for (uint32_t i = 0; i < cluster->worker_count; i++) {
        const struct worker *worker = &cluster->workers[i];
        if (worker->group == group) {
            parker_wake(worker->line != NULL ? delay_line_parker(worker->line) : &cluster->ports[worker->index]->parker,
                        true);
        }
    }
}

static void stop_group(struct cluster *cluster, struct group *group)
{
    /* release, then fence: a sleeper either sees the flag when it looks again or is seen to sleep here */
    atomic_store_explicit(&group->stop, true, memory_order_release);
    parker_fence();
    wake_group(cluster, group);
    const uint64_t limit_ns = host_now_ns() + WATCHDOG_LIMIT_NS;
    for (;;) {
        parker_announce(&cluster->reader, PARKER_SLEEPING);
        /* acquire: pairs with the release of each thread's end */
        if (atomic_load_explicit(&group->running, memory_order_acquire) == 0) {
            parker_cancel(&cluster->reader);
            return;
        }
        if (host_now_ns() >= limit_ns) {
            give_up(cluster, "the run does not stop: a thread has not come back for 10 s");
        }
        parker_sleep(&cluster->reader, PARKER_SLEEPING, host_now_ns() + POLL_NS);
    }
}

/* Clients first, so that the replicas' last steps are answered to; what is under way then is counted as discarded. */
static void stop_all(struct cluster *cluster)
{
    stop_group(cluster, &cluster->clients);
    stop_group(cluster, &cluster->replicas);
    stop_group(cluster, &cluster->delay_lines);
    join_all(cluster);
}

/* --- while it runs ----------------------------------------------------------------------------------------------- */

/* One look at each journal; true as soon as nothing more is awaited. */
static bool read_journals(struct cluster *cluster, uint32_t *entries)
{
    const struct journal_sink *sink = &cluster->options->sink;
    for (uint32_t agent = 0; agent < cluster->agent_count; agent++) {
        const uint32_t count = agent_read_journal(cluster->agents[agent], sink, &cluster->executed);
        *entries += count;
        if (count > 0 && sink->finished(sink->context)) {
            return true;
        }
    }
    return false;
}

static bool interrupted(const struct cluster *cluster)
{
    /* relaxed: only a signal handler writes it */
    return cluster->options->interrupted != NULL &&
           atomic_load_explicit(cluster->options->interrupted, memory_order_relaxed) != 0;
}

/* Whether the run ends now for another reason than being finished. */
static bool must_end(struct cluster *cluster, uint64_t now_ns, enum driver_end *end)
{
    const struct driver_options *options = cluster->options;
    if (cluster->executed != cluster->executed_seen) {
        cluster->executed_seen = cluster->executed;
        cluster->last_executed_ns = now_ns;
    }
    if (interrupted(cluster)) {
        *end = END_INTERRUPTED;
        return true;
    }
    if (now_ns >= options->deadline_ns) {
        *end = END_DEADLINE;
        return true;
    }
    *end = END_STALLED;
    return options->stall_ns != TIME_NEVER_NS && now_ns - cluster->last_executed_ns >= options->stall_ns;
}

/* When the run ends at the latest as things stand, in host time. */
static uint64_t latest_end_ns(const struct cluster *cluster)
{
    const struct driver_options *options = cluster->options;
    const uint64_t stall_ns = options->stall_ns < TIME_NEVER_NS - cluster->last_executed_ns
                                  ? cluster->last_executed_ns + options->stall_ns
                                  : TIME_NEVER_NS;
    return clock_host_ns(&cluster->clock, stall_ns < options->deadline_ns ? stall_ns : options->deadline_ns);
}

static bool any_journal(const struct cluster *cluster)
{
    for (uint32_t agent = 0; agent < cluster->agent_count; agent++) {
        if (ring_depth(&cluster->ports[agent]->journal) > 0) {
            return true;
        }
    }
    return false;
}

/* Sleeps: after a look that found nothing until there is something to read, else for the pace. */
static void reader_sleep(struct cluster *cluster, bool found, uint64_t now_ns)
{
    uint64_t until_ns = now_ns + POLL_NS;
    enum parker_state state = PARKER_SLEEPING;
    if (found) {
        const uint64_t most_ns = PACE_MOST_NS + (uint64_t)cluster->agent_count * PACE_AGENT_NS;
        uint64_t pace_ns = (now_ns - cluster->clock.origin_ns) / 128;
        pace_ns = pace_ns < PACE_LEAST_NS ? PACE_LEAST_NS : pace_ns;
        until_ns = now_ns + (pace_ns < most_ns ? pace_ns : most_ns);
        state = PARKER_URGENT_ONLY;
    }
    const uint64_t end_ns = latest_end_ns(cluster);
    until_ns = end_ns < until_ns ? end_ns : until_ns;
    parker_announce(&cluster->reader, state);
    if (!found && any_journal(cluster)) {
        parker_cancel(&cluster->reader);
        return;
    }
    parker_sleep(&cluster->reader, state, until_ns);
}

/* Reads journals until the run ends. False when nothing moves any more although something should. */
static bool supervise(struct cluster *cluster, enum driver_end *end)
{
    for (;;) {
        uint32_t entries = 0;
        if (read_journals(cluster, &entries)) {
            *end = END_FINISHED;
            return true;
        }
        const uint64_t now_ns = host_now_ns();
        if (must_end(cluster, clock_emulated_ns(&cluster->clock, now_ns), end)) {
            return true;
        }
        if (watchdog_stuck(&cluster->watchdog, now_ns)) {
            watchdog_print(&cluster->watchdog, "nothing has moved for 10 s although messages are waiting");
            return false;
        }
        reader_sleep(cluster, entries > 0, now_ns);
    }
}

/* --- building ---------------------------------------------------------------------------------------------------- */

static struct topology topology_of(const struct driver_options *options)
{
    const uint32_t cores = thread_core_count();
    const uint32_t clients = options->node_count - options->replicas;
    struct topology topology = {
        .replicas = options->replicas,
        .nodes = options->node_count,
        .client_agents = clients < cores ? clients : cores,
    };
    const uint32_t agents = topology_agents(&topology);
    topology.lines = options->delay_lines < agents ? options->delay_lines : agents;
    return topology;
}

static bool create_lines(struct cluster *cluster)
{
    for (uint32_t line = 0; line < cluster->topology.lines; line++) {
        cluster->lines[line] = delay_line_create(&cluster->topology, &cluster->options->links, &cluster->clock,
                                                 cluster->ports, line);
        if (cluster->lines[line] == NULL) {
            return false;
        }
        cluster->line_parkers[line] = delay_line_parker(cluster->lines[line]);
        cluster->workers[line] = (struct worker){
            .cluster = cluster, .group = &cluster->delay_lines, .line = cluster->lines[line], .index = line};
    }
    return true;
}

static struct recording_stream *stream_of(const struct cluster *cluster, uint32_t agent)
{
    struct recording *recording = cluster->options->recording;
    const node_id owner = topology_hosted(&cluster->topology, agent) == 1
                              ? topology_hosted_id(&cluster->topology, agent, 0)
                              : NO_NODE;
    return recording == NULL ? NULL : recording_stream(recording, agent, owner);
}

static bool create_agents(struct cluster *cluster)
{
    const struct topology *topology = &cluster->topology;
    for (uint32_t i = 0; i < cluster->agent_count; i++) {
        const struct agent_config config = {
            .topology = topology,
            .clock = &cluster->clock,
            .keyring = cluster->options->keyring,
            .watches = cluster->options->watches,
            .nodes = cluster->options->nodes,
            .port = cluster->ports[i],
            .messages = delay_line_messages(cluster->lines[topology_line_of(topology, i)]),
            .numbers = delay_line_numbers(cluster->lines[topology_line_of(topology, i)]),
            .recording = stream_of(cluster, i),
            .lines = cluster->line_parkers,
            .reader = &cluster->reader,
            .agent = i,
            .bandwidth = topology_hosted_id(topology, i, 0) < topology->replicas ? cluster->options->links.bandwidth
                                                                                 : 0,
            .bundles = link_hands_over_at_once(&cluster->options->links),
        };
        cluster->agents[i] = agent_create(&config);
        if (cluster->agents[i] == NULL) {
            return false;
        }
        cluster->workers[topology->lines + i] = (struct worker){.cluster = cluster,
                                                                .group = i < topology->replicas ? &cluster->replicas
                                                                                                : &cluster->clients,
                                                                .agent = cluster->agents[i],
                                                                .index = i};
    }
    return true;
}

static bool create_parts(struct cluster *cluster)
{
    const struct topology *topology = &cluster->topology;
    cluster->ports = calloc(cluster->agent_count, sizeof(struct port *));
    cluster->agents = calloc(cluster->agent_count, sizeof(struct agent *));
    cluster->lines = calloc(topology->lines, sizeof(struct delay_line *));
    cluster->line_parkers = calloc(topology->lines, sizeof(struct parker *));
    cluster->workers = calloc(cluster->worker_count, sizeof *cluster->workers);
    if (cluster->ports == NULL || cluster->agents == NULL || cluster->lines == NULL || cluster->line_parkers == NULL ||
        cluster->workers == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < cluster->agent_count; i++) {
        cluster->ports[i] = port_create(topology, i, cluster->options->window, cluster->options->batch);
        if (cluster->ports[i] == NULL || (cluster->options->recording != NULL && !port_number(cluster->ports[i]))) {
            return false;
        }
    }
    if (cluster->options->recording != NULL && !recording_open(cluster->options->recording, cluster->agent_count)) {
        return false;
    }
    return create_lines(cluster) && create_agents(cluster);
}

static void cluster_destroy(struct cluster *cluster)
{
    for (uint32_t i = 0; i < cluster->agent_count; i++) {
        if (cluster->agents != NULL) {
            agent_destroy(cluster->agents[i]);
        }
        if (cluster->ports != NULL) {
            port_destroy(cluster->ports[i]);
        }
    }
    for (uint32_t line = 0; cluster->lines != NULL && line < cluster->topology.lines; line++) {
        delay_line_destroy(cluster->lines[line]);
    }
    free(cluster->ports);
    free(cluster->agents);
    free(cluster->lines);
    free(cluster->line_parkers);
    free(cluster->workers);
    free(cluster);
}

static struct cluster *cluster_create(const struct driver_options *options, struct driver_report *report)
{
    struct cluster *cluster = memory_lines(1, sizeof *cluster);
    if (cluster == NULL) {
        return NULL;
    }
    cluster->options = options;
    cluster->report = report;
    cluster->topology = topology_of(options);
    cluster->clock.scale = options->time_scale;
    cluster->agent_count = topology_agents(&cluster->topology);
    cluster->worker_count = cluster->topology.lines + cluster->agent_count;
    parker_init(&cluster->reader);
    gate_init(&cluster->gate);
    if (!create_parts(cluster)) {
        cluster_destroy(cluster);
        return NULL;
    }
    cluster->watchdog = (struct watchdog){
        .topology = &cluster->topology, .ports = cluster->ports, .agents = cluster->agents, .lines = cluster->lines};
    return cluster;
}

/* --- the run ----------------------------------------------------------------------------------------------------- */

static void collect(struct cluster *cluster)
{
    for (uint32_t i = 0; i < cluster->agent_count; i++) {
        agent_collect(cluster->agents[i], &cluster->options->sink, cluster->report);
    }
    for (uint32_t line = 0; line < cluster->topology.lines; line++) {
        delay_line_collect(cluster->lines[line], cluster->report);
    }
}

bool threads_run(const struct driver_options *options, struct driver_report *report, struct error *error)
{
    assert(options->replicas >= 1 && options->replicas <= options->node_count && options->delay_lines >= 1);
    assert(options->time_scale > 0.0 && options->links.replicas == options->replicas);
    memset(report, 0, sizeof *report);
    histogram_reset(&report->lateness);
    struct cluster *cluster = cluster_create(options, report);
    if (cluster == NULL) {
        return error_set(error, "out of memory for %u replicas on threads: use fewer --nodes or a smaller --window",
                         options->replicas);
    }
    const uint64_t cpu_ns = host_thread_cpu_ns();
    if (!start_all(cluster, error)) {
        cluster_destroy(cluster);
        return false;
    }
    cluster->clock.origin_ns = host_now_ns();
    gate_open(&cluster->gate, GATE_START);
    const bool moved = supervise(cluster, &report->end);
    const uint64_t end_ns = host_now_ns();
    report->elapsed_ns = clock_emulated_ns(&cluster->clock, end_ns);
    report->wall_ns = end_ns - cluster->clock.origin_ns;
    stop_all(cluster);
    collect(cluster);
    report->cpu_ns += host_thread_cpu_ns() - cpu_ns;
    report->threads = cluster->worker_count + 1;
    cluster_destroy(cluster);
    return moved || error_set(error, "nothing moved for 10 s although messages were waiting (details above): this is "
                                     "an error of the emulator; please report it with the command that showed it");
}
