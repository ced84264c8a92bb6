#include "runner/timeline_words.h"

#include <stdio.h>

#include "runner/words.h"

#define MOST_ROWS 60u
#define BAR_WIDTH 40u

/* Bins first .. first + count - 1 as one. */
static struct timeline_bin merged(const struct run_result *result, uint32_t first, uint32_t count)
{
    struct timeline_bin row = {0};
    for (uint32_t i = first; i < first + count && i < result->timeline_bins; i++) {
        row.executed += result->timeline[i].executed;
        row.view = result->timeline[i].view;
    }
    return row;
}

static uint64_t most_executed(const struct run_result *result, uint32_t together)
{
    uint64_t most = 1;
    for (uint32_t first = 0; first < result->timeline_bins; first += together) {
        uint64_t executed = merged(result, first, together).executed;
        most = executed > most ? executed : most;
    }
    return most;
}

/* Anything is more than nothing: its bar has one mark at least. */
static size_t bar_width(uint64_t executed, uint64_t most)
{
    size_t width = (size_t)((double)executed / (double)most * BAR_WIDTH + 0.5);
    return executed > 0 && width == 0 ? 1 : width;
}

void timeline_print(struct output *output, const struct run_result *result, uint64_t bin_ns)
{
    static const char marks[BAR_WIDTH + 1] = "########################################";
    uint32_t together = (result->timeline_bins + MOST_ROWS - 1) / MOST_ROWS;
    if (result->timeline_bins == 0) {
        return;
    }
    char width[TIME_WORDS_SIZE];
    uint64_t most = most_executed(result, together);
    time_words((double)bin_ns * together, width);
    output_print(output, "  from        view   requests executed within %s\n", width);
    for (uint32_t first = 0; first < result->timeline_bins; first += together) {
        struct timeline_bin row = merged(result, first, together);
        char from[TIME_WORDS_SIZE];
        time_words((double)bin_ns * first, from);
        if (first == 0) {
            snprintf(from, sizeof from, "0 s");
        }
        output_print(output, "  %-9s %6u %10llu%s%.*s\n", from, row.view, (unsigned long long)row.executed,
                     row.executed > 0 ? "  " : "", (int)bar_width(row.executed, most), marks);
    }
    output_print(output, "\n");
}
