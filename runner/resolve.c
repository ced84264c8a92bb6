#include "runner/resolve.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/option_value.h"
#include "runner/patience.h"
#include "runner/placement.h"

#define NS_PER_MS 1000000u
#define NS_PER_SECOND 1000000000u
#define CLIENTS_OF_OPEN_LOOP 64
#define USUAL_PIPELINE 64

bool option_is_derived(enum option_id id)
{
    return option_at(id)->scenario && option_at(id)->initial == NULL && id != OPT_SEED && id != OPT_EXPECT;
}

static bool read_given(const struct settings *settings, struct scenario *scenario, struct error *error)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        enum option_id id = (enum option_id)i;
        const struct option *option = option_at(id);
        const char *text = settings->text[id] != NULL ? settings->text[id] : option->initial;
        if (!option->scenario || text == NULL) {
            continue;
        }
        struct error why;
        uint32_t byzantine = scenario->byzantine;
        if (!option_read(id, text, scenario, &why)) {
            char name[320];
            settings_name(settings, id, name, sizeof name);
            return error_set(error, "%s: %s", name, why.text);
        }
        if (id == OPT_BYZANTINE_IDS && settings_has(settings, OPT_BYZANTINE) && scenario->byzantine != byzantine) {
            return error_set(error, "--byzantine %u and --byzantine-ids %.100s (%u replicas) contradict each other",
                             byzantine, text, scenario->byzantine);
        }
    }
    return true;
}

static bool find_schedule(const struct settings *settings, struct scenario *scenario, struct error *error)
{
    if (scenario->schedule_name == NULL) {
        return true;
    }
    assert(settings->schedules != NULL);
    scenario->schedule = schedule_library_find(settings->schedules, scenario->schedule_name, scenario->nodes, error);
    return scenario->schedule != NULL;
}

static void default_timeouts(const struct settings *settings, struct scenario *scenario)
{
    if (!settings_has(settings, OPT_VIEW_TIMEOUT)) {
        scenario->view_timeout_ns = scenario_view_timeout_ns(scenario);
    }
    if (!settings_has(settings, OPT_CLIENT_TIMEOUT)) {
        scenario->client_timeout_ns = scenario_client_timeout_ns(scenario);
    }
    if (!settings_has(settings, OPT_RETRANSMIT)) {
        scenario->retransmit_ns = scenario_retransmit_ns(scenario);
    }
    if (!settings_has(settings, OPT_DEADLINE)) {
        scenario->deadline_ns = scenario_deadline_ns(scenario);
    }
    if (!settings_has(settings, OPT_STALL)) {
        uint64_t last_event_ns = scenario->schedule == NULL ? 0 : schedule_last_ns(scenario->schedule);
        uint64_t patience_ns = last_event_ns < UINT64_MAX / 2 ? last_event_ns + 30ull * NS_PER_SECOND : UINT64_MAX / 2;
        scenario->stall_ns = scenario->clock == CLOCK_REAL ? patience_ns : TIME_NEVER_NS;
    }
}

static void fill_defaults(const struct settings *settings, struct scenario *scenario)
{
    bool says_how_many = settings_has(settings, OPT_BYZANTINE) || settings_has(settings, OPT_BYZANTINE_IDS);
    if (!says_how_many) {
        scenario->byzantine = scenario->named_behavior_count;
    }
    if (!settings_has(settings, OPT_DELAY)) {
        bool placed = scenario->placement.matrix != NULL;
        scenario->delay = placed ? (struct delay){.kind = DELAY_NONE}
                                 : (struct delay){.kind = DELAY_UNIFORM, .a = 5 * NS_PER_MS, .b = 35 * NS_PER_MS};
    }
    if (!settings_has(settings, OPT_CLIENT_DELAY)) {
        scenario->client_delay = scenario->delay;
    }
    if (!settings_has(settings, OPT_CLIENT_DROP)) {
        scenario->client_drop = scenario->drop;
    }
    if (!settings_has(settings, OPT_CLIENTS)) {
        scenario->clients = scenario->rate > 0 ? CLIENTS_OF_OPEN_LOOP : 1;
    }
    if (!settings_has(settings, OPT_QUORUM)) {
        scenario->quorum = quorum_size(scenario->nodes);
    }
    if (!settings_has(settings, OPT_REPLY_QUORUM)) {
        scenario->reply_quorum = quorum_weak(scenario->nodes);
    }
    if (!settings_has(settings, OPT_PIPELINE)) {
        scenario->pipeline = scenario->window < USUAL_PIPELINE ? scenario->window : USUAL_PIPELINE;
    }
    default_timeouts(settings, scenario);
}

static bool is_named(const struct scenario *scenario, node_id id)
{
    for (uint32_t i = 0; i < scenario->byzantine; i++) {
        if (scenario->byzantine_ids[i] == id) {
            return true;
        }
    }
    return false;
}

static bool check_misbehaving(const struct scenario *scenario, struct error *error)
{
    if (scenario->byzantine > scenario->nodes) {
        return error_set(error, "--byzantine %u: there are only %u replicas (--nodes); 0 to %u is allowed",
                         scenario->byzantine, scenario->nodes, scenario->nodes);
    }
    for (uint32_t i = 0; scenario->byzantine_ids_given && i < scenario->byzantine; i++) {
        if (scenario->byzantine_ids[i] >= scenario->nodes) {
            return error_set(error, "--byzantine-ids: there is no replica %u; ids go from 0 to %u (--nodes %u)",
                             scenario->byzantine_ids[i], scenario->nodes - 1, scenario->nodes);
        }
    }
    if (scenario->named_behavior_count > scenario->byzantine) {
        return error_set(error, "--behavior names %u replicas, but only %u misbehave (--byzantine)",
                         scenario->named_behavior_count, scenario->byzantine);
    }
    for (uint32_t i = 0; i < scenario->named_behavior_count; i++) {
        node_id id = scenario->named_behaviors[i].id;
        if (id >= scenario->nodes) {
            return error_set(error, "--behavior: there is no replica %u; ids go from 0 to %u (--nodes %u)", id,
                             scenario->nodes - 1, scenario->nodes);
        }
        if (scenario->byzantine_ids_given && !is_named(scenario, id)) {
            return error_set(error, "--behavior names replica %u, which --byzantine-ids leaves out", id);
        }
    }
    return true;
}

static bool check_protocol(const struct scenario *scenario, struct error *error)
{
    if (scenario->quorum > scenario->nodes) {
        return error_set(error, "--quorum %u: there are only %u replicas (--nodes); 1 to %u is allowed",
                         scenario->quorum, scenario->nodes, scenario->nodes);
    }
    if (scenario->reply_quorum > scenario->nodes) {
        return error_set(error, "--reply-quorum %u: there are only %u replicas (--nodes); 1 to %u is allowed",
                         scenario->reply_quorum, scenario->nodes, scenario->nodes);
    }
    if (scenario->window / 2 < scenario->checkpoint_interval) {
        return error_set(error, "--window %u: at least twice --checkpoint-interval %u is allowed, here %u",
                         scenario->window, scenario->checkpoint_interval, 2 * scenario->checkpoint_interval);
    }
    if (scenario->pipeline > scenario->window) {
        return error_set(error, "--pipeline %u: at most --window is allowed, here %u", scenario->pipeline,
                         scenario->window);
    }
    return true;
}

static bool check_rest(const struct scenario *scenario, struct error *error)
{
    if (scenario->warmup >= scenario->requests) {
        return error_set(error, "--warmup %llu: fewer than --requests %llu are allowed",
                         (unsigned long long)scenario->warmup, (unsigned long long)scenario->requests);
    }
    if (scenario->clock == CLOCK_REAL && !processing_is_none(&scenario->processing)) {
        char text[128];
        processing_text(&scenario->processing, text, sizeof text);
        return error_set(error, "--processing %s: only with --clock virtual; on threads the real processors count",
                         text);
    }
    return true;
}

bool scenario_read(const struct settings *settings, struct scenario *scenario, struct error *error)
{
    *scenario = (struct scenario){0};
    assert(settings_has(settings, OPT_SEED));
    /* plugins before anything that names a behaviour */
    return settings_find_plugins(settings, &scenario->plugins, error) && read_given(settings, scenario, error) &&
           scenario_place(settings, scenario, error);
}

bool scenario_check(const struct scenario *scenario, struct error *error)
{
    return check_misbehaving(scenario, error) && check_protocol(scenario, error) && check_rest(scenario, error);
}

bool scenario_resolve(const struct settings *settings, struct scenario *scenario, struct error *error)
{
    if (!scenario_read(settings, scenario, error) || !find_schedule(settings, scenario, error)) {
        return false;
    }
    fill_defaults(settings, scenario);
    return scenario_check(scenario, error);
}

/* Given on the command line, and not as it is by default. */
static bool is_changed(const struct settings *settings, enum option_id id)
{
    return settings->source[id] == SOURCE_COMMAND_LINE && strcmp(settings->text[id], option_at(id)->initial) != 0;
}

bool settings_check_meaning(const struct settings *settings, bool real_clock, struct error *error)
{
    static const enum option_id of_threads[] = {OPT_PIN, OPT_DELAY_LINES, OPT_TIME_SCALE};
    for (size_t i = 0; !real_clock && i < sizeof of_threads / sizeof *of_threads; i++) {
        if (is_changed(settings, of_threads[i])) {
            return error_set(error,
                             "--%s %.60s: only with --clock real; the virtual clock has no threads and takes "
                             "no time",
                             option_at(of_threads[i])->name, settings->text[of_threads[i]]);
        }
    }
    bool somebody = settings_has(settings, OPT_BYZANTINE) || settings_has(settings, OPT_BYZANTINE_IDS);
    if (settings->source[OPT_BEHAVIOR] == SOURCE_COMMAND_LINE && !somebody &&
        strchr(settings->text[OPT_BEHAVIOR], ':') == NULL) {
        return error_set(error,
                         "--behavior %.100s: nobody misbehaves; say how many replicas do with --byzantine B, or "
                         "which with --byzantine-ids or id:NAME",
                         settings->text[OPT_BEHAVIOR]);
    }
    return true;
}

bool scenario_same(const struct scenario *a, const struct scenario *b)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        char text[OPTION_TEXT_SIZE], other[OPTION_TEXT_SIZE];
        enum option_id id = (enum option_id)i;
        if (!option_at(id)->scenario) {
            continue;
        }
        option_write(id, a, text);
        option_write(id, b, other);
        if (strcmp(text, other) != 0) {
            return false;
        }
    }
    return true;
}
