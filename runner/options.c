#include "runner/options.h"

#include <string.h>

static const char *const group_titles[OPTION_GROUPS] = {
    [GROUP_START] = "Where options come from",
    [GROUP_CLUSTER] = "Replicas",
    [GROUP_NETWORK] = "Network",
    [GROUP_LOAD] = "Load",
    [GROUP_PROTOCOL] = "Protocol",
    [GROUP_CLOCK] = "Time",
    [GROUP_RUNS] = "Runs",
    [GROUP_RECORDING] = "Recordings",
    [GROUP_EXPLORE] = "Explore",
    [GROUP_SWEEP] = "Sweep",
    [GROUP_BENCH] = "Benchmark",
    [GROUP_OUTPUT] = "Output",
};

const char *option_group_title(enum option_group group)
{
    return group_titles[group];
}

enum option_id option_find(const char *name, size_t size, unsigned commands)
{
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        bool same = strlen(option_at((enum option_id)id)->name) == size &&
                    memcmp(option_at((enum option_id)id)->name, name, size) == 0;
        if (same && (option_at((enum option_id)id)->commands & commands) != 0) {
            return (enum option_id)id;
        }
    }
    return OPTION_COUNT;
}

enum option_id option_find_letter(char letter, unsigned commands)
{
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        if (letter != 0 && option_at((enum option_id)id)->letter == letter &&
            (option_at((enum option_id)id)->commands & commands) != 0) {
            return (enum option_id)id;
        }
    }
    return OPTION_COUNT;
}

#define NAME_SIZE 32

/* Edits (insert, delete, replace) that turn a into b; both shorter than NAME_SIZE. */
static unsigned edit_distance(const char *a, const char *b)
{
    unsigned row[NAME_SIZE + 1];
    size_t width = strlen(b);
    for (unsigned j = 0; j <= width; j++) {
        row[j] = j;
    }
    for (unsigned i = 0; a[i] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= width; j++) {
            unsigned replaced = diagonal + (a[i] != b[j - 1]);
            unsigned other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < other ? replaced : other;
        }
    }
    return row[width];
}

const char *option_nearest(const char *name, unsigned commands)
{
    const char *nearest = NULL;
    unsigned least = 3; /* more edits than two are another word */
    if (strlen(name) >= NAME_SIZE) {
        return NULL;
    }
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        unsigned distance = edit_distance(name, option_at((enum option_id)id)->name);
        if ((option_at((enum option_id)id)->commands & commands) != 0 && distance < least && distance < strlen(name)) {
            least = distance;
            nearest = option_at((enum option_id)id)->name;
        }
    }
    return nearest;
}

void option_key(enum option_id id, char key[OPTION_KEY_SIZE])
{
    size_t size = 0;
    for (const char *c = option_at((enum option_id)id)->name; *c != '\0'; c++) {
        key[size] = *c;
        if (*c == '-') {
            key[size] = '_';
        }
        size++;
    }
    enum option_type type = option_at((enum option_id)id)->type;
    strcpy(key + size, type == OPTION_DURATION ? "_ns" : type == OPTION_RATE ? "_bps" : "");
}

enum option_id option_find_key(const char *key)
{
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        char own[OPTION_KEY_SIZE];
        option_key((enum option_id)id, own);
        if (option_at((enum option_id)id)->scenario && strcmp(own, key) == 0) {
            return (enum option_id)id;
        }
    }
    return OPTION_COUNT;
}
