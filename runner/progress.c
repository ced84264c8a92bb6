#include "runner/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WIDTH 78
#define SHOW_EACH_NS 20000000u /* terminals are slow */

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void progress_start(struct progress *progress, bool wanted, size_t done)
{
    *progress = (struct progress){
        .shown = wanted && isatty(STDERR_FILENO) != 0, .start_ns = now_ns(), .at_start = done};
}

void progress_clock(double seconds, char text[24])
{
    unsigned long whole = seconds > 3.6e6 ? 3600000ul : (unsigned long)(seconds + 0.5);
    if (whole >= 3600) {
        snprintf(text, 24, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
        snprintf(text, 24, "%lu:%02lu", whole / 60, whole % 60);
    }
}

void progress_show(struct progress *progress, size_t done, size_t total, const char *what)
{
    if (!progress->shown) {
        return;
    }
    const uint64_t time_ns = now_ns();
    if (progress->dirty && time_ns - progress->shown_ns < SHOW_EACH_NS) {
        return;
    }
    char left[48] = "";
    if (done > progress->at_start) {
        char clock[24];
        double each = (double)(time_ns - progress->start_ns) / 1e9 / (double)(done - progress->at_start);
        progress_clock(each * (double)(total - done), clock);
        snprintf(left, sizeof left, ", %s left", clock);
    }
    char line[WIDTH + 1];
    snprintf(line, sizeof line, "%zu of %zu%s  %s", done, total, left, what);
    fprintf(stderr, "\r%-*s", WIDTH, line);
    fflush(stderr);
    progress->dirty = true;
    progress->shown_ns = time_ns;
}

void progress_clear(struct progress *progress)
{
    if (progress->dirty) {
        fprintf(stderr, "\r%*s\r", WIDTH, "");
        fflush(stderr);
        progress->dirty = false;
    }
}
