#include "runner/delivery.h"

#include <string.h>

static enum report_format format_by_ending(const char *path, enum report_format otherwise)
{
    const char *dot = strrchr(path, '.');
    enum report_format format = dot == NULL ? REPORT_FORMATS : report_format_find(dot + 1);
    return format == REPORT_FORMATS ? otherwise : format;
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
    if (format != NULL) {
        delivery->format = report_format_find(format);
        if (delivery->format == REPORT_FORMATS) {
            return error_set(error, "--format '%.60s': table, csv, json or jsonl is allowed", format);
        }
    } else {
        delivery->format = delivery->path == NULL ? FORMAT_TABLE : format_by_ending(delivery->path, otherwise);
    }
    delivery->in_file = delivery->path != NULL;
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
