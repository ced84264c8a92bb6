/* crash, crash-recover, amnesia: a correct replica that is down from `at_ns` on, or until `until_ns`. What arrives
 * meanwhile is lost. With `amnesia` another replica, which knows nothing, comes back in its place; it is made at the
 * start, for a step does not allocate. Fired: once for going down, once for coming back without its state. */
#include <stdlib.h>

#include "faults/catalogue.h"
#include "faults/wrap.h"

struct crash {
    struct wrap wrap;   /* first */
    struct inner fresh; /* amnesia: what comes back */
    uint64_t until_ns;  /* TIME_NEVER_NS: it stays down */
    bool started, went_down, came_back;
};

static bool is_down(const struct crash *crash, uint64_t now_ns)
{
    return now_ns >= crash->wrap.context.at_ns && now_ns < crash->until_ns;
}

/* With amnesia the other replica takes the place of the one that went down. */
static void return_to_life(struct crash *crash, uint64_t now_ns, struct outbox *outbox)
{
    struct inner *inner = &crash->wrap.inner;
    if (crash->fresh.node != NULL) {
        struct node *old = inner->node;
        inner->node = crash->fresh.node;
        inner->replica = crash->fresh.replica;
        crash->fresh.node = old; /* released in the end */
        crash->started = false;
        crash->wrap.base.fired++;
    }
    if (!crash->started) {
        crash->started = true;
        struct event start = {.kind = EVENT_START, .now_ns = now_ns};
        inner_step(inner, &start, outbox);
    }
}

static bool crash_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    struct crash *crash = (struct crash *)wrap;
    if (!crash->went_down && event->now_ns >= wrap->context.at_ns) {
        crash->went_down = true;
        wrap->base.fired++;
    }
    if (is_down(crash, event->now_ns)) {
        return false;
    }
    if (crash->went_down && !crash->came_back) {
        crash->came_back = true;
        return_to_life(crash, event->now_ns, outbox);
    }
    crash->started = crash->started || event->kind == EVENT_START;
    return true;
}

static uint64_t crash_deadline(const struct wrap *wrap, uint64_t replica_ns)
{
    const struct crash *crash = (const struct crash *)wrap;
    if (crash->came_back) {
        return replica_ns;
    }
    if (crash->went_down) {
        return crash->until_ns;
    }
    return replica_ns < wrap->context.at_ns ? replica_ns : wrap->context.at_ns;
}

static void crash_release(struct wrap *wrap)
{
    inner_release(&((struct crash *)wrap)->fresh);
}

static const struct wrap_operations operations = {
    .incoming = crash_incoming,
    .deadline = crash_deadline,
    .release = crash_release,
};

enum { PARAMETER_AT, PARAMETER_FOR };

static bool stay_down(struct wrap *wrap)
{
    wrap->context.at_ns = behavior_value(&wrap->context, PARAMETER_AT, wrap->context.at_ns);
    ((struct crash *)wrap)->until_ns = TIME_NEVER_NS;
    return true;
}

static bool come_back(struct wrap *wrap)
{
    struct behavior_context *context = &wrap->context;
    struct crash *crash = (struct crash *)wrap;
    context->at_ns = behavior_value(context, PARAMETER_AT, context->at_ns);
    bool given = context->until_ns > context->at_ns;
    uint64_t down_ns = given ? context->until_ns - context->at_ns : 2 * context->protocol->view_timeout_ns;
    crash->until_ns = context->at_ns + behavior_value(context, PARAMETER_FOR, down_ns);
    return true;
}

static bool come_back_anew(struct wrap *wrap)
{
    struct crash *crash = (struct crash *)wrap;
    return come_back(wrap) &&
           inner_init(&crash->fresh, wrap->context.id, &wrap->protocol, wrap->context.keyring, wrap->inner.take, wrap);
}

static struct node *crash_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct crash), context, &operations, stay_down);
}

static struct node *crash_recover_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct crash), context, &operations, come_back);
}

static struct node *amnesia_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct crash), context, &operations, come_back_anew);
}

#define AT                                                                                              \
    {                                                                                                   \
        .name = "at", .initial = "drawn from the time that the requests take", .help = "when it stops", \
        .is_time = true, .is_drawn = true, .most = MOST_PARAMETER_NS                                    \
    }
#define FOR                                                                                                      \
    {                                                                                                            \
        .name = "for", .initial = "2 view timeouts", .help = "how long it is down", .is_time = true, .least = 1, \
        .most = MOST_PARAMETER_NS                                                                                \
    }

const struct behavior behavior_crash = {
    .name = "crash",
    .summary = "a correct replica that stops for good",
    .create = crash_create,
    .parameters = {AT},
};

const struct behavior behavior_crash_recover = {
    .name = "crash-recover",
    .summary = "stops, misses what is sent meanwhile, and comes back with its state",
    .create = crash_recover_create,
    .parameters = {AT, FOR},
};

const struct behavior behavior_amnesia = {
    .name = "amnesia",
    .summary = "stops, and comes back without its state",
    .create = amnesia_create,
    .parameters = {AT, FOR},
};
