/* `pbft bench`: how fast the parts are, and how close to the hardware's limit. */
#ifndef PBFT_RUNNER_BENCH_H
#define PBFT_RUNNER_BENCH_H

/* `argv[0]` is the command's own name. Returns the exit code. */
int bench_command(int argc, char **argv);

#endif
