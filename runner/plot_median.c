#include "runner/plot_median.h"

#include <math.h>
#include <stdlib.h>

#define MOST_RUNS 1024

bool median_next(const char **list, double *value)
{
    char *end;
    *value = strtod(*list, &end);
    if (end == *list) {
        return false;
    }
    *list = end + (*end == ';' ? 1 : 0);
    return true;
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* How many runs may be cut off at each end; 0 if even the extremes hold the median with less than 95%. */
static size_t ends(size_t count)
{
    double chance = pow(0.5, (double)count); /* of exactly `below` runs below the median */
    double total = 0;
    size_t below = 0;
    for (; below < count; below++) {
        total += chance;
        if (total > 0.025) {
            break;
        }
        chance *= (double)(count - below) / (double)(below + 1);
    }
    return below;
}

struct median median_of_list(const char *list)
{
    double runs[MOST_RUNS];
    size_t count = 0;
    while (list != NULL && count < MOST_RUNS && median_next(&list, &runs[count])) {
        count++;
    }
    if (count == 0) {
        return (struct median){NAN, NAN, NAN};
    }
    qsort(runs, count, sizeof *runs, ascending);
    size_t end = ends(count);
    return (struct median){(runs[(count - 1) / 2] + runs[count / 2]) / 2, end > 0 ? runs[end - 1] : NAN,
                           end > 0 ? runs[count - end] : NAN};
}
