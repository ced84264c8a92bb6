#include "runner/delivery.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The format that the file's ending names; REPORT_FORMATS where it has none. False with a sentence where it has another
 * one. */
static bool format_by_ending(const char *path, enum report_format *format, struct error *error)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    bool text = dot != NULL && strcmp(dot, ".txt") == 0;
    *format = dot == NULL || dot == name ? REPORT_FORMATS : text ? FORMAT_TABLE : report_format_find(dot + 1);
    return dot == NULL || dot == name || *format != REPORT_FORMATS ||
           error_set(error,
                     "-o '%.200s': a file that ends in .csv, .json, .jsonl or .txt is allowed, or one without "
                     "an ending and --format",
                     path);
}

/* Settles the format by --format and by the ending of -o, which may not contradict each other. */
static bool plan_format(struct delivery *delivery, const char *format, enum report_format otherwise,
                        struct error *error)
{
    enum report_format ending = REPORT_FORMATS;
    delivery->format = FORMAT_TABLE;
    if (format != NULL) {
        delivery->format = report_format_find(format);
        if (delivery->format == REPORT_FORMATS) {
            return error_set(error, "--format '%.60s': table, csv, json or jsonl is allowed", format);
        }
    }
    if (delivery->path == NULL) {
        return true;
    }
    struct error ignored;
    if (!format_by_ending(delivery->path, &ending, format == NULL ? error : &ignored)) {
        return format != NULL; /* any name does if the format is told */
    }
    if (format == NULL) {
        delivery->format = ending == REPORT_FORMATS ? otherwise : ending;
        return true;
    }
    return ending == REPORT_FORMATS || ending == delivery->format ||
           error_set(error, "--format %s and -o '%.200s' contradict each other: one of them is enough", format,
                     delivery->path);
}

/* A JSON file that is there already is replaced only if it is one of ours, which all begin with their schema. */
static bool check_replaced(const char *path, struct error *error)
{
    char begin[32] = "";
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
        return true;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return true; /* the opening for writing says what is wrong */
    }
    size_t size = fread(begin, 1, sizeof begin - 1, file);
    fclose(file);
    begin[size] = '\0';
    const char *at = begin + strspn(begin, " \t\r\n");
    at += *at == '{';
    at += strspn(at, " \t\r\n");
    return strncmp(at, "\"schema\"", strlen("\"schema\"")) == 0 ||
           error_set(error, "-o '%.200s' exists and is no output of pbft: use another -o FILE, or remove it", path);
}

bool delivery_plan(struct delivery *delivery, const struct settings *settings, enum report_format otherwise,
                   struct error *error)
{
    const char *format = settings->text[OPT_FORMAT];
    const char *path = settings->text[OPT_OUTPUT];
    const char *quiet = settings->text[OPT_QUIET];
    if (quiet != NULL && strcmp(quiet, "on") != 0 && strcmp(quiet, "off") != 0) {
        return error_set(error, "--quiet '%.60s': on or off is allowed", quiet);
    }
    *delivery = (struct delivery){
        .path = path == NULL || strcmp(path, "-") == 0 ? NULL : path,
        .quiet = quiet != NULL && strcmp(quiet, "on") == 0,
    };
    if (!plan_format(delivery, format, otherwise, error)) {
        return false;
    }
    delivery->in_file = delivery->path != NULL;
    if (delivery->in_file && delivery->format == FORMAT_JSON && !check_replaced(delivery->path, error)) {
        return false;
    }
    delivery->table = delivery->in_file ? delivery->format != FORMAT_TABLE && !delivery->quiet
                                        : delivery->format == FORMAT_TABLE;
    return true;
}

bool delivery_open(struct delivery *delivery, const struct report_head *head, struct error *error)
{
    if (delivery->data.file == NULL && !output_open(&delivery->data, delivery->path, error)) {
        return false;
    }
    delivery->sinks[delivery->sink_count++] = sink_make(delivery->format, head, &delivery->data);
    if (delivery->in_file && delivery->table) {
        if (!output_open(&delivery->screen, NULL, error)) {
            return false;
        }
        delivery->sinks[delivery->sink_count++] = sink_make(FORMAT_TABLE, head, &delivery->screen);
    }
    return true;
}

static bool flush(struct delivery *delivery, struct error *error)
{
    return output_flush(&delivery->data, error) &&
           (delivery->screen.file == NULL || output_flush(&delivery->screen, error));
}

bool delivery_begin(struct delivery *delivery, struct error *error)
{
    for (size_t i = 0; i < delivery->sink_count; i++) {
        delivery->sinks[i].operations->begin(&delivery->sinks[i]);
    }
    return flush(delivery, error);
}

bool delivery_run(struct delivery *delivery, const struct report_run *run, struct error *error)
{
    for (size_t i = 0; i < delivery->sink_count; i++) {
        delivery->sinks[i].operations->run(&delivery->sinks[i], run);
    }
    return flush(delivery, error);
}

bool delivery_cell(struct delivery *delivery, const struct report_cell *cell, struct error *error)
{
    for (size_t i = 0; i < delivery->sink_count; i++) {
        delivery->sinks[i].operations->cell(&delivery->sinks[i], cell);
    }
    return flush(delivery, error);
}

bool delivery_end(struct delivery *delivery, const struct report_tail *tail, struct error *error)
{
    for (size_t i = 0; i < delivery->sink_count; i++) {
        delivery->sinks[i].operations->end(&delivery->sinks[i], tail);
    }
    bool closed = output_close(&delivery->data, error);
    if (delivery->screen.file != NULL) {
        struct error screen;
        if (!output_close(&delivery->screen, closed ? error : &screen)) {
            closed = false;
        }
    }
    return closed;
}

void delivery_abandon(struct delivery *delivery)
{
    output_abandon(&delivery->data);
    output_abandon(&delivery->screen);
}
