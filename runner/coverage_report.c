#include "runner/coverage_report.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 110

#define NUMBER(count) ((unsigned long long)(count))

/* --- table ------------------------------------------------------------------------------------------------------- */

/* A list under a title that is broken into lines. */
struct paragraph {
    struct output *output;
    const char *title;
    size_t column; /* 0: nothing yet */
};

#define INDENT 20u

static void add_item(struct paragraph *paragraph, const char *item)
{
    size_t length = strlen(item);
    if (paragraph->column == 0) {
        output_print(paragraph->output, "  %-*s", (int)INDENT - 2, paragraph->title);
        paragraph->column = INDENT;
    } else if (paragraph->column + 2 + length > WIDTH) {
        output_print(paragraph->output, ",\n%*s", (int)INDENT, "");
        paragraph->column = INDENT;
    } else {
        output_print(paragraph->output, ", ");
        paragraph->column += 2;
    }
    output_print(paragraph->output, "%s", item);
    paragraph->column += length;
}

/* A name as people write it. */
static void name_words(const char *name, char words[64])
{
    snprintf(words, 64, "%s", name);
    for (char *c = words; *c != '\0'; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
}

static void reason_words(enum reject reason, char words[64])
{
    name_words(reject_name(reason), words);
}

static void add_count(struct paragraph *paragraph, const char *name, uint64_t count)
{
    char item[96], words[64];
    name_words(name, words);
    snprintf(item, sizeof item, "%s %llu", words, NUMBER(count));
    add_item(paragraph, item);
}

static void end_paragraph(struct paragraph *paragraph, const char *otherwise)
{
    if (paragraph->column == 0) {
        add_item(paragraph, otherwise);
    }
    output_print(paragraph->output, "\n");
}

static void print_sizes(const struct coverage *coverage, struct output *output)
{
    struct paragraph sizes = {output, "runs by n", 0}, faulty = {output, "runs by b", 0};
    char name[16];
    for (uint32_t n = 0; n <= PLAN_REPLICAS; n++) {
        snprintf(name, sizeof name, "%u:", n);
        if (coverage->of_size[n] > 0) {
            add_count(&sizes, name, coverage->of_size[n]);
        }
    }
    end_paragraph(&sizes, "none");
    for (uint32_t b = 0; b <= PLAN_REPLICAS; b++) {
        snprintf(name, sizeof name, "%u:", b);
        if (coverage->of_faulty[b] > 0) {
            add_count(&faulty, name, coverage->of_faulty[b]);
        }
    }
    end_paragraph(&faulty, "none");
}

static void print_behaviors(const struct coverage *coverage, struct output *output)
{
    struct paragraph fired = {output, "misbehaved", 0}, never = {output, "never fired", 0};
    char item[128];
    for (size_t i = 0; i < COVERAGE_BEHAVIORS && behavior_at(i)->name != NULL; i++) {
        if (coverage->behaviors[i].fired > 0) {
            snprintf(item, sizeof item, "%s %llu (in %llu of %llu)", behavior_at(i)->name,
                     NUMBER(coverage->behaviors[i].fired), NUMBER(coverage->behaviors[i].fired_in),
                     NUMBER(coverage->behaviors[i].runs));
            add_item(&fired, item);
        }
    }
    end_paragraph(&fired, "nothing");
    for (size_t i = 0; i < COVERAGE_BEHAVIORS && behavior_at(i)->name != NULL; i++) {
        if (coverage->behaviors[i].fired == 0 && coverage->behaviors[i].runs > 0) {
            add_count(&never, behavior_at(i)->name, coverage->behaviors[i].runs);
        }
    }
    end_paragraph(&never, "all of them did");
}

static void print_rejections(const struct coverage *coverage, struct output *output)
{
    struct paragraph fired = {output, "rejected", 0}, never = {output, "never rejected", 0};
    char item[128], words[64];
    for (int reason = REJECT_NONE + 1; reason < REJECT_REASONS; reason++) {
        reason_words((enum reject)reason, words);
        if (coverage->rejected[reason] > 0) {
            snprintf(item, sizeof item, "%s %llu (in %llu)", words, NUMBER(coverage->rejected[reason]),
                     NUMBER(coverage->rejected_in[reason]));
            add_item(&fired, item);
        }
    }
    end_paragraph(&fired, "nothing");
    for (int reason = REJECT_NONE + 1; reason < REJECT_REASONS; reason++) {
        reason_words((enum reject)reason, words);
        if (coverage->rejected[reason] == 0) {
            add_item(&never, words);
        }
    }
    end_paragraph(&never, "every reason was met");
}

static void print_views(const struct coverage *coverage, struct output *output)
{
    struct paragraph views = {output, "views after heal", 0};
    char name[32];
    for (uint32_t i = 0; i < COVERAGE_VIEWS; i++) {
        snprintf(name, sizeof name, i == COVERAGE_VIEWS - 1 ? "%u or more:" : "%u:", i);
        if (coverage->views_needed[i] > 0) {
            add_count(&views, name, coverage->views_needed[i]);
        }
    }
    end_paragraph(&views, coverage->saw[SAW_VIEWS_PROMISED] > 0 ? "nothing was pending" : "not judged");
}

static void print_work(const struct coverage *coverage, struct output *output)
{
    struct paragraph done = {output, "in all", 0}, messages = {output, "messages", 0};
    add_count(&done, "requests", coverage->requests);
    add_count(&done, "decisions", coverage->decisions);
    add_count(&done, "null requests executed", coverage->null_requests);
    add_count(&done, "view changes", coverage->view_changes);
    add_count(&done, "decisions fetched", coverage->fetched);
    add_count(&done, "states transferred", coverage->transferred);
    add_count(&done, "events", coverage->events);
    end_paragraph(&done, "nothing");
    add_count(&messages, "sent", coverage->sent);
    add_count(&messages, "delivered", coverage->delivered);
    add_count(&messages, "dropped", coverage->dropped);
    add_count(&messages, "duplicated", coverage->duplicated);
    add_count(&messages, "sent again", coverage->retransmitted);
    end_paragraph(&messages, "none");
}

void coverage_print(const struct coverage *coverage, struct output *output)
{
    struct paragraph had = {output, "runs that had", 0}, saw = {output, "runs that saw", 0};
    print_sizes(coverage, output);
    for (uint32_t i = 0; i < COVERAGE_FEATURES; i++) {
        add_count(&had, coverage_feature_name((enum coverage_feature)i), coverage->has[i]);
    }
    end_paragraph(&had, "");
    for (uint32_t i = 0; i < COVERAGE_EVENTS; i++) {
        add_count(&saw, coverage_event_name((enum coverage_event)i), coverage->saw[i]);
    }
    end_paragraph(&saw, "");
    print_views(coverage, output);
    print_work(coverage, output);
    print_behaviors(coverage, output);
    print_rejections(coverage, output);
}

/* --- JSON -------------------------------------------------------------------------------------------------------- */

static void set_count(json_t *object, const char *name, uint64_t count)
{
    json_object_set_new(object, name, json_integer((json_int_t)count));
}

static json_t *counts_by_number(const uint64_t *counts, uint32_t size)
{
    json_t *object = json_object();
    for (uint32_t i = 0; i < size; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        if (counts[i] > 0) {
            set_count(object, name, counts[i]);
        }
    }
    return object;
}

static json_t *behaviors_json(const struct coverage *coverage)
{
    json_t *object = json_object();
    for (size_t i = 0; i < COVERAGE_BEHAVIORS && behavior_at(i)->name != NULL; i++) {
        json_t *one = json_object();
        set_count(one, "runs", coverage->behaviors[i].runs);
        set_count(one, "replicas", coverage->behaviors[i].replicas);
        set_count(one, "fired", coverage->behaviors[i].fired);
        set_count(one, "fired_in", coverage->behaviors[i].fired_in);
        json_object_set_new(object, behavior_at(i)->name, one);
    }
    return object;
}

static json_t *rejections_json(const struct coverage *coverage)
{
    json_t *object = json_object();
    for (int reason = REJECT_NONE + 1; reason < REJECT_REASONS; reason++) {
        json_t *one = json_object();
        set_count(one, "messages", coverage->rejected[reason]);
        set_count(one, "runs", coverage->rejected_in[reason]);
        json_object_set_new(object, reject_name((enum reject)reason), one);
    }
    return object;
}

static json_t *messages_json(const struct coverage *coverage)
{
    json_t *object = json_object(), *types = json_object();
    set_count(object, "sent", coverage->sent);
    set_count(object, "delivered", coverage->delivered);
    set_count(object, "dropped", coverage->dropped);
    set_count(object, "duplicated", coverage->duplicated);
    set_count(object, "retransmitted", coverage->retransmitted);
    for (int type = MESSAGE_NONE + 1; type < MESSAGE_TYPES; type++) {
        set_count(types, message_type_name((enum message_type)type), coverage->by_type[type]);
    }
    json_object_set_new(object, "by_type", types);
    return object;
}

json_t *coverage_json(const struct coverage *coverage)
{
    json_t *object = json_object(), *had = json_object(), *saw = json_object();
    set_count(object, "runs", coverage->runs);
    json_object_set_new(object, "by_nodes", counts_by_number(coverage->of_size, PLAN_REPLICAS + 1));
    json_object_set_new(object, "by_byzantine", counts_by_number(coverage->of_faulty, PLAN_REPLICAS + 1));
    for (uint32_t i = 0; i < COVERAGE_FEATURES; i++) {
        set_count(had, coverage_feature_name((enum coverage_feature)i), coverage->has[i]);
    }
    for (uint32_t i = 0; i < COVERAGE_EVENTS; i++) {
        set_count(saw, coverage_event_name((enum coverage_event)i), coverage->saw[i]);
    }
    json_object_set_new(object, "runs_that_had", had);
    json_object_set_new(object, "runs_that_saw", saw);
    json_object_set_new(object, "views_after_healing", counts_by_number(coverage->views_needed, COVERAGE_VIEWS));
    set_count(object, "requests", coverage->requests);
    set_count(object, "decisions", coverage->decisions);
    set_count(object, "null_requests", coverage->null_requests);
    set_count(object, "view_changes", coverage->view_changes);
    set_count(object, "fetched_decisions", coverage->fetched);
    set_count(object, "state_transfers", coverage->transferred);
    set_count(object, "events", coverage->events);
    set_count(object, "emulated_ms", coverage->emulated_ms);
    json_object_set_new(object, "messages", messages_json(coverage));
    json_object_set_new(object, "faults", behaviors_json(coverage));
    json_object_set_new(object, "rejected", rejections_json(coverage));
    return object;
}
