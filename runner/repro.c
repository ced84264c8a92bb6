#include "runner/repro.h"

#include <stdlib.h>
#include <string.h>

#include "runner/option_value.h"
#include "runner/output.h"
#include "runner/resolve.h"
#include "runner/schedule_file.h"

#define MOST_INLINE 4000 /* bytes of a schedule within a command */

/* Whether these settings come to the scenario, option by option. */
static bool comes_to(const struct settings *settings, const struct scenario *wanted)
{
    struct scenario scenario;
    struct error ignored;
    return scenario_resolve(settings, &scenario, &ignored) && scenario_same(&scenario, wanted);
}

static void write_all(const struct scenario *scenario, struct settings *settings, struct string_pool *pool)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        char text[OPTION_TEXT_SIZE];
        enum option_id id = (enum option_id)i;
        if (!option_at(id)->scenario) {
            continue;
        }
        option_write(id, scenario, text);
        if (text[0] != '\0') {
            settings_set(settings, id, string_pool_add(pool, text), SOURCE_COMMAND_LINE);
        }
    }
}

/* The schedule as --schedule takes it: a text in the pool; NULL with a sentence. */
static const char *schedule_text(const struct plan *plan, const char *path, struct string_pool *pool,
                                 struct error *error)
{
    json_t *json = schedule_json(&plan->schedule);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (text == NULL) {
        abort();
    }
    const char *kept = string_pool_add(pool, strlen(text) < MOST_INLINE ? text : path);
    struct output output;
    bool written = true;
    if (strlen(text) >= MOST_INLINE) {
        written = output_open(&output, path, error);
        if (written) {
            output_print(&output, "%s\n", text);
            written = output_close(&output, error);
        }
    }
    free(text);
    return written ? kept : NULL;
}

/* Leaves out one option after the other as long as it comes to the same. */
static void shorten(struct settings *settings, const struct scenario *scenario)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        struct settings shorter = *settings;
        settings_clear(&shorter, (enum option_id)i);
        if (i != OPT_SEED && settings_has(settings, (enum option_id)i) && comes_to(&shorter, scenario)) {
            *settings = shorter;
        }
    }
}

bool repro_command(const struct plan *plan, const char *command, const char *path, const char *expect,
                   char text[COMMAND_SIZE], struct error *error)
{
    struct string_pool pool = {0};
    struct settings settings = {.given = 0};
    struct scenario scenario = plan->scenario;
    scenario.expect = 0;
    string_pool_lend(&pool, &settings);
    bool right = true;
    if (plan_has_events(plan)) {
        scenario.schedule_name = schedule_text(plan, path, &pool, error);
        right = scenario.schedule_name != NULL;
    }
    if (right) {
        write_all(&scenario, &settings, &pool);
        shorten(&settings, &scenario);
        if (expect != NULL) {
            settings_set(&settings, OPT_EXPECT, expect, SOURCE_COMMAND_LINE);
        }
        command_text(&settings, command, COMMAND_AGAIN, scenario.seed, NULL, text);
    }
    string_pool_destroy(&pool);
    return right;
}
