#include "runner/schedule_library.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/schedule_file.h"

#define MOST_BYTES (16u << 20)

/* One document, and the schedules that were made of it, one for each number of replicas. */
struct volume {
    char *key;  /* what --schedule says */
    char *name; /* for errors */
    char *text;
    unsigned line, column;
    struct schedule **schedules;
    size_t schedule_count;
};

struct schedule_library {
    pthread_mutex_t lock; /* over all that follows; a volume and a schedule never move */
    struct volume **volumes;
    size_t volume_count;
};

static void *or_abort(void *memory)
{
    if (memory == NULL) {
        abort();
    }
    return memory;
}

struct schedule_library *schedule_library_create(void)
{
    struct schedule_library *library = or_abort(calloc(1, sizeof *library));
    pthread_mutex_init(&library->lock, NULL);
    return library;
}

static void volume_destroy(struct volume *volume)
{
    for (size_t i = 0; i < volume->schedule_count; i++) {
        schedule_destroy(volume->schedules[i]);
        free(volume->schedules[i]);
    }
    free(volume->schedules);
    free(volume->key);
    free(volume->name);
    free(volume->text);
    free(volume);
}

void schedule_library_destroy(struct schedule_library *library)
{
    if (library == NULL) {
        return;
    }
    for (size_t i = 0; i < library->volume_count; i++) {
        volume_destroy(library->volumes[i]);
    }
    free(library->volumes);
    pthread_mutex_destroy(&library->lock);
    free(library);
}

bool schedule_is_inline(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '{';
}

/* --- volumes, under the lock ------------------------------------------------------------------------------------- */

static struct volume *find_volume(const struct schedule_library *library, const char *key)
{
    for (size_t i = 0; i < library->volume_count; i++) {
        if (strcmp(library->volumes[i]->key, key) == 0) {
            return library->volumes[i];
        }
    }
    return NULL;
}

/* Takes `text` over. */
static struct volume *add_volume(struct schedule_library *library, const char *key, const char *name, char *text)
{
    library->volumes = or_abort(realloc(library->volumes, (library->volume_count + 1) * sizeof *library->volumes));
    struct volume *volume = or_abort(calloc(1, sizeof *volume));
    *volume = (struct volume){
        .key = or_abort(strdup(key)), .name = or_abort(strdup(name)), .text = or_abort(text), .line = 1, .column = 1};
    library->volumes[library->volume_count++] = volume;
    return volume;
}

/* The whole file; NULL with a sentence. */
static char *read_file(const char *path, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        error_set(error, "--schedule: cannot read '%.200s': %s", path, strerror(errno));
        return NULL;
    }
    size_t size = 0;
    size_t got;
    char *text = or_abort(malloc(MOST_BYTES));
    while (size < MOST_BYTES && (got = fread(text + size, 1, MOST_BYTES - size, file)) > 0) {
        size += got;
    }
    const char *wrong = ferror(file) != 0 ? strerror(errno) : size == MOST_BYTES ? "it is larger than 16 MiB" : NULL;
    fclose(file);
    if (wrong == NULL && memchr(text, '\0', size) != NULL) {
        wrong = "it has a zero byte, which JSON has not";
    }
    if (wrong != NULL) {
        free(text);
        error_set(error, "--schedule: cannot read '%.200s': %s", path, wrong);
        return NULL;
    }
    text[size] = '\0';
    return or_abort(realloc(text, size + 1));
}

static struct volume *open_volume(struct schedule_library *library, const char *key, struct error *error)
{
    if (schedule_is_inline(key)) {
        return add_volume(library, key, "--schedule", strdup(key));
    }
    char *text = read_file(key, error);
    if (text == NULL) {
        return NULL;
    }
    char name[300];
    snprintf(name, sizeof name, "--schedule %.280s", key);
    return add_volume(library, key, name, text);
}

static const struct schedule *find_schedule(struct volume *volume, uint32_t replicas, struct error *error)
{
    for (size_t i = 0; i < volume->schedule_count; i++) {
        if (volume->schedules[i]->replicas == replicas) {
            return volume->schedules[i];
        }
    }
    const struct json_source source = {volume->name, volume->text, volume->line, volume->column};
    struct schedule *schedule = or_abort(calloc(1, sizeof *schedule));
    if (!schedule_read(&source, replicas, schedule, error)) {
        free(schedule);
        return NULL;
    }
    volume->schedules = or_abort(realloc(volume->schedules, (volume->schedule_count + 1) * sizeof *volume->schedules));
    volume->schedules[volume->schedule_count++] = schedule;
    return schedule;
}

/* --- as others see it -------------------------------------------------------------------------------------------- */

void schedule_library_quote(struct schedule_library *library, const char *text, const char *path, unsigned line,
                            unsigned column)
{
    pthread_mutex_lock(&library->lock);
    if (find_volume(library, text) == NULL) {
        struct volume *volume = add_volume(library, text, path, strdup(text));
        volume->line = line;
        volume->column = column;
    }
    pthread_mutex_unlock(&library->lock);
}

const struct schedule *schedule_library_find(struct schedule_library *library, const char *text, uint32_t replicas,
                                             struct error *error)
{
    pthread_mutex_lock(&library->lock);
    struct volume *volume = find_volume(library, text);
    if (volume == NULL) {
        volume = open_volume(library, text, error);
    }
    const struct schedule *schedule = volume == NULL ? NULL : find_schedule(volume, replicas, error);
    pthread_mutex_unlock(&library->lock);
    return schedule;
}
