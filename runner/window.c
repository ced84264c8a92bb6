#include "runner/window.h"

#include <string.h>

static void add_bin(struct window_bin *into, const struct window_bin *from)
{
    if (from->count == 0) {
        return;
    }
    if (into->count == 0) {
        *into = *from;
        return;
    }
    if (from->first_ns < into->first_ns) {
        into->first_ns = from->first_ns;
        into->at_first = from->at_first;
    } else if (from->first_ns == into->first_ns) {
        into->at_first += from->at_first;
    }
    into->last_ns = from->last_ns > into->last_ns ? from->last_ns : into->last_ns;
    into->count += from->count;
}

static void merge_by_twos(struct window *window)
{
    for (uint32_t i = 0; i < WINDOW_BINS / 2; i++) {
        struct window_bin pair = window->bins[2 * i];
        add_bin(&pair, &window->bins[2 * i + 1]);
        window->bins[i] = pair;
    }
    memset(&window->bins[WINDOW_BINS / 2], 0, WINDOW_BINS / 2 * sizeof *window->bins);
    window->shift++;
}

void window_add(struct window *window, uint64_t planned_ns, uint64_t accepted_ns, bool warmup, bool last)
{
    while (accepted_ns >> window->shift >= WINDOW_BINS) {
        if (window->any) {
            merge_by_twos(window);
        } else {
            window->shift++;
        }
    }
    window->any = true;
    add_bin(&window->bins[accepted_ns >> window->shift],
            &(struct window_bin){.count = 1, .at_first = 1, .first_ns = accepted_ns, .last_ns = accepted_ns});
    if (last && (window->closed_ns == 0 || accepted_ns < window->closed_ns)) {
        window->closed_ns = accepted_ns;
    }
    if (warmup) {
        window->opened_ns = accepted_ns > window->opened_ns ? accepted_ns : window->opened_ns;
        return;
    }
    window->planned_ns = window->accepted == 0 || planned_ns < window->planned_ns ? planned_ns : window->planned_ns;
    window->last_ns = accepted_ns > window->last_ns ? accepted_ns : window->last_ns;
    window->accepted++;
}

static double per_second(uint64_t count, uint64_t start_ns, uint64_t end_ns)
{
    return end_ns > start_ns ? (double)count / ((double)(end_ns - start_ns) * 1e-9) : 0;
}

double window_rate(const struct window *window, uint64_t elapsed_ns)
{
    struct window_bin inside = {0};
    if (window->accepted == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < WINDOW_BINS; i++) {
        const struct window_bin *bin = &window->bins[i];
        if (bin->first_ns >= window->opened_ns && (window->closed_ns == 0 || bin->last_ns <= window->closed_ns)) {
            add_bin(&inside, bin);
        }
    }
    uint64_t end_ns = window->closed_ns != 0 || elapsed_ns < inside.last_ns ? inside.last_ns : elapsed_ns;
    uint64_t counted = inside.count - inside.at_first;
    return counted > 0 ? per_second(counted, inside.first_ns, end_ns)
                       : per_second(window->accepted, window->planned_ns, window->last_ns);
}
