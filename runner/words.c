#include "runner/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/option_value.h"

void time_words(double ns, char text[TIME_WORDS_SIZE])
{
    static const struct {
        double ns;
        const char *name;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
    size_t unit = 0;
    if (!(ns >= 0)) {
        snprintf(text, TIME_WORDS_SIZE, "-");
        return;
    }
    while (unit < 3 && ns < units[unit].ns * 0.9995) { /* 999.7 us reads better as 1.00 ms */
        unit++;
    }
    double value = ns / units[unit].ns;
    int decimals = unit == 3 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    snprintf(text, TIME_WORDS_SIZE, "%.*f %s", decimals, value, units[unit].name);
}

void count_words(uint64_t count, const char *noun, char text[COUNT_WORDS_SIZE])
{
    snprintf(text, COUNT_WORDS_SIZE, "%llu %.30s%s", (unsigned long long)count, noun, count == 1 ? "" : "s");
}

/* A text that grows within its room. */
struct builder {
    char *text;
    size_t size, used;
};

static void add(struct builder *builder, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct builder *builder, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(builder->text + builder->used, builder->size - builder->used, format, arguments);
    va_end(arguments);
    builder->used += length < 0 ? 0 : (size_t)length;
    if (builder->used >= builder->size) {
        builder->used = builder->size - 1; /* cut off */
    }
}

static bool shown(const bool *varies, enum option_id id)
{
    return varies == NULL || !varies[id];
}

static void add_replicas(struct builder *builder, const struct scenario *scenario, const bool *varies)
{
    uint32_t right = quorum_size(scenario->nodes);
    if (shown(varies, OPT_NODES)) {
        add(builder, "%u replica%s (f = %u, quorum %u", scenario->nodes, scenario->nodes == 1 ? "" : "s",
            quorum_faults(scenario->nodes), scenario->quorum);
        add(builder, scenario->quorum == right || !shown(varies, OPT_QUORUM) ? ")" : ", %u would be right)", right);
    } else {
        add(builder, "replicas");
    }
    if (!shown(varies, OPT_BYZANTINE)) {
        add(builder, "; those that misbehave: ");
    } else if (scenario->byzantine == 0) {
        add(builder, ", none misbehaves");
        return;
    } else {
        add(builder, ", %u misbehave%s: ", scenario->byzantine, scenario->byzantine == 1 ? "s" : "");
    }
    char text[OPTION_TEXT_SIZE];
    option_write(OPT_BEHAVIOR, scenario, text);
    add(builder, "%.200s", shown(varies, OPT_BEHAVIOR) ? text : "as told");
    if (scenario->byzantine_ids_given && shown(varies, OPT_BYZANTINE_IDS)) {
        option_write(OPT_BYZANTINE_IDS, scenario, text);
        add(builder, " (ids %.200s)", text);
    }
}

/* "drop 5%" if it is not zero and does not vary */
static void add_share(struct builder *builder, const struct scenario *scenario, const bool *varies, enum option_id id)
{
    double share = option_real(id, scenario);
    if (share > 0 && shown(varies, id)) {
        add(builder, ", %s %.6g%%", option_at(id)->name, share * 100);
    }
}

static void add_links(struct builder *builder, const struct scenario *scenario, const bool *varies)
{
    char text[OPTION_TEXT_SIZE];
    bool placed = scenario->placement.matrix != NULL && shown(varies, OPT_LATENCY_MATRIX);
    add(builder, "; links");
    if (placed) {
        uint32_t regions = scenario->placement.region_count;
        add(builder, " of %.100s", scenario->matrix_name);
        if (shown(varies, OPT_REGIONS)) {
            add(builder, " between %u region%s", regions, regions == 1 ? "" : "s");
        }
    }
    if (shown(varies, OPT_DELAY) && (scenario->delay.kind != DELAY_NONE || !placed)) {
        option_write(OPT_DELAY, scenario, text);
        add(builder, "%s %s", placed ? " and" : "", strcmp(text, "none") == 0 ? "without delay" : text);
    }
    if (scenario->bandwidth > 0 && shown(varies, OPT_BANDWIDTH)) {
        option_write(OPT_BANDWIDTH, scenario, text);
        add(builder, ", uplinks of %s/s", text);
    }
}

static void add_network(struct builder *builder, const struct scenario *scenario, const bool *varies)
{
    char text[OPTION_TEXT_SIZE];
    add_links(builder, scenario, varies);
    add_share(builder, scenario, varies, OPT_DROP);
    add_share(builder, scenario, varies, OPT_DUPLICATE);
    add_share(builder, scenario, varies, OPT_REORDER);
    if (scenario->fifo && shown(varies, OPT_FIFO)) {
        add(builder, ", in order");
    }
    if (scenario->gst_ns != TIME_NEVER_NS && shown(varies, OPT_GST)) {
        option_write(OPT_GST, scenario, text);
        add(builder, ", reliable after %s", text);
    }
}

static void add_schedule(struct builder *builder, const struct scenario *scenario, const bool *varies)
{
    const struct schedule *schedule = scenario->schedule;
    if (schedule == NULL || !shown(varies, OPT_SCHEDULE)) {
        return;
    }
    char words[COUNT_WORDS_SIZE];
    const struct {
        size_t count;
        const char *noun;
    } parts[] = {{schedule->outage_count, "outage"},
                 {schedule->partition_count, "partition"},
                 {schedule->rule_count, "link rule"}};
    const char *separator = "; scheduled: ";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].count > 0) {
            count_words(parts[i].count, parts[i].noun, words);
            add(builder, "%s%s", separator, words);
            separator = ", ";
        }
    }
}

static void add_load(struct builder *builder, const struct scenario *scenario, const bool *varies)
{
    char words[COUNT_WORDS_SIZE];
    char separator = ';';
    if (shown(varies, OPT_REQUESTS)) {
        count_words(scenario->requests, "request", words);
        add(builder, "; %s", words);
        separator = ' ';
    }
    if (shown(varies, OPT_CLIENTS)) {
        count_words(scenario->clients, "client", words);
        add(builder, separator == ' ' ? " by %s" : "; %s", words);
    }
    if (scenario->rate > 0 && shown(varies, OPT_RATE)) {
        add(builder, " at %.6g/s", scenario->rate);
    }
    if (scenario->batch > 1 && shown(varies, OPT_BATCH)) {
        add(builder, ", batches to %u", scenario->batch);
    }
}

void scenario_words(const struct scenario *scenario, const bool *varies, char text[SCENARIO_WORDS_SIZE])
{
    struct builder builder = {.size = SCENARIO_WORDS_SIZE};
    builder.text = text;
    add_replicas(&builder, scenario, varies);
    add_network(&builder, scenario, varies);
    add_schedule(&builder, scenario, varies);
    add_load(&builder, scenario, varies);
    if (!processing_is_none(&scenario->processing) && shown(varies, OPT_PROCESSING)) {
        char processing[128];
        processing_text(&scenario->processing, processing, sizeof processing);
        add(&builder, "; processing %s", processing);
    }
    if (scenario->auth != AUTH_NONE && shown(varies, OPT_AUTH)) {
        add(&builder, "; %s", scenario->auth == AUTH_MAC ? "keyed hashes" : "signatures");
    }
    if (shown(varies, OPT_CLOCK)) {
        add(&builder, "; %s clock", scenario->clock == CLOCK_REAL ? "real" : "virtual");
    }
    if (scenario->clock == CLOCK_REAL && (scenario->time_scale < 1 || scenario->time_scale > 1)) {
        add(&builder, " slowed down %.6g times", scenario->time_scale);
    }
}

static void add_quoted(struct builder *builder, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,=@%+-";
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        add(builder, "%s", text);
        return;
    }
    add(builder, "'");
    for (const char *c = text; *c != '\0'; c++) {
        add(builder, *c == '\'' ? "'\\''" : "%c", *c);
    }
    add(builder, "'");
}

static void add_option(struct builder *builder, enum option_id id, const char *text)
{
    bool flag = option_at(id)->type == OPTION_FLAG;
    if (flag && strcmp(text, "on") == 0) {
        add(builder, " --%s", option_at(id)->name);
        return;
    }
    add(builder, flag ? " --%s=" : " --%s ", option_at(id)->name);
    add_quoted(builder, text);
}

/* The option that was given at this place; OPTION_COUNT if it was given again later. */
static enum option_id option_given_at(const struct settings *settings, uint16_t place)
{
    unsigned id = 0;
    while (id < OPTION_COUNT && settings->order[id] != place) {
        id++;
    }
    return (enum option_id)id;
}

void command_text(const struct settings *settings, const char *command, enum command_form form, uint64_t seed,
                  const bool *also, char text[COMMAND_SIZE])
{
    struct builder builder = {.size = COMMAND_SIZE};
    builder.text = text;
    bool single = form == COMMAND_SINGLE_RUN;
    bool grid = form == COMMAND_GRID;
    add(&builder, "pbft %s", command);
    for (unsigned i = 0; i < (grid ? settings->given : OPTION_COUNT); i++) {
        enum option_id id = grid ? option_given_at(settings, (uint16_t)(i + 1)) : (enum option_id)i;
        if (id == OPTION_COUNT || !settings_has(settings, id)) {
            continue;
        }
        bool source = id == OPT_PRESET || id == OPT_CONFIG;
        bool given = settings->source[id] == SOURCE_COMMAND_LINE || (also != NULL && also[id]);
        bool left_out = (id == OPT_SEED && !grid) || (single && (id == OPT_REPEAT || id == OPT_EXPECT));
        if (given && !left_out && (option_at(id)->scenario || source)) {
            add_option(&builder, id, settings->text[id]);
        }
    }
    bool may_repeat = settings_has(settings, OPT_PRESET) || settings_has(settings, OPT_CONFIG);
    if (single && may_repeat) {
        add(&builder, " --repeat 1");
    }
    if (!grid || settings->source[OPT_SEED] == SOURCE_DRAWN) {
        add(&builder, " --seed %llu", (unsigned long long)seed);
    }
}
