/* `pbft plot FILE`: pictures of a sweep's or a run's output, drawn by gnuplot with the scripts of plots/. Called once,
 * by main, on its only thread. Reads nothing but the file, and, for the title, the FILE.state that a sweep leaves
 * beside its CSV: whoever has the output can draw it again.
 *
 * What it reads, by the names that sweep and run write:
 *  - a sweep's CSV: the columns before `repeats` are the options that vary; then `repeats`, `safe`, `live`,
 *    `success_rate`, `success_low`, `success_high` and the latencies `QUANTITY_STATISTIC_ns`, where QUANTITY is
 *    commit_latency, request_latency or decision_latency_{first,median,quorum,all} and STATISTIC one of mean,
 *    mean_ci95, p50, p90, p99, min, max. An empty field is a value that does not exist (no success, no latency);
 *  - a sweep's JSON: `config` (the options that all cells share, for the title) and `cells`, an array of objects with
 *    the same values, also nested (`"commit_latency_ns": {"mean": ..}` reads as commit_latency_mean_ns);
 *  - a run's JSON or JSONL: `config` and `runs`. A latency's optional `cdf_ns`, 101 values at 0, 1, .. 100%, gives a
 *    fine CDF; without it the mean latencies of the runs give an empirical one;
 *  - a benchmark's JSON: `bench`, an array of rows with `part`, `quantity`, `case`, `median`, `min`, `max` and
 *    `ceiling`. */
#ifndef PBFT_RUNNER_PLOT_H
#define PBFT_RUNNER_PLOT_H

/* `argv[0]` is the command's own name ("plot"). Returns the exit code: 0, 1 (runtime error) or 64 (usage). */
int plot_command(int argc, char **argv);

#endif
