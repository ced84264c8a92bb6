#include "runner/sweep_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/option_value.h"
#include "runner/schedule_file.h"

#define STATE_SCHEMA 1

static struct digest chain(struct digest before, const char *text)
{
    const struct digest pair[2] = {before, digest_of(text, strlen(text))};
    return digest_of(pair, sizeof pair);
}

/* Takes over the JSON. */
static struct digest chain_json(struct digest before, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    if (text == NULL) {
        abort();
    }
    struct digest digest = chain(before, text);
    free(text);
    json_decref(json);
    return digest;
}

/* Of every option of every cell, in the order of the rows. */
static void digest_cells(const struct grid *grid, char text[DIGEST_TEXT_SIZE])
{
    struct digest digest = digest_of(PBFT_VERSION, strlen(PBFT_VERSION));
    for (size_t cell = 0; cell < grid->cells; cell++) {
        struct scenario scenario;
        grid_scenario(grid, cell, &scenario);
        for (unsigned id = 0; id < OPTION_COUNT; id++) {
            char value[OPTION_TEXT_SIZE];
            if (id == OPT_SCHEDULE && scenario.schedule != NULL) { /* what it says, not what its file is called */
                digest = chain_json(digest, schedule_json(scenario.schedule));
            } else if (id == OPT_LATENCY_MATRIX && scenario.placement.matrix != NULL) { /* likewise */
                digest = chain_json(digest, matrix_json(scenario.placement.matrix));
            } else if (option_at((enum option_id)id)->scenario && id != OPT_EXPECT) {
                option_write((enum option_id)id, &scenario, value);
                digest = chain(digest, value);
            }
        }
    }
    digest_text(digest, text);
}

/* The option's value, or its values separated by ';', in canonical words. */
static json_t *option_text(const struct report_head *head, enum option_id id)
{
    const struct grid *grid = head->grid;
    for (size_t axis = 0; axis < grid->axis_count; axis++) {
        if (grid->axes[axis].id != id) {
            continue;
        }
        return report_axis_json(&grid->axes[axis]);
    }
    char text[OPTION_TEXT_SIZE];
    option_write(id, head->scenario, text);
    return json_string(text);
}

/* What was given, in the order in which it was given, which is the order of the axes. */
static json_t *options_json(const struct report_head *head)
{
    const struct settings *settings = head->settings;
    json_t *options = json_object();
    for (uint16_t place = 1; place <= settings->given; place++) {
        for (unsigned i = 0; i < OPTION_COUNT; i++) {
            enum option_id id = (enum option_id)i;
            const struct option *option = option_at(id);
            if (settings->order[id] != place || settings->text[id] == NULL) {
                continue;
            }
            if (option->scenario) {
                json_object_set_new(options, option->name, option_text(head, id));
            } else if (id == OPT_PRESET) { /* decides about the table */
                json_object_set_new(options, option->name, json_string(settings->text[id]));
            }
        }
    }
    return options;
}

void sweep_state_make(struct sweep_state *state, const struct report_head *head, struct shard shard,
                      enum report_format format)
{
    *state = (struct sweep_state){
        .shard = shard,
        .format = format,
        .options = options_json(head),
        .matrices = matrices_json(head->settings->matrices),
        .command = json_string(head->command),
    };
    digest_cells(head->grid, state->cells_digest);
    snprintf(state->seed, sizeof state->seed, "%llu", (unsigned long long)head->scenario->seed);
}

void sweep_state_destroy(struct sweep_state *state)
{
    json_decref(state->options);
    json_decref(state->matrices);
    json_decref(state->command);
    state->options = NULL;
    state->matrices = NULL;
    state->command = NULL;
}

static char *state_path(const char *path)
{
    size_t size = strlen(path) + sizeof ".state";
    char *name = malloc(size);
    if (name == NULL) {
        abort();
    }
    snprintf(name, size, "%s.state", path);
    return name;
}

static bool take(struct sweep_state *state, const json_t *root)
{
    const char *digest = json_string_value(json_object_get(root, "cells_digest"));
    const char *seed = json_string_value(json_object_get(root, "seed"));
    const char *format = json_string_value(json_object_get(root, "format"));
    const json_t *shard = json_object_get(root, "shard");
    json_t *options = json_object_get(root, "options");
    json_t *command = json_object_get(root, "command");
    if (json_integer_value(json_object_get(root, "schema")) != STATE_SCHEMA || digest == NULL || seed == NULL ||
        format == NULL || strlen(digest) != DIGEST_TEXT_SIZE - 1 || strlen(seed) >= sizeof state->seed ||
        !json_is_object(options) || !json_is_string(command)) {
        return false;
    }
    json_int_t index = json_integer_value(json_array_get(shard, 0));
    json_int_t count = json_integer_value(json_array_get(shard, 1));
    *state = (struct sweep_state){.shard = {(size_t)index, (size_t)count},
                                  .format = report_format_find(format),
                                  .options = json_incref(options),
                                  .matrices = json_incref(json_object_get(root, "matrices")),
                                  .command = json_incref(command)};
    snprintf(state->cells_digest, sizeof state->cells_digest, "%s", digest);
    snprintf(state->seed, sizeof state->seed, "%s", seed);
    return index >= 1 && index <= count && (state->format == FORMAT_CSV || state->format == FORMAT_JSONL);
}

bool sweep_state_read(const char *path, struct sweep_state *state, bool *found, struct error *error)
{
    char *name = state_path(path);
    json_error_t syntax;
    *state = (struct sweep_state){0};
    *found = access(name, F_OK) == 0;
    bool read = true;
    if (*found) {
        json_t *root = json_load_file(name, JSON_REJECT_DUPLICATES, &syntax);
        if (root == NULL) {
            read = error_set(error, "%.200s: line %d, column %d: %.150s", name, syntax.line, syntax.column,
                             syntax.text);
        } else if (!take(state, root)) {
            sweep_state_destroy(state);
            read = error_set(error, "%.200s is not the state of a sweep", name);
        }
        json_decref(root);
    }
    free(name);
    return read;
}

bool sweep_state_write(const char *path, const struct sweep_state *state, const struct report_head *head,
                       struct error *error)
{
    char *name = state_path(path);
    struct output output = {0};
    json_t *root = json_object();
    json_t *shard = json_array();
    json_array_append_new(shard, json_integer((json_int_t)state->shard.index));
    json_array_append_new(shard, json_integer((json_int_t)state->shard.count));
    json_object_set_new(root, "schema", json_integer(STATE_SCHEMA));
    json_object_set_new(root, "pbft", json_string(PBFT_VERSION));
    json_object_set(root, "command", state->command);
    json_object_set_new(root, "format", json_string(state->format == FORMAT_CSV ? "csv" : "jsonl"));
    json_object_set_new(root, "cells", json_integer((json_int_t)head->grid->cells));
    json_object_set_new(root, "shard", shard);
    json_object_set_new(root, "cells_digest", json_string(state->cells_digest));
    json_object_set_new(root, "seed", json_string(state->seed));
    json_object_set(root, "options", state->options);
    json_object_set(root, "matrices", state->matrices);
    json_object_set_new(root, "config", report_shared_config(head->grid));
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    bool written = output_open(&output, name, error);
    if (written) {
        output_print(&output, "%s\n", text);
        written = output_close(&output, error);
    }
    free(text);
    json_decref(root);
    free(name);
    return written;
}

static const char *text_of(const json_t *options, const struct option *option)
{
    const char *text = json_string_value(json_object_get(options, option->name));
    return text != NULL ? text : option->initial != NULL ? option->initial : "the default";
}

/* The first option that one has otherwise than the other. */
static const struct option *difference(const json_t *ours, const json_t *theirs)
{
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = option_at((enum option_id)id);
        if (option->scenario && strcmp(text_of(ours, option), text_of(theirs, option)) != 0) {
            return option;
        }
    }
    return NULL;
}

bool sweep_state_same(const struct sweep_state *ours, const struct sweep_state *theirs, const char *path,
                      struct error *error)
{
    static const char advice[] = "use another -o FILE, or --restart to overwrite it";
    if (strcmp(ours->cells_digest, theirs->cells_digest) != 0) {
        const struct option *option = difference(ours->options, theirs->options);
        if (option == NULL) {
            return error_set(
                error,
                "%.150s was made by another version of pbft, in another order, or with another content of a "
                "--schedule or --latency-matrix file; %s",
                path, advice);
        }
        return error_set(error, "%.150s has rows of other options: --%s was %.80s, and is %.80s now; %s", path,
                         option->name, text_of(theirs->options, option), text_of(ours->options, option), advice);
    }
    if (ours->shard.index != theirs->shard.index || ours->shard.count != theirs->shard.count) {
        return error_set(error, "%.150s has the rows of --shard %zu/%zu, and %zu/%zu is wanted now; %s", path,
                         theirs->shard.index, theirs->shard.count, ours->shard.index, ours->shard.count, advice);
    }
    return ours->format == theirs->format || error_set(error, "%.150s is in another format; %s", path, advice);
}

bool sweep_state_settings(const struct sweep_state *state, struct settings *settings, struct string_pool *pool,
                          struct error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach(state->options, name, value)
    {
        enum option_id id = option_find(name, strlen(name), FOR_SWEEP);
        if (id == OPTION_COUNT || json_string_value(value) == NULL) {
            return error_set(error, "there is no option --%.60s", name);
        }
        settings_set(settings, id, string_pool_add(pool, json_string_value(value)), SOURCE_COMMAND_LINE);
    }
    string_pool_lend(pool, settings);
    settings->matrices = &pool->matrices;
    if (!matrices_take_all(&pool->matrices, state->matrices, error)) {
        return false;
    }
    if (!settings_has(settings, OPT_SEED)) {
        settings_set(settings, OPT_SEED, string_pool_add(pool, state->seed), SOURCE_DRAWN);
    }
    return true;
}
