/* The numbers of replicas at which each rule is tried: every n from 4 to 10, among them those where a quorum is not
 * 2f+1 (5, 6, 8, 9), and both sides of a word of senders. */
#ifndef PBFT_TESTS_PAPER_SIZES_H
#define PBFT_TESTS_PAPER_SIZES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"

static const uint32_t paper_sizes[] = {4, 5, 6, 7, 8, 9, 10, 13, 63, 64, 65, 100};

#define FOR_EACH_SIZE(n)             \
    for (uint32_t size_index = 0, n; \
         size_index < sizeof paper_sizes / sizeof *paper_sizes && (n = paper_sizes[size_index], true); size_index++)

static const enum auth_mode paper_modes[] = {AUTH_NONE, AUTH_MAC, AUTH_SIGNATURE};

#define FOR_EACH_MODE(mode) \
    for (uint32_t mode_index = 0, mode; mode_index < 3 && (mode = paper_modes[mode_index], true); mode_index++)

#endif
