/* Latency matrices that come with the program: the files of runner/matrices, put into it when it is built. */
#ifndef PBFT_RUNNER_BUILTIN_MATRIX_H
#define PBFT_RUNNER_BUILTIN_MATRIX_H

struct builtin_matrix {
    const char *name;
    const char *table; /* the file's text */
};

/* Ends with a name that is NULL. */
extern const struct builtin_matrix builtin_matrices[];

#endif
