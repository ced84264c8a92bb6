/* JSON: one document; a run or a cell a line in it. JSONL: a document a line, each with the config. */
#include <stdlib.h>
#include <string.h>

#include "runner/config_json.h"
#include "runner/draw.h"
#include "runner/report.h"
#include "runner/result_json.h"

/* Prints the document and releases it. */
static void write_json(struct output *output, json_t *json)
{
    char *text = json_dumps(json, RESULT_JSON_FLAGS);
    if (text == NULL) {
        abort();
    }
    output_write(output, text, strlen(text));
    free(text);
    json_decref(json);
}

json_t *report_axis_json(const struct axis *axis)
{
    json_t *all = json_string("");
    for (size_t i = 0; i < axis->count; i++) {
        json_t *longer = json_sprintf("%s%s%s", json_string_value(all), i == 0 ? "" : ";", axis->texts[i]);
        json_decref(all);
        all = longer;
    }
    return all;
}

json_t *report_shared_config(const struct grid *grid)
{
    struct scenario scenario;
    grid_scenario(grid, 0, &scenario);
    json_t *shared = config_json(&scenario);
    for (size_t cell = 1; cell < grid->cells; cell++) {
        grid_scenario(grid, cell, &scenario);
        for (unsigned i = 0; i < OPTION_COUNT; i++) {
            char key[OPTION_KEY_SIZE];
            option_key((enum option_id)i, key);
            json_t *ours = json_object_get(shared, key);
            if (ours == NULL) {
                continue;
            }
            json_t *here = config_json_value((enum option_id)i, &scenario);
            if (!json_equal(ours, here)) { /* also what is derived from an option that varies */
                json_object_del(shared, key);
            }
            json_decref(here);
        }
    }
    return shared;
}

static json_t *drawn_ids(const struct scenario *scenario, uint32_t index)
{
    json_t *ids = json_array();
    bool *misbehaving = calloc(scenario->nodes, sizeof *misbehaving);
    if (misbehaving == NULL) {
        abort();
    }
    scenario_draw_byzantine(scenario, index, misbehaving);
    for (uint32_t id = 0; id < scenario->nodes; id++) {
        if (misbehaving[id]) {
            json_array_append_new(ids, json_integer(id));
        }
    }
    free(misbehaving);
    return ids;
}

/* The config of `count` runs from `index` on, with who misbehaves in each where that was drawn. */
static json_t *config_of_runs(const struct scenario *scenario, uint32_t index, uint32_t count)
{
    json_t *config = config_json(scenario);
    if (scenario->byzantine > scenario->named_behavior_count && !scenario->byzantine_ids_given) {
        json_t *runs = json_array();
        for (uint32_t i = 0; i < count; i++) {
            json_array_append_new(runs, drawn_ids(scenario, index + i));
        }
        json_object_set_new(config, CONFIG_DRAWN_IDS, runs);
    }
    return config;
}

static json_t *head_config(const struct report_head *head)
{
    return head->grid != NULL ? report_shared_config(head->grid)
                              : config_of_runs(head->scenario, 0, head->scenario->repeat);
}

/* The values of what varies, as the command line would have them, in the order of the axes. */
static json_t *grid_json(const struct grid *grid)
{
    json_t *json = json_object();
    for (size_t i = 0; i < grid->axis_count; i++) {
        json_object_set_new(json, option_at(grid->axes[i].id)->name, report_axis_json(&grid->axes[i]));
    }
    return json;
}

static void json_begin(struct sink *sink)
{
    const struct report_head *head = sink->head;
    output_print(sink->output, "{\"schema\":%d,\n\"config\":", RESULT_SCHEMA);
    write_json(sink->output, head_config(head));
    if (head->grid != NULL) {
        json_t *varies = json_array();
        for (size_t i = 0; i < head->columns->options; i++) {
            json_array_append_new(varies, json_string(head->columns->names[i]));
        }
        output_print(sink->output, ",\n\"varies\":");
        write_json(sink->output, varies);
        output_print(sink->output, ",\n\"" CONFIG_GRID "\":");
        write_json(sink->output, grid_json(head->grid));
    }
    output_print(sink->output, ",\n\"%s\":[", head->grid != NULL ? "cells" : "runs");
}

static void json_separator(struct sink *sink)
{
    output_print(sink->output, sink->written++ == 0 ? "\n" : ",\n");
}

static void json_run(struct sink *sink, const struct report_run *run)
{
    json_separator(sink);
    write_json(sink->output, result_json(run->result, run->command, run->partial));
}

static void json_cell(struct sink *sink, const struct report_cell *cell)
{
    json_separator(sink);
    write_json(sink->output, row_json(cell->row, sink->head->columns));
}

static json_t *replay_json(const struct replay_report *replay)
{
    json_t *json = json_object();
    json_object_set_new(json, "recording", json_string(replay->recording));
    json_object_set_new(json, "events", json_integer((json_int_t)replay->events));
    json_object_set_new(json, "same", json_boolean(replay->same));
    json_object_set_new(json, "difference", replay->difference == NULL ? json_null() : json_string(replay->difference));
    return json;
}

static void json_end(struct sink *sink, const struct report_tail *tail)
{
    output_print(sink->output, "\n]");
    if (tail->summary != NULL) {
        output_print(sink->output, ",\n\"summary\":");
        write_json(sink->output, summary_json(tail->summary));
    }
    if (tail->replay != NULL) {
        output_print(sink->output, ",\n\"replay\":");
        write_json(sink->output, replay_json(tail->replay));
    }
    output_print(sink->output, "%s}\n", tail->partial ? ",\n\"partial\":true" : "");
}

const struct sink_operations json_sink = {json_begin, json_run, json_cell, json_end};

/* {"schema", "config"} */
static json_t *line_head(json_t *config)
{
    json_t *line = json_object();
    json_object_set_new(line, "schema", json_integer(RESULT_SCHEMA));
    json_object_set_new(line, "config", config);
    return line;
}

static void jsonl_begin(struct sink *sink)
{
    (void)sink;
}

static void jsonl_run(struct sink *sink, const struct report_run *run)
{
    json_t *line = line_head(config_of_runs(sink->head->scenario, run->index, 1));
    json_t *result = result_json(run->result, run->command, run->partial);
    json_object_update(line, result);
    json_decref(result);
    write_json(sink->output, line);
    output_print(sink->output, "\n");
}

static void jsonl_cell(struct sink *sink, const struct report_cell *cell)
{
    if (cell->line != NULL) {
        output_write(sink->output, cell->line, strlen(cell->line));
    } else if (!cell->written) {
        char *line = report_cell_line(FORMAT_JSONL, sink->head, cell->cell, cell->row);
        output_write(sink->output, line, strlen(line));
        free(line);
    }
}

static void jsonl_end(struct sink *sink, const struct report_tail *tail)
{
    if (tail->summary != NULL) {
        json_t *line = line_head(config_json(sink->head->scenario));
        json_object_set_new(line, "summary", summary_json(tail->summary));
        if (tail->replay != NULL) {
            json_object_set_new(line, "replay", replay_json(tail->replay));
        }
        if (tail->partial) {
            json_object_set_new(line, "partial", json_true());
        }
        write_json(sink->output, line);
        output_print(sink->output, "\n");
    }
}

const struct sink_operations jsonl_sink = {jsonl_begin, jsonl_run, jsonl_cell, jsonl_end};

char *report_cell_line(enum report_format format, const struct report_head *head, size_t cell, const struct row *row)
{
    if (format == FORMAT_CSV) {
        return row_csv(row);
    }
    struct scenario scenario;
    grid_scenario(head->grid, cell, &scenario);
    json_t *json = line_head(config_json(&scenario));
    json_t *values = row_json(row, head->columns);
    json_object_update(json, values);
    json_decref(values);
    char *text = json_dumps(json, RESULT_JSON_FLAGS);
    json_decref(json);
    char *line = text == NULL ? NULL : realloc(text, strlen(text) + 2);
    if (line == NULL) {
        abort();
    }
    strcat(line, "\n");
    return line;
}
