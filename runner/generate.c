#include "runner/generate.h"

#include <assert.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/generate_events.h"
#include "runner/healing.h"
#include "runner/option_value.h"
#include "runner/patience.h"
#include "runner/resolve.h"
#include "runner/schedule_library.h"

#define NS_PER_MS UINT64_C(1000000)

bool generate_draws(enum option_id id)
{
    static const enum option_id drawn[] = {
        OPT_NODES,        OPT_BEHAVIOR,
        OPT_DELAY,        OPT_CLIENT_DELAY,
        OPT_DROP,         OPT_CLIENT_DROP,
        OPT_FIFO,         OPT_DUPLICATE,
        OPT_REORDER,      OPT_REORDER_EXTRA,
        OPT_GST,          OPT_SCHEDULE,
        OPT_CLIENTS,      OPT_REQUESTS,
        OPT_RATE,         OPT_PAYLOAD,
        OPT_BATCH,        OPT_PIPELINE,
        OPT_AUTH,         OPT_RETRANSMIT,
        OPT_WINDOW,       OPT_CHECKPOINT_INTERVAL,
        OPT_VIEW_TIMEOUT, OPT_CLIENT_TIMEOUT,
    };
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) {
        if (drawn[i] == id) {
            return true;
        }
    }
    return false;
}

static bool gives(const struct generator *generator, enum option_id id)
{
    return space_gives(generator->space, id);
}

static struct dice topic(const struct generator *generator, enum topic of)
{
    return dice_of(generator->plan->scenario.seed, of);
}

/* Of what the user gave as several values, one. */
static void draw_axes(struct generator *generator)
{
    const struct space *space = generator->space;
    for (size_t i = 0; i < space->axis_count; i++) {
        const struct axis *axis = &space->axes[i];
        struct dice dice = dice_of(generator->plan->scenario.seed, (uint64_t)TOPIC_AXES << 32 | axis->id);
        struct error ignored;
        bool read = option_read(axis->id, axis->texts[dice_below(&dice, (uint32_t)axis->count)],
                                &generator->plan->scenario, &ignored);
        assert(read); /* the axis has canonical texts */
        (void)read;
    }
}

/* --- replicas ---------------------------------------------------------------------------------------------------- */

static bool draw_sizes(struct generator *generator, struct error *error)
{
    struct scenario *scenario = &generator->plan->scenario;
    struct dice dice = topic(generator, TOPIC_NODES);
    if (!gives(generator, OPT_NODES)) {
        scenario->nodes = DICE_PICK(&dice, 4, 4, 4, 5, 6, 7, 7, 8, 9, 10, 11, 12, 13);
    }
    if (scenario->nodes > PLAN_REPLICAS) {
        return error_set(error, "--nodes %u: at most %u is allowed here", scenario->nodes, PLAN_REPLICAS);
    }
    if (!gives(generator, OPT_QUORUM)) {
        scenario->quorum = quorum_size(scenario->nodes);
    }
    if (!gives(generator, OPT_REPLY_QUORUM)) {
        scenario->reply_quorum = quorum_weak(scenario->nodes);
    }
    return true;
}

/* What the user's --schedule is for so many replicas. */
static bool find_schedule(struct generator *generator, struct error *error)
{
    struct plan *plan = generator->plan;
    const char *name = plan->scenario.schedule_name;
    plan->given = name == NULL
                      ? NULL
                      : schedule_library_find(generator->space->settings.schedules, name, plan->scenario.nodes, error);
    return name == NULL || plan->given != NULL;
}

/* How many misbehave: of all numbers that the user's ranges hold, each as likely. */
static bool draw_faulty(struct generator *generator, struct error *error)
{
    const struct space *space = generator->space;
    struct scenario *scenario = &generator->plan->scenario;
    struct dice dice = topic(generator, TOPIC_FAULTY);
    if (scenario->byzantine_ids_given || scenario->named_behavior_count > 0) {
        uint32_t named = scenario->named_behavior_count;
        scenario->byzantine = scenario->byzantine_ids_given ? scenario->byzantine : named;
        return true; /* the user says who, and so how many */
    }
    const struct faulty_range *range = &space->faulty[dice_below(&dice, (uint32_t)space->faulty_count)];
    uint32_t first = faulty_value(&range->first, scenario->nodes, scenario->quorum);
    uint32_t last = faulty_value(&range->last, scenario->nodes, scenario->quorum);
    if (first > scenario->nodes || last > scenario->nodes) {
        return error_set(error,
                         first == UINT32_MAX || last == UINT32_MAX
                             ? "--byzantine: no number of misbehaving replicas can break agreement among %u (--nodes)"
                             : "--byzantine: there are only %u replicas (--nodes)",
                         scenario->nodes);
    }
    scenario->byzantine = first >= last ? last : first + dice_below(&dice, last - first + 1);
    return true;
}

/* Behaviours that cost many times what the others do are rarer: a campaign is to spend its time on all of them. */
static const struct behavior *draw_behavior(struct dice *dice)
{
    size_t count = 0;
    while (behavior_at(count)->name != NULL) {
        count++;
    }
    const struct behavior *behavior = behavior_at(dice_below(dice, (uint32_t)count));
    bool is_costly = strcmp(behavior->name, "flood") == 0;
    return is_costly && !dice_chance(dice, 10) ? behavior_at(dice_below(dice, (uint32_t)count)) : behavior;
}

/* Gives each misbehaving replica a behaviour of its own, or all of them the same. Those that the schedule makes
 * misbehave have none. */
static void draw_behaviors(struct generator *generator)
{
    struct scenario *scenario = &generator->plan->scenario;
    struct dice dice = topic(generator, TOPIC_BEHAVIORS);
    if (scenario->byzantine_ids_given || scenario->named_behavior_count > 0) {
        return;
    }
    uint64_t down = 0;
    for (uint32_t i = 0; i < generator->plan->outage_count; i++) {
        down |= UINT64_C(1) << generator->plan->outages[i].replica;
    }
    uint32_t up = scenario->nodes - (uint32_t)__builtin_popcountll(down);
    uint32_t wanted = generator->faulty_left < up ? generator->faulty_left : up;
    uint64_t chosen = dice_subset(&dice, up, wanted);
    bool all_the_same = dice_chance(&dice, 40);
    const struct behavior *behavior = gives(generator, OPT_BEHAVIOR) ? scenario->behavior : draw_behavior(&dice);
    scenario->byzantine = 0;
    for (uint32_t id = 0, place = 0; id < scenario->nodes; id++) {
        if ((down >> id & 1) != 0 || (chosen >> place++ & 1) == 0) {
            continue;
        }
        if (!all_the_same && !gives(generator, OPT_BEHAVIOR)) {
            behavior = draw_behavior(&dice);
        }
        scenario->named_behaviors[scenario->byzantine++] = (struct named_behavior){
            .id = id, .behavior = behavior, .values = scenario->values /* zeroed where the behavior is drawn */};
    }
    scenario->named_behavior_count = scenario->byzantine;
}

/* --- network ----------------------------------------------------------------------------------------------------- */

static void draw_delays(struct generator *generator)
{
    struct scenario *scenario = &generator->plan->scenario;
    struct dice dice = topic(generator, TOPIC_DELAY), client = topic(generator, TOPIC_CLIENT_DELAY);
    if (!gives(generator, OPT_DELAY)) {
        uint64_t mean_ns = dice_magnitude(&dice, NS_PER_MS / 10, 50 * NS_PER_MS);
        bool wild = dice_chance(&dice, 5); /* then there is no D, and views are not counted against it */
        scenario->delay = wild ? generate_wild_delay(&dice, mean_ns) : generate_bounded_delay(&dice, mean_ns);
    }
    double mean_ns = scenario_link_mean_ns(scenario);
    generator->unit_ns = mean_ns < 1 ? NS_PER_MS : (uint64_t)mean_ns;
    if (!gives(generator, OPT_CLIENT_DELAY)) {
        scenario->client_delay = scenario->delay;
        if (dice_chance(&client, 30)) {
            uint64_t factor = dice_magnitude(&client, 1, 16);
            scenario->client_delay = generate_bounded_delay(&client, generator->unit_ns * factor / 4);
        }
    }
    uint64_t bound_ns = healing_timely_ns(scenario);
    generator->timely_ns = bound_ns == TIME_NEVER_NS ? 4 * generator->unit_ns : bound_ns;
}

static double percent(uint32_t of)
{
    return (double)of / 100.0;
}

static void draw_losses(struct generator *generator)
{
    struct scenario *scenario = &generator->plan->scenario;
    struct dice loss = topic(generator, TOPIC_LOSS), twice = topic(generator, TOPIC_DUPLICATE),
                order = topic(generator, TOPIC_REORDER), fifo = topic(generator, TOPIC_FIFO);
    bool chaos = generator->chaos;
    if (!gives(generator, OPT_DROP)) {
        scenario->drop = chaos ? percent(DICE_PICK(&loss, 0, 0, 0, 1, 5, 10, 20, 30, 50)) : 0;
    }
    if (!gives(generator, OPT_CLIENT_DROP)) {
        bool own = chaos && dice_chance(&loss, 30);
        scenario->client_drop = own ? percent(DICE_PICK(&loss, 0, 10, 50)) : scenario->drop;
    }
    if (!gives(generator, OPT_DUPLICATE)) {
        scenario->duplicate = percent(DICE_PICK(&twice, 0, 0, 0, 5, 20, 50, 100));
    }
    if (!gives(generator, OPT_REORDER)) {
        scenario->reorder = chaos ? percent(DICE_PICK(&order, 0, 0, 0, 5, 20, 50, 100)) : 0;
    }
    if (!gives(generator, OPT_REORDER_EXTRA)) {
        scenario->reorder_extra_ns = generate_round(generator->unit_ns * dice_magnitude(&order, 1, 20));
    }
    if (!gives(generator, OPT_FIFO)) {
        scenario->fifo = dice_chance(&fifo, 12);
    }
}

/* Whether there is chaos, and when it ends. */
static void draw_gst(struct generator *generator)
{
    struct scenario *scenario = &generator->plan->scenario;
    struct dice chaos = topic(generator, TOPIC_CHAOS), gst = topic(generator, TOPIC_GST);
    generator->chaos = dice_chance(&chaos, 90);
    if (!gives(generator, OPT_GST)) {
        uint64_t gst_ns = generate_round(generator->unit_ns * dice_magnitude(&gst, 8, 400));
        scenario->gst_ns = generator->chaos ? gst_ns : TIME_NEVER_NS;
    }
    generator->chaos = generator->chaos && scenario->gst_ns != TIME_NEVER_NS && scenario->gst_ns > 1;
}

/* --- the rest ---------------------------------------------------------------------------------------------------- */

static bool may_lose(const struct generator *generator)
{
    const struct scenario *scenario = &generator->plan->scenario;
    return scenario->drop > 0 || scenario->client_drop > 0 || scenario->byzantine > 0 || scenario->schedule != NULL;
}

static uint64_t at_least_1(uint64_t ns)
{
    return ns < 1 ? 1 : ns;
}

static void draw_timers(struct generator *generator)
{
    struct scenario *scenario = &generator->plan->scenario;
    struct dice dice = topic(generator, TOPIC_TIMERS);
    uint64_t enough_ns = 10 * (generator->timely_ns > 0 ? generator->timely_ns : generator->unit_ns);
    bool is_short = dice_chance(&dice, 25);
    uint64_t view_ns = is_short ? dice_between(&dice, enough_ns / 8, enough_ns)
                                : dice_magnitude(&dice, enough_ns, 4 * enough_ns);
    uint64_t client_ns = view_ns * dice_magnitude(&dice, 2, 16) / 4;
    uint64_t resend_ns = generator->unit_ns * dice_magnitude(&dice, 2, 10);
    bool never = dice_chance(&dice, 20);
    if (!gives(generator, OPT_VIEW_TIMEOUT)) {
        scenario->view_timeout_ns = at_least_1(generate_round(view_ns));
    }
    if (!gives(generator, OPT_CLIENT_TIMEOUT)) {
        scenario->client_timeout_ns = at_least_1(generate_round(client_ns));
    }
    if (!gives(generator, OPT_RETRANSMIT)) {
        uint64_t most_ns = scenario->view_timeout_ns;
        scenario->retransmit_ns = at_least_1(generate_round(resend_ns < most_ns ? resend_ns : most_ns));
        scenario->retransmit_ns = never && !may_lose(generator) ? 0 : scenario->retransmit_ns;
    }
}

static void draw_load(struct generator *generator)
{
    struct scenario *scenario = &generator->plan->scenario;
    struct dice dice = topic(generator, TOPIC_LOAD);
    uint64_t requests = dice_magnitude(&dice, 1, 32);
    uint32_t clients = DICE_PICK(&dice, 1, 1, 1, 2, 3, 5, 8);
    bool open = dice_chance(&dice, 20);
    if (!gives(generator, OPT_REQUESTS)) {
        scenario->requests = requests;
    }
    if (!gives(generator, OPT_CLIENTS)) {
        scenario->clients = clients;
    }
    if (!gives(generator, OPT_PAYLOAD)) {
        scenario->payload = DICE_PICK(&dice, 0, 16, 16, 100);
    }
    if (!gives(generator, OPT_RATE)) {
        uint64_t span_ns = generator->chaos ? scenario->gst_ns : 10 * generator->unit_ns;
        uint64_t rate = requests * 1000000000u / span_ns; /* whole requests a second: they come as chaos goes on */
        scenario->rate = open && rate > 0 ? (double)rate : 0;
    }
}

/* Small windows, so that checkpoints and watermarks matter. */
static void draw_protocol(struct generator *generator)
{
    struct scenario *scenario = &generator->plan->scenario;
    struct dice dice = topic(generator, TOPIC_PROTOCOL), auth = topic(generator, TOPIC_AUTH);
    uint32_t interval = (uint32_t)dice_magnitude(&dice, 1, 8);
    uint32_t times = DICE_PICK(&dice, 2, 2, 3, 4);
    uint32_t more = DICE_PICK(&dice, 0, 0, 1, 3);
    if (!gives(generator, OPT_CHECKPOINT_INTERVAL)) {
        uint32_t most = gives(generator, OPT_WINDOW) ? scenario->window / 2 : interval;
        scenario->checkpoint_interval = interval < most ? interval : most < 1 ? 1 : most;
    }
    if (!gives(generator, OPT_WINDOW)) {
        uint32_t least = gives(generator, OPT_PIPELINE) ? scenario->pipeline : 1;
        uint32_t window = scenario->checkpoint_interval * times + more;
        scenario->window = window > least ? window : least;
    }
    uint32_t pipeline = dice_below(&dice, scenario->window) + 1;
    if (!gives(generator, OPT_PIPELINE)) {
        scenario->pipeline = pipeline;
    }
    if (!gives(generator, OPT_BATCH)) {
        scenario->batch = DICE_PICK(&dice, 1, 1, 2, 4, 16);
    }
    if (!gives(generator, OPT_AUTH)) {
        uint32_t kind = dice_below(&auth, 2000); /* signing costs a thousand times what the rest does */
        scenario->auth = kind < 1 ? AUTH_SIGNATURE : kind < 160 ? AUTH_MAC : AUTH_NONE;
    }
}

static bool finish(struct generator *generator, struct error *error)
{
    struct plan *plan = generator->plan;
    if (!gives(generator, OPT_DEADLINE)) {
        plan->scenario.deadline_ns = healing_deadline_ns(&plan->scenario);
    }
    struct error why;
    return scenario_check(&plan->scenario, &why) ||
           error_set(error, "%.400s (the scenario of seed %llu)", why.text, (unsigned long long)plan->scenario.seed);
}

bool generate(const struct space *space, uint64_t seed, struct plan *plan, struct error *error)
{
    plan->scenario = space->base;
    plan->scenario.seed = seed;
    plan->partition_count = plan->outage_count = plan->rule_count = 0;
    struct generator generator = {.space = space, .plan = plan};
    draw_axes(&generator);
    if (!draw_sizes(&generator, error) || !find_schedule(&generator, error) || !draw_faulty(&generator, error)) {
        return false;
    }
    bool says_who = plan->scenario.byzantine_ids_given || plan->scenario.named_behavior_count > 0;
    generator.faulty_left = says_who ? 0 : plan->scenario.byzantine; /* then no outage adds to those that are named */
    draw_delays(&generator);
    draw_gst(&generator);
    draw_losses(&generator);
    bool own_schedule = plan->given == NULL && generator.chaos;
    if (own_schedule) {
        generate_events(&generator);
    }
    draw_behaviors(&generator);
    plan_bind(plan);
    draw_timers(&generator);
    draw_load(&generator);
    draw_protocol(&generator);
    return finish(&generator, error);
}
