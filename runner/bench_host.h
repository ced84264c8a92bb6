/* The machine that the benchmark runs on: what it is, how busy, and what the system counted while something ran.
 * One thread. */
#ifndef PBFT_RUNNER_BENCH_HOST_H
#define PBFT_RUNNER_BENCH_HOST_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#define HOST_TEXT_SIZE 128

struct bench_host {
    uint32_t cores;              /* that this process may use */
    uint32_t online;             /* that the machine has */
    char cpu[HOST_TEXT_SIZE];    /* model name, or "unknown" */
    char system[HOST_TEXT_SIZE]; /* kernel and its release */
    char compiler[HOST_TEXT_SIZE], allocator[HOST_TEXT_SIZE], sanitizer[HOST_TEXT_SIZE];
    double load; /* average of the last minute as we began; below 0 = unknown */
};

void bench_host_read(struct bench_host *host);

/* What the system counted for this process, all threads, also those that have ended. */
struct bench_usage {
    uint64_t user_ns, system_ns;
    uint64_t voluntary, involuntary; /* context switches */
    uint64_t faults;                 /* pages */
};
struct bench_usage bench_usage_now(void);
struct bench_usage bench_usage_since(const struct bench_usage *before);

/* The process' size in memory, now and at most since bench_peak_reset(); 0 where the system does not say. */
uint64_t bench_resident_bytes(void);
uint64_t bench_peak_bytes(void);
void bench_peak_reset(void);

/* Confines this thread, and those that it starts from now on, to the first `count` of its cores; keeps in `before` what
 * bench_cores_restore() needs. False if the system refuses. */
bool bench_cores_limit(uint32_t count, cpu_set_t *before);
void bench_cores_restore(const cpu_set_t *before);

/* Hardware counters of the whole machine (those of single processes slow down what switches threads often). */
#define BENCH_COUNTERS_MOST_CORES 256
struct bench_counters {
    bool available;
    char why[HOST_TEXT_SIZE]; /* why not */
    uint32_t cores;
    int instructions[BENCH_COUNTERS_MOST_CORES], misses[BENCH_COUNTERS_MOST_CORES]; /* descriptors */
};
void bench_counters_open(struct bench_counters *counters);
void bench_counters_close(struct bench_counters *counters);
/* Sums over the cores since they were opened. */
void bench_counters_read(const struct bench_counters *counters, uint64_t *instructions, uint64_t *misses);

#endif
