#include "runner/run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "faults/outage.h"
#include "net/memory.h"
#include "runner/checker.h"
#include "runner/cluster.h"
#include "runner/measure.h"
#include "runner/patience.h"

/* Emulated: time runs up to 1000 times faster (--time-scale). */
#define STOPPING_MOST_NS UINT64_C(30000000000000)

static void end_replica(const struct cluster *cluster, node_id id, struct checker *checker, struct run_result *result)
{
    struct replica_status status;
    replica_status(cluster->replicas[id], &status);
    for (int reason = 0; reason < REJECT_REASONS; reason++) {
        result->rejected[reason] += status.rejected[reason];
    }
    result->log_bounded = result->log_bounded && status.in_log <= cluster->protocol.window;
    checker_final_state(checker, id, status.executed, status.state);
}

/* Also what a misbehaving replica came to: one that crashed may have executed a lot before. */
static void end_state(const struct run_plan *plan, const struct cluster *cluster, node_id id, struct run_result *result)
{
    const struct replica *replica = cluster_replica(cluster, id);
    struct replica_result *end = &result->replicas[id];
    *end = (struct replica_result){.id = id, .correct = cluster->replicas[id] != NULL};
    if (cluster->behaviors[id] != NULL) {
        end->chosen = scenario_drawn_behavior_of(plan->scenario, plan->index, id);
    }
    if (replica != NULL) {
        struct replica_status status;
        replica_status(replica, &status);
        end->view = status.view;
        end->executed = status.executed;
        end->stable = status.stable;
        end->state = status.state;
    }
}

static void end_fault(const char *name, uint64_t fired, struct run_result *result)
{
    uint32_t i = 0;
    while (i < result->fault_count && strcmp(result->faults[i].behavior, name) != 0) {
        i++;
    }
    if (i == MAX_BEHAVIORS) {
        return; /* options refuse as many different ones */
    }
    if (i == result->fault_count) {
        result->faults[i].behavior = name;
        result->fault_count++;
    }
    result->faults[i].replicas++;
    result->faults[i].fired += fired;
}

/* What the nodes themselves say, now that nothing runs any more. */
static void end_nodes(const struct run_plan *plan, const struct cluster *cluster, struct checker *checker,
                      struct run_result *result)
{
    result->log_bounded = true;
    for (node_id id = 0; id < result->replica_count; id++) {
        end_state(plan, cluster, id, result);
        if (cluster->replicas[id] != NULL) {
            end_replica(cluster, id, checker, result);
        }
        if (cluster->behaviors[id] != NULL) {
            end_fault(cluster->behaviors[id]->name, cluster_fired(cluster, id), result);
        }
        if (cluster->outages[id]) {
            end_fault("crash", outage_fired(cluster->nodes[id]), result);
        }
    }
    for (uint32_t i = 0; i < cluster->protocol.clients; i++) {
        struct client_status status;
        client_status(cluster->clients[i], &status);
        for (int reason = 0; reason < REJECT_REASONS; reason++) {
            result->rejected[reason] += status.rejected[reason];
        }
    }
    uint64_t fired = 0;
    for (uint32_t i = 0; i < result->fault_count; i++) {
        fired += result->faults[i].fired;
    }
    result->empty = result->fault_count > 0 && fired == 0;
}

/* The highest view in which a correct replica is active; where none is any more, the checker's word stands: the
 * highest that one ever was active in. */
static void end_views(const struct cluster *cluster, struct run_result *result)
{
    bool active = false;
    view_number highest = 0;
    for (node_id id = 0; id < result->replica_count; id++) {
        if (cluster->replicas[id] == NULL) {
            continue;
        }
        struct replica_status status;
        replica_status(cluster->replicas[id], &status);
        if (status.active && (!active || status.view > highest)) {
            highest = status.view;
            active = true;
        }
    }
    if (active) {
        result->final_view = highest;
    }
}

static uint64_t peak_rss_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

static uint32_t usable_cores(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : (uint32_t)cores;
}

/* Of the links that emulate a delay at all: the shorter mean. 0 where none does. */
static double least_delay_mean_ns(const struct scenario *scenario)
{
    double replicas_ns = scenario_link_mean_ns(scenario), clients_ns = scenario_client_link_mean_ns(scenario);
    if (replicas_ns <= 0 || clients_ns <= 0) {
        return replicas_ns > clients_ns ? replicas_ns : clients_ns;
    }
    return replicas_ns < clients_ns ? replicas_ns : clients_ns;
}

static void end_driver(const struct scenario *scenario, const struct driver_report *report, struct run_result *result)
{
    const struct message_counts *messages = &report->messages;
    result->end = report->end;
    result->elapsed_ns = report->elapsed_ns;
    result->messages = *messages;
    result->books_balanced = messages->sent + messages->duplicated ==
                             messages->delivered + messages->dropped + messages->discarded;
    result->wall_ns = report->wall_ns;
    result->cpu_ns = report->cpu_ns;
    result->events = report->events;
    result->most_under_way = report->most_under_way;
    result->stalls = report->stalls;
    result->threads = report->threads;
    result->lateness = report->lateness;
    result->peak_rss_bytes = peak_rss_bytes();
    result->overloaded = scenario->clock == CLOCK_REAL && measure_is_overloaded(report, least_delay_mean_ns(scenario),
                                                                                scenario->time_scale, usable_cores());
}

/* Steps the nodes as recorded. What only the network knew comes from the recording. */
static bool replay(const struct driver_options *options, struct run_replay *replay, struct driver_report *report,
                   struct error *error)
{
    /* threads take some steps more after the run has ended, for at most 10 s of the host's time */
    const uint64_t elapsed_ns = replay->facts.elapsed_ns;
    const uint64_t latest_ns = elapsed_ns < TIME_NEVER_NS - STOPPING_MOST_NS ? elapsed_ns + STOPPING_MOST_NS - 1
                                                                             : TIME_NEVER_NS - 1;
    replay->end = replay_run(options, replay->recorded, latest_ns, &replay->observer, report, error);
    report->end = replay->facts.end;
    report->elapsed_ns = replay->facts.elapsed_ns;
    report->messages.duplicated = replay->facts.duplicated;
    report->messages.dropped = replay->facts.dropped;
    report->messages.discarded = replay->facts.discarded;
    return replay->end == REPLAY_SAME;
}

/* Who sees the journals. */
struct audience {
    const struct journal_sink *watch; /* or NULL */
    struct journal_sink checker;
};

static void watch_and_check(void *context, node_id node, const struct journal_entry *entries, size_t count)
{
    const struct audience *audience = context;
    audience->watch->consume(audience->watch->context, node, entries, count);
    audience->checker.consume(audience->checker.context, node, entries, count);
}

static bool checker_finished(void *context)
{
    const struct audience *audience = context;
    return audience->checker.finished(audience->checker.context);
}

static bool drive(const struct run_plan *plan, const struct driver_options *options, struct driver_report *report,
                  struct error *error)
{
    if (plan->replay != NULL) {
        return replay(options, plan->replay, report, error);
    }
    return plan->scenario->clock == CLOCK_REAL ? threads_run(options, report, error)
                                               : virtual_run(options, report, error);
}

/* With what the schedule does counted, where there is a network to do it to. */
static bool drive_and_count(const struct run_plan *plan, struct driver_options *options, struct driver_report *report,
                            struct run_result *result, struct error *error)
{
    const struct schedule *schedule = plan->scenario->schedule;
    struct schedule_tally tally;
    if (plan->replay != NULL) {
        result->schedule = plan->replay->facts.schedule;
    }
    if (schedule == NULL || plan->replay != NULL) {
        return drive(plan, options, report, error);
    }
    bool done = schedule_tally_create(&tally, schedule) ||
                error_set(error, "not enough memory for a schedule's counts");
    options->links.tally = &tally;
    done = done && drive(plan, options, report, error);
    if (done) {
        result->schedule = (struct schedule_result){.partitions = schedule->partition_count > 0,
                                                    .rules = schedule->rule_count > 0,
                                                    .effect = schedule_tally_effect(&tally)};
    }
    schedule_tally_destroy(&tally);
    return done;
}

static bool run_cluster(const struct run_plan *plan, const struct cluster *cluster, struct checker *checker,
                        struct run_result *result, struct error *error)
{
    struct driver_report *report = memory_lines(1, sizeof *report);
    if (report == NULL) {
        return error_set(error, "not enough memory for the report of a run");
    }
    struct driver_options options = cluster_driver_options(cluster, plan->scenario, plan->index);
    struct audience audience = {plan->watch, checker_sink(checker)};
    options.sink = plan->watch == NULL ? audience.checker
                                       : (struct journal_sink){watch_and_check, checker_finished, &audience};
    options.interrupted = plan->interrupted;
    options.recording = plan->recording;
    bool done = drive_and_count(plan, &options, report, result, error);
    if (done) {
        end_driver(plan->scenario, report, result);
        result->overloaded = result->overloaded && plan->replay == NULL;
        end_nodes(plan, cluster, checker, result);
        if (!checker_finish(checker, report->elapsed_ns)) {
            done = error_set(error, "the checker ran out of memory: a correct replica fell too far behind the others; "
                                    "end the run earlier with --requests or --deadline");
        }
        end_views(cluster, result);
    }
    free(report);
    return done;
}

bool run_scenario(const struct scenario *scenario, uint32_t index, const atomic_int *interrupted,
                  struct run_result *result, struct error *error)
{
    return run_planned(&(struct run_plan){.scenario = scenario, .index = index, .interrupted = interrupted}, result,
                       error);
}

bool run_planned(const struct run_plan *plan, struct run_result *result, struct error *error)
{
    const struct scenario *scenario = plan->scenario;
    const uint32_t index = plan->index;
    memset(result, 0, sizeof *result);
    result->seed = scenario->seed + index;
    result->replica_count = scenario->nodes;
    result->replicas = calloc(scenario->nodes, sizeof *result->replicas);
    if (result->replicas == NULL) {
        return error_set(error, "not enough memory for the results of %u replicas", scenario->nodes);
    }
    struct cluster cluster;
    if (!cluster_create(&cluster, scenario, index, error)) {
        return false;
    }
    const struct checker_config config = {
        .protocol = &cluster.protocol,
        .keyring = cluster.keyring,
        .misbehaving = cluster.misbehaving,
        .requests = scenario->requests,
        .warmup = scenario->warmup,
        .reply_quorum = scenario->reply_quorum,
        .timeline_ns = scenario->timeline_ns,
    };
    struct checker *checker = checker_create(&config, result);
    bool done = checker != NULL ? run_cluster(plan, &cluster, checker, result, error)
                                : error_set(error, "not enough memory for the checker");
    checker_destroy(checker);
    cluster_destroy(&cluster);
    return done;
}

void run_result_destroy(struct run_result *result)
{
    free(result->replicas);
    free(result->timeline);
    result->replicas = NULL;
    result->timeline = NULL;
}
