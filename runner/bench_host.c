#include "runner/bench_host.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "net/park.h"
#include "runner/version.h"

/* What follows "NAME...: " in a file of /proc, without its newline; false if it is not there. */
static bool proc_value(const char *path, const char *name, char text[HOST_TEXT_SIZE])
{
    char line[512];
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, name, strlen(name)) == 0 && colon != NULL) {
            colon += 1 + strspn(colon + 1, " \t");
            snprintf(text, HOST_TEXT_SIZE, "%.*s", (int)strcspn(colon, "\n"), colon);
            found = true;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

void bench_host_read(struct bench_host *host)
{
    *host = (struct bench_host){.cores = thread_core_count(), .cpu = "unknown", .system = "unknown", .load = -1};
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    host->online = online < 1 ? 1 : (uint32_t)online;
    proc_value("/proc/cpuinfo", "model name", host->cpu);
    struct utsname names;
    if (uname(&names) == 0) {
        snprintf(host->system, sizeof host->system, "%.40s %.60s %.20s", names.sysname, names.release, names.machine);
    }
    snprintf(host->compiler, sizeof host->compiler, "%s", version_compiler());
    snprintf(host->sanitizer, sizeof host->sanitizer, "%s", version_sanitizer());
    char allocator[ALLOCATOR_TEXT_SIZE];
    version_allocator(allocator);
    snprintf(host->allocator, sizeof host->allocator, "%s", allocator);
    double loads[1];
    if (getloadavg(loads, 1) == 1) {
        host->load = loads[0];
    }
}

static uint64_t timeval_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_usec * 1000;
}

struct bench_usage bench_usage_now(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return (struct bench_usage){0};
    }
    return (struct bench_usage){
        .user_ns = timeval_ns(usage.ru_utime),
        .system_ns = timeval_ns(usage.ru_stime),
        .voluntary = (uint64_t)usage.ru_nvcsw,
        .involuntary = (uint64_t)usage.ru_nivcsw,
        .faults = (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt,
    };
}

struct bench_usage bench_usage_since(const struct bench_usage *before)
{
    const struct bench_usage now = bench_usage_now();
    return (struct bench_usage){
        .user_ns = now.user_ns - before->user_ns,
        .system_ns = now.system_ns - before->system_ns,
        .voluntary = now.voluntary - before->voluntary,
        .involuntary = now.involuntary - before->involuntary,
        .faults = now.faults - before->faults,
    };
}

static uint64_t status_bytes(const char *name)
{
    char text[HOST_TEXT_SIZE];
    return proc_value("/proc/self/status", name, text) ? strtoull(text, NULL, 10) * 1024 : 0;
}

uint64_t bench_resident_bytes(void)
{
    return status_bytes("VmRSS");
}

uint64_t bench_peak_bytes(void)
{
    return status_bytes("VmHWM");
}

void bench_peak_reset(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "we");
    if (file != NULL) {
        fputs("5", file); /* proc(5): resets the peak resident set size */
        fclose(file);
    }
}

bool bench_cores_limit(uint32_t count, cpu_set_t *before)
{
    cpu_set_t limited;
    CPU_ZERO(&limited);
    if (sched_getaffinity(0, sizeof *before, before) != 0) {
        return false;
    }
    for (size_t core = 0; core < CPU_SETSIZE && count > 0; core++) {
        if (CPU_ISSET(core, before)) {
            CPU_SET(core, &limited);
            count--;
        }
    }
    return sched_setaffinity(0, sizeof limited, &limited) == 0;
}

void bench_cores_restore(const cpu_set_t *before)
{
    sched_setaffinity(0, sizeof *before, before);
}

static int open_counter(uint64_t what, int core)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attributes,
        .config = what,
    };
    return (int)syscall(SYS_perf_event_open, &attributes, -1, core, -1, PERF_FLAG_FD_CLOEXEC);
}

void bench_counters_open(struct bench_counters *counters)
{
    *counters = (struct bench_counters){.available = true};
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    for (int core = 0; core < online && core < BENCH_COUNTERS_MOST_CORES && counters->available; core++) {
        counters->instructions[core] = open_counter(PERF_COUNT_HW_INSTRUCTIONS, core);
        counters->misses[core] = open_counter(PERF_COUNT_HW_CACHE_MISSES, core);
        counters->available = counters->instructions[core] >= 0 && counters->misses[core] >= 0;
        snprintf(counters->why, sizeof counters->why, "%s",
                 errno == ENOENT || errno == ENODEV  ? "this machine shows no hardware counters"
                 : errno == EACCES || errno == EPERM ? "not permitted; see kernel.perf_event_paranoid"
                                                     : strerror(errno));
        counters->cores++;
    }
    if (!counters->available) {
        bench_counters_close(counters);
    }
}

void bench_counters_close(struct bench_counters *counters)
{
    for (uint32_t core = 0; core < counters->cores; core++) {
        if (counters->instructions[core] >= 0) {
            close(counters->instructions[core]);
        }
        if (counters->misses[core] >= 0) {
            close(counters->misses[core]);
        }
    }
    counters->cores = 0;
}

static uint64_t read_counters(const int *descriptors, uint32_t cores)
{
    uint64_t sum = 0;
    for (uint32_t core = 0; core < cores; core++) {
        uint64_t value = 0;
        if (read(descriptors[core], &value, sizeof value) == (ssize_t)sizeof value) {
            sum += value;
        }
    }
    return sum;
}

void bench_counters_read(const struct bench_counters *counters, uint64_t *instructions, uint64_t *misses)
{
    *instructions = read_counters(counters->instructions, counters->cores);
    *misses = read_counters(counters->misses, counters->cores);
}
