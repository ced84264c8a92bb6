#include "runner/twins.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/healing.h"
#include "runner/resolve.h"
#include "runner/tasks.h"

#define MOST_SCHEDULES UINT64_C(1000000000000)

/* --- what is enumerated ------------------------------------------------------------------------------------------ */

/* All partitions into at most TWINS_GROUPS groups, as restricted growth strings: an endpoint's group is at most one
 * above those before it (Knuth, TAOCP 7.2.1.5). Returns how many; `parting` NULL counts only. */
static uint32_t enumerate_partitions(uint32_t endpoints, uint8_t (*parting)[TWINS_ENDPOINTS])
{
    uint8_t groups[TWINS_ENDPOINTS] = {0};
    for (uint32_t count = 0;;) {
        if (parting != NULL) {
            memcpy(parting[count], groups, sizeof groups);
        }
        count++;
        uint32_t at = endpoints;
        bool moved = false;
        while (at-- > 1 && !moved) {
            uint8_t highest = 0;
            for (uint32_t i = 0; i < at; i++) {
                highest = groups[i] > highest ? groups[i] : highest;
            }
            moved = groups[at] <= highest && groups[at] + 1u < TWINS_GROUPS;
            groups[at] = moved ? (uint8_t)(groups[at] + 1) : 0;
        }
        if (!moved) {
            return count;
        }
    }
}

/* How many endpoints are in the largest group, and how many groups there are. */
static void measure(const uint8_t groups[TWINS_ENDPOINTS], uint32_t endpoints, uint32_t *largest, uint32_t *count)
{
    uint32_t sizes[TWINS_GROUPS] = {0};
    *largest = *count = 0;
    for (uint32_t i = 0; i < endpoints; i++) {
        sizes[groups[i]]++;
        *largest = sizes[groups[i]] > *largest ? sizes[groups[i]] : *largest;
    }
    for (uint32_t group = 0; group < TWINS_GROUPS; group++) {
        *count += sizes[group] > 0;
    }
}

/* Two groups as even as can be come first, where both may have a quorum: what is broken is broken early. Then one
 * group, then three. */
static uint32_t rank_of(const uint8_t groups[TWINS_ENDPOINTS], uint32_t endpoints)
{
    uint32_t largest, count;
    measure(groups, endpoints, &largest, &count);
    return (count == 2 ? 0 : count == 1 ? 1 : 2) * (endpoints + 1) + largest;
}

static void sort_partitions(struct twins *twins)
{
    for (uint32_t i = 1; i < twins->partitions; i++) { /* keeps those of the same rank in order */
        uint8_t groups[TWINS_ENDPOINTS];
        memcpy(groups, twins->parting[i], sizeof groups);
        uint32_t rank = rank_of(groups, twins->endpoints), at = i;
        for (; at > 0 && rank_of(twins->parting[at - 1], twins->endpoints) > rank; at--) {
            memcpy(twins->parting[at], twins->parting[at - 1], sizeof groups);
        }
        memcpy(twins->parting[at], groups, sizeof groups);
    }
}

/* Numbers groups in the order in which they first appear. */
static void normalize(uint8_t groups[TWINS_ENDPOINTS], uint32_t endpoints)
{
    uint8_t name[TWINS_GROUPS] = {0}, names = 0;
    bool named[TWINS_GROUPS] = {false};
    for (uint32_t i = 0; i < endpoints; i++) {
        if (!named[groups[i]]) {
            named[groups[i]] = true;
            name[groups[i]] = names++;
        }
        groups[i] = name[groups[i]];
    }
}

static uint32_t find_partition(const struct twins *twins, const uint8_t groups[TWINS_ENDPOINTS])
{
    uint32_t index = 0;
    while (memcmp(twins->parting[index], groups, TWINS_ENDPOINTS) != 0) {
        index++;
        assert(index < twins->partitions);
    }
    return index;
}

/* The `which`-th identity of a set. */
static node_id member(uint64_t set, uint32_t which)
{
    node_id id = 0;
    for (;; id++) {
        if ((set >> id & 1) != 0 && which-- == 0) {
            return id;
        }
    }
}

/* In the tables the twins are the first identities: endpoint i < b has its second copy at n + i. */
static void make_mirrors(struct twins *twins)
{
    uint32_t n = twins->scenario.nodes;
    for (uint32_t twin = 0; twin < twins->scenario.byzantine; twin++) {
        for (uint32_t p = 0; p < twins->partitions; p++) {
            uint8_t groups[TWINS_ENDPOINTS];
            memcpy(groups, twins->parting[p], sizeof groups);
            uint8_t first = groups[twin];
            groups[twin] = groups[n + twin];
            groups[n + twin] = first;
            normalize(groups, twins->endpoints);
            twins->mirror[twin * twins->partitions + p] = find_partition(twins, groups);
        }
    }
}

static bool make_tables(struct twins *twins, struct error *error)
{
    uint32_t n = twins->scenario.nodes, b = twins->scenario.byzantine;
    twins->partitions = enumerate_partitions(twins->endpoints, NULL);
    twins->parting = calloc(twins->partitions, sizeof *twins->parting);
    twins->mirror = calloc((size_t)b * twins->partitions, sizeof *twins->mirror);
    twins->sets = calloc((size_t)1 << n, sizeof *twins->sets);
    if (twins->parting == NULL || twins->mirror == NULL || twins->sets == NULL) {
        return error_set(error, "out of memory");
    }
    enumerate_partitions(twins->endpoints, twins->parting);
    sort_partitions(twins);
    make_mirrors(twins);
    uint64_t given = 0;
    for (uint32_t i = 0; twins->scenario.byzantine_ids_given && i < b; i++) {
        given |= UINT64_C(1) << twins->scenario.byzantine_ids[i];
    }
    for (uint64_t set = 0; set < UINT64_C(1) << n; set++) {
        if ((uint32_t)__builtin_popcountll(set) == b && (given == 0 || set == given)) {
            twins->sets[twins->set_count++] = set;
        }
    }
    twins->schedules = twins->set_count;
    for (uint32_t view = 0; view < TWINS_VIEWS; view++) {
        twins->schedules *= twins->partitions;
        if (twins->schedules > MOST_SCHEDULES) {
            return error_set(error, "--byzantine %u among --nodes %u: too many schedules to go through", b, n);
        }
    }
    return true;
}

/* What a run of twins has unless the user says otherwise: two clients, so that two copies of a primary have something
 * different to order, and everything in step. */
static const struct {
    enum option_id id;
    const char *text;
} defaults[] = {
    {OPT_NODES, "4"},
    {OPT_REQUESTS, "2"},
    {OPT_CLIENTS, "2"},
    {OPT_DELAY, "fixed:10ms"},
    {OPT_VIEW_TIMEOUT, "100ms"},
    {OPT_RETRANSMIT, "40ms"},
    {OPT_CLIENT_TIMEOUT, "100ms"},
    {OPT_GST, "3s"},
    {OPT_CHECKPOINT_INTERVAL, "4"},
    {OPT_WINDOW, "8"},
};

static bool read_scenario(const struct settings *given, struct scenario *scenario, struct error *error)
{
    struct settings settings = *given;
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        if (!settings_has(&settings, defaults[i].id)) {
            settings_set(&settings, defaults[i].id, defaults[i].text, SOURCE_PRESET);
        }
    }
    if (!settings_has(&settings, OPT_BYZANTINE) && !settings_has(&settings, OPT_BYZANTINE_IDS)) {
        settings_set(&settings, OPT_BYZANTINE, "1", SOURCE_PRESET);
    }
    settings_set(&settings, OPT_BEHAVIOR, "twin", SOURCE_PRESET);
    settings_set(&settings, OPT_CLOCK, "virtual", SOURCE_PRESET);
    settings_set(&settings, OPT_SEED, "1", SOURCE_PRESET); /* the number of the schedule stands in its place */
    return settings_are_single(&settings, error) && scenario_resolve(&settings, scenario, error);
}

bool twins_make(const struct settings *settings, struct twins *twins, struct error *error)
{
    *twins = (struct twins){.endpoints = 0};
    if (!read_scenario(settings, &twins->scenario, error)) {
        return false;
    }
    struct scenario *scenario = &twins->scenario;
    twins->endpoints = scenario->nodes + scenario->byzantine;
    if (scenario->byzantine == 0 || scenario->nodes > TWINS_REPLICAS || twins->endpoints > TWINS_ENDPOINTS) {
        return error_set(error, "--twins: 1 to %u twins (--byzantine) among at most %u replicas (--nodes) are allowed",
                         TWINS_ENDPOINTS - TWINS_REPLICAS, TWINS_REPLICAS);
    }
    if (scenario->gst_ns == TIME_NEVER_NS || scenario->schedule != NULL || settings_has(settings, OPT_BEHAVIOR)) {
        return error_set(error, "--twins: it says itself who misbehaves, how, and what is cut off until --gst");
    }
    return make_tables(twins, error);
}

void twins_destroy(struct twins *twins)
{
    free(twins->parting);
    free(twins->mirror);
    free(twins->sets);
    twins->parting = NULL;
    twins->mirror = NULL;
    twins->sets = NULL;
}

/* --- one schedule ------------------------------------------------------------------------------------------------ */

/* The numbers that a schedule's number is made of. */
struct digits {
    uint64_t set;
    uint32_t partition[TWINS_VIEWS];
};

static struct digits digits_of(const struct twins *twins, uint64_t number)
{
    struct digits digits;
    for (uint32_t view = TWINS_VIEWS; view-- > 0;) {
        digits.partition[view] = (uint32_t)(number % twins->partitions);
        number /= twins->partitions;
    }
    assert(number < twins->set_count);
    digits.set = twins->sets[number];
    return digits;
}

/* The group of an identity's copy: tables have the twins first. */
static uint8_t group_of(const struct twins *twins, const struct digits *digits, uint32_t view, uint32_t copy,
                        node_id id)
{
    uint32_t twin = 0, correct = twins->scenario.byzantine;
    for (node_id before = 0; before < id; before++) {
        bool is_twin = (digits->set >> before & 1) != 0;
        twin += is_twin;
        correct += !is_twin;
    }
    bool is_twin = (digits->set >> id & 1) != 0;
    uint32_t endpoint = !is_twin ? correct : copy == 0 ? twin : twins->scenario.nodes + twin;
    return twins->parting[digits->partition[view]][endpoint];
}

/* What the network cuts: correct replicas from each other. The twins see to their own links. */
static void cut_correct(const struct twins *twins, const struct digits *digits, uint32_t view, struct plan *plan)
{
    uint32_t n = twins->scenario.nodes;
    uint8_t *groups = plan->groups[plan->partition_count];
    bool parted = false;
    uint8_t first = 0;
    for (node_id id = 0; id < n; id++) {
        bool is_twin = (digits->set >> id & 1) != 0;
        groups[id] = is_twin ? 0 : (uint8_t)(1 + group_of(twins, digits, view, 0, id));
        first = first == 0 ? groups[id] : first;
        parted = parted || (groups[id] != 0 && groups[id] != first);
    }
    if (parted) {
        plan->partitions[plan->partition_count++] = (struct partition){.kind = PARTITION_GROUPS,
                                                                       .until_ns = twins->scenario.gst_ns,
                                                                       .spared = 1u << MESSAGE_VIEW_CHANGE,
                                                                       .view_first = view,
                                                                       .view_last = view};
    }
}

void twins_plan(const struct twins *twins, uint64_t number, struct plan *plan, struct twin_schedule *schedule,
                uint8_t table[TWINS_TABLE])
{
    struct digits digits = digits_of(twins, number);
    struct scenario *scenario = &plan->scenario;
    uint32_t n = twins->scenario.nodes;
    *scenario = twins->scenario;
    plan->partition_count = plan->outage_count = plan->rule_count = 0;
    plan->given = NULL;
    scenario->byzantine_ids_given = true;
    for (uint32_t i = 0; i < scenario->byzantine; i++) {
        scenario->byzantine_ids[i] = member(digits.set, i);
    }
    for (uint32_t view = 0; view < TWINS_VIEWS; view++) {
        cut_correct(twins, &digits, view, plan);
        for (uint32_t copy = 0; copy < 2; copy++) {
            for (node_id id = 0; id < n; id++) {
                table[(view * 2 + copy) * n + id] = group_of(twins, &digits, view, copy, id);
            }
        }
    }
    *schedule = (struct twin_schedule){.views = TWINS_VIEWS, .until_ns = scenario->gst_ns, .groups = table};
    scenario->twins = schedule;
    plan_bind(plan);
    scenario->deadline_ns = healing_deadline_ns(scenario);
}

/* The endpoints of one group. */
static void add_group(const struct twins *twins, const struct digits *digits, uint32_t view, uint8_t group, char *words)
{
    const char *before = group == 0 ? "" : " |";
    for (uint32_t i = 0; i < 2 * twins->scenario.nodes; i++) {
        node_id id = i / 2;
        bool exists = i % 2 == 0 || (digits->set >> id & 1) != 0;
        if (exists && group_of(twins, digits, view, i % 2, id) == group) {
            size_t used = strlen(words);
            snprintf(words + used, TWINS_WORDS_SIZE - used, "%s %u%s", before, id, i % 2 == 0 ? "" : "'");
            before = "";
        }
    }
}

void twins_words(const struct twins *twins, uint64_t number, char words[TWINS_WORDS_SIZE])
{
    struct digits digits = digits_of(twins, number);
    size_t used = (size_t)snprintf(words, TWINS_WORDS_SIZE, "twins");
    for (uint32_t i = 0; i < twins->scenario.byzantine; i++) {
        used += (size_t)snprintf(words + used, TWINS_WORDS_SIZE - used, " %u", member(digits.set, i));
    }
    for (uint32_t view = 0; view < TWINS_VIEWS; view++) {
        used = strlen(words);
        snprintf(words + used, TWINS_WORDS_SIZE - used, "; view %u:", view);
        for (uint8_t group = 0; group < TWINS_GROUPS; group++) {
            add_group(twins, &digits, view, group, words);
        }
    }
}

/* The partition with the copies of some twins swapped. */
static uint32_t swapped(const struct twins *twins, uint32_t which, uint32_t partition)
{
    for (uint32_t twin = 0; twin < twins->scenario.byzantine; twin++) {
        partition = (which >> twin & 1) != 0 ? twins->mirror[twin * twins->partitions + partition] : partition;
    }
    return partition;
}

bool twins_is_mirror_image(const struct twins *twins, uint64_t number)
{
    struct digits digits = digits_of(twins, number);
    bool smaller = false;
    for (uint32_t which = 1; which < 1u << twins->scenario.byzantine && !smaller; which++) {
        uint32_t view = 0;
        while (view + 1 < TWINS_VIEWS && swapped(twins, which, digits.partition[view]) == digits.partition[view]) {
            view++;
        }
        smaller = swapped(twins, which, digits.partition[view]) < digits.partition[view];
    }
    return smaller;
}

/* --- all of them ------------------------------------------------------------------------------------------------- */

struct twins_bench {
    struct plan plan;
    struct trial trial;
    struct twin_schedule schedule;
    uint8_t table[TWINS_TABLE];
};

/* A task: the schedules of one set with the same partitions in all views but the last two. */
struct twins_block {
    enum campaign_end end;
    struct twins_counts counts;
    struct coverage coverage;
    enum finding finding;
    uint64_t number;
    struct error error;
};

struct twins_session {
    const struct twins *twins;
    const struct campaign_plan *plan;
    struct twins_counts *counts;
    struct campaign *campaign;
    struct error *error;
};

/* How many schedules, this one included, differ from it only in views above `reached`. */
static uint64_t alike(const struct twins *twins, view_number reached)
{
    uint64_t count = 1;
    for (uint32_t view = TWINS_VIEWS; view-- > reached + 1;) {
        count *= twins->partitions;
    }
    return count;
}

/* Runs one schedule; returns how many it stands for. */
static uint64_t run_schedule(const struct twins_session *session, struct twins_bench *bench, struct twins_block *block,
                             uint64_t number)
{
    const struct twins *twins = session->twins;
    uint64_t stands_for = 1;
    twins_plan(twins, number, &bench->plan, &bench->schedule, bench->table);
    if (!trial_run(&bench->plan, session->plan->interrupted, &bench->trial, &block->error)) {
        block->end = CAMPAIGN_FAILED;
    } else if (bench->trial.result.end == END_INTERRUPTED) {
        block->end = CAMPAIGN_INTERRUPTED;
    } else {
        coverage_add(&block->coverage, &bench->plan, &bench->trial);
        block->counts.run++;
        block->finding = bench->trial.finding;
        block->end = block->finding == FOUND_NOTHING ? CAMPAIGN_ALL : CAMPAIGN_FOUND;
        uint64_t group = alike(twins, bench->trial.view_asked);
        stands_for = group - number % group; /* up to the next that differs in what was reached */
    }
    trial_destroy(&bench->trial);
    return stands_for;
}

static void run_block(void *context, void *own, size_t task, void *outcome)
{
    const struct twins_session *session = context;
    const struct twins *twins = session->twins;
    struct twins_block *block = outcome;
    uint64_t size = (uint64_t)twins->partitions * twins->partitions;
    uint64_t last = session->plan->seed + session->plan->runs;
    uint64_t end = (task + 1) * size < last ? (task + 1) * size : last;
    *block = (struct twins_block){.end = CAMPAIGN_ALL};
    for (uint64_t number = task * size > session->plan->seed ? task * size : session->plan->seed;
         number < end && block->end == CAMPAIGN_ALL;) {
        block->number = number;
        if (twins_is_mirror_image(twins, number)) {
            block->counts.mirrored++;
            block->counts.schedules++;
            number++;
            continue;
        }
        uint64_t next = number + run_schedule(session, own, block, number);
        next = next < end ? next : end;
        block->counts.schedules += next - number;
        block->counts.unreached += next - number - 1;
        number = next;
    }
}

static bool hand_over(void *context, size_t task, void *outcome)
{
    const struct twins_session *session = context;
    const struct twins_block *block = outcome;
    struct campaign *campaign = session->campaign;
    (void)task;
    coverage_merge(&campaign->coverage, &block->coverage);
    session->counts->schedules += block->counts.schedules;
    session->counts->mirrored += block->counts.mirrored;
    session->counts->unreached += block->counts.unreached;
    session->counts->run += block->counts.run;
    campaign->end = block->end;
    campaign->finding = block->finding;
    campaign->seed = block->number;
    if (block->end == CAMPAIGN_FAILED) {
        *session->error = block->error;
    }
    if (session->plan->progress != NULL) {
        session->plan->progress(session->plan->context, session->counts->schedules);
    }
    return block->end == CAMPAIGN_ALL;
}

void twins_run(const struct twins *twins, const struct campaign_plan *plan, struct twins_counts *counts,
               struct campaign *campaign, struct error *error)
{
    struct twins_session session = {
        .twins = twins, .plan = plan, .counts = counts, .campaign = campaign, .error = error};
    uint64_t size = (uint64_t)twins->partitions * twins->partitions;
    const struct tasks_plan tasks = {.first = (size_t)(plan->seed / size),
                                     .count = (size_t)((plan->seed + plan->runs + size - 1) / size),
                                     .threads = plan->jobs,
                                     .bench_size = sizeof(struct twins_bench),
                                     .outcome_size = sizeof(struct twins_block),
                                     .run = run_block,
                                     .hand_over = hand_over,
                                     .context = &session};
    *campaign = (struct campaign){.end = CAMPAIGN_ALL};
    *counts = (struct twins_counts){0};
    if (tasks_run(&tasks, error) == TASKS_FAILED) {
        campaign->end = CAMPAIGN_FAILED;
    }
}
