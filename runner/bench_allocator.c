/* `bench allocator`: the same work under jemalloc and under the C library's malloc, in processes of their own, by
 * turns. Which one serves is decided as a process starts: preloading the C library puts it in front of jemalloc. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/bench_parts.h"
#include "runner/version.h"

#define PRELOAD "LD_PRELOAD=libc.so.6"

enum allocator { JEMALLOC, C_LIBRARY, ALLOCATORS };

/* What is compared: where memory is taken by one thread and given back by another, and where one thread does both. */
static const struct {
    const char *part, *quantity, *kind;
} compared[] = {
    {"cluster", "operations", NULL},
    {"cluster", "votes", NULL},
    {"virtual", "events", "replicas"},
};
#define COMPARED (sizeof compared / sizeof *compared)

/* Our environment with or without the preloaded library. Release with free(). */
static char **environment_for(enum allocator allocator, char *preload)
{
    size_t count = 0, kept = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **variables = calloc(count + 2, sizeof *variables);
    for (size_t i = 0; variables != NULL && i < count; i++) {
        if (strncmp(environ[i], "LD_PRELOAD=", 11) != 0) {
            variables[kept++] = environ[i];
        }
    }
    if (variables != NULL && allocator == C_LIBRARY) {
        variables[kept] = preload;
    }
    return variables;
}

/* Starts ourselves with `arguments`, standard output into the pipe. Returns 0 or an errno. */
static int start_child(enum allocator allocator, char **arguments, int output, pid_t *child)
{
    char preload[] = PRELOAD;
    char **variables = environment_for(allocator, preload);
    if (variables == NULL) {
        return ENOMEM;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    int failure = posix_spawn(child, "/proc/self/exe", &actions, NULL, arguments, variables);
    posix_spawn_file_actions_destroy(&actions);
    free(variables);
    return failure;
}

/* What the child says, which must be JSON, and its end; NULL with a sentence. */
static json_t *hear_child(enum allocator allocator, char **arguments, struct error *error)
{
    int ends[2];
    pid_t child;
    json_error_t reason;
    int status = 0;
    if (pipe(ends) != 0) {
        error_set(error, "cannot make a pipe: %s", strerror(errno));
        return NULL;
    }
    const int failure = start_child(allocator, arguments, ends[1], &child);
    close(ends[1]);
    if (failure != 0) {
        close(ends[0]);
        error_set(error, "cannot start pbft again: %s", strerror(failure));
        return NULL;
    }
    json_t *said = json_loadfd(ends[0], 0, &reason);
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (said == NULL) {
        error_set(error, "pbft bench in a process of its own failed: %s", reason.text);
    }
    return said;
}

static json_t *measure_in_child(const struct bench *bench, enum allocator allocator, struct error *error)
{
    char time[32], cores[16];
    char words[][16] = {"pbft", "bench",   "cluster", "virtual",  "--quiet", "--format", "json",    "--nodes",
                        "16",   "--batch", "64",      "--repeat", "1",       "--quick",  "--cores", "--time"};
    char *arguments[sizeof words / sizeof *words + 3];
    size_t count = 0;
    snprintf(time, sizeof time, "%lluns", (unsigned long long)bench->plan.time_ns);
    snprintf(cores, sizeof cores, "%u", bench->plan.cores);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        arguments[count++] = words[i];
        if (strcmp(words[i], "--cores") == 0) {
            arguments[count++] = cores;
        }
    }
    arguments[count++] = time;
    arguments[count] = NULL;
    return hear_child(allocator, arguments, error);
}

/* The median of a quantity in a child's output; NaN if it is not there. */
static double value_in(const json_t *said, size_t which)
{
    size_t index;
    const json_t *row;
    json_array_foreach(json_object_get(said, "bench"), index, row)
    {
        const char *part = json_string_value(json_object_get(row, "part"));
        const char *quantity = json_string_value(json_object_get(row, "quantity"));
        const char *kind = json_string_value(json_object_get(json_object_get(row, "case"), "kind"));
        if (part != NULL && quantity != NULL && strcmp(part, compared[which].part) == 0 &&
            strcmp(quantity, compared[which].quantity) == 0 &&
            (compared[which].kind == NULL || (kind != NULL && strcmp(kind, compared[which].kind) == 0))) {
            return json_number_value(json_object_get(row, "median"));
        }
    }
    return NAN;
}

static struct bench_row row_of(enum allocator allocator, size_t which)
{
    struct bench_row row = {
        .part = "allocator", .quantity = compared[which].quantity, .unit = "1/s", .sense = BENCH_RATE};
    bench_case_text(&row.where, "of", compared[which].part);
    bench_case_number(&row.where, "nodes", 16);
    bench_case_number(&row.where, "batch", 64);
    bench_case_text(&row.where, "allocator", allocator == JEMALLOC ? "jemalloc" : "glibc");
    return row;
}

/* Says in words which is faster, if either is. */
static void conclude(struct bench *bench, size_t which, struct samples samples[ALLOCATORS])
{
    const struct spread ours = spread_of(samples[JEMALLOC].values, samples[JEMALLOC].count);
    const struct spread theirs = spread_of(samples[C_LIBRARY].values, samples[C_LIBRARY].count);
    const bool apart = ours.min > theirs.max || theirs.min > ours.max;
    const char *what = compared[which].quantity, *of = compared[which].part;
    if (ours.count < 2 || theirs.count < 2) {
        return;
    }
    if (apart) {
        bench_rows_note(&bench->rows, "allocator: %s of %s: jemalloc makes %.2f times as many as glibc's malloc", what,
                        of, ours.median / theirs.median);
    } else {
        bench_rows_note(&bench->rows,
                        "allocator: %s of %s: no difference between jemalloc and glibc's malloc that "
                        "stands out of the spread",
                        what, of);
    }
}

static bool measure_all(struct bench *bench, struct samples samples[COMPARED][ALLOCATORS], struct error *error)
{
    for (uint32_t i = 0; i < bench->plan.repeat * ALLOCATORS && !bench_was_interrupted(bench); i++) {
        const enum allocator allocator = i % ALLOCATORS == 0 ? JEMALLOC : C_LIBRARY;
        json_t *said = measure_in_child(bench, allocator, error);
        if (said == NULL) {
            return bench_was_interrupted(bench);
        }
        for (size_t which = 0; which < COMPARED; which++) {
            const double value = value_in(said, which);
            if (value > 0) {
                samples_add(&samples[which][allocator], value);
            }
        }
        json_decref(said);
    }
    return true;
}

bool bench_allocator(struct bench *bench, struct error *error)
{
    if (!version_has_jemalloc()) {
        bench_rows_note(&bench->rows, "allocator: this build has no jemalloc to compare with");
        return true;
    }
    struct samples(*samples)[ALLOCATORS] = calloc(COMPARED, sizeof *samples);
    if (samples == NULL) {
        return error_set(error, "out of memory");
    }
    const bool done = measure_all(bench, samples, error);
    for (size_t which = 0; done && which < COMPARED && !bench_was_interrupted(bench); which++) {
        conclude(bench, which, samples[which]);
        for (enum allocator allocator = JEMALLOC; allocator < ALLOCATORS; allocator++) {
            bench_report(bench, row_of(allocator, which), &samples[which][allocator], NULL);
        }
    }
    free(samples);
    return done;
}
