#include "net/link.h"

#include <assert.h>

#include "net/random.h"
#include "net/uplink.h"

__extension__ typedef unsigned __int128 wide_uint;

/* What a draw is for. Each purpose has a stream of its own, so that turning one thing on (say, drop) leaves every
 * other draw (say, the delays) as it was. Those of the second copy follow those of the first. */
enum stream {
    STREAM_DELAY,
    STREAM_DELAY_SECOND,
    STREAM_REORDER,
    STREAM_REORDER_EXTRA,
    STREAMS_OF_A_COPY,
    STREAM_DROP = 2 * STREAMS_OF_A_COPY,
    STREAM_DUPLICATE,
    STREAM_PROCESSING,
    STREAM_PROCESSING_SECOND,
    STREAMS
};

/* The second word of the generator's key: what the seed is used for here, as against elsewhere. */
#define KEY_LINK UINT64_C(0x6c696e6b) /* "link" */

/* The draws of one stream for the LINK_BLOCK destinations from `first` on. The counter is all that identifies a
 * logical message; `view` of a REQUEST is its client (message.h). */
static inline philox4x64_ctr_t draw_block(uint64_t seed, const struct message *message, node_id from, node_id first,
                                          unsigned stream)
{
    philox4x64_ctr_t counter = {{
        (uint64_t)from << 32 | first / LINK_BLOCK,
        (uint64_t)message->view << 32 | (uint64_t)message->attempt << 8 | message->type,
        message->sequence,
        stream,
    }};
    philox4x64_key_t key = {{seed, KEY_LINK}};
    return philox4x64(counter, key);
}

/* The draws about one message to one block of destinations, made as they are asked for. */
struct draws {
    uint64_t seed;
    const struct message *message;
    node_id from, first;
    uint32_t made; /* a bit for each stream */
    philox4x64_ctr_t blocks[STREAMS];
};

static inline void begin_draws(struct draws *draws, const struct link_model *model, const struct message *message,
                               node_id from, node_id first)
{
    draws->seed = model->seed;
    draws->message = message;
    draws->from = from;
    draws->first = first;
    draws->made = 0; /* and nothing is read from `blocks` */
}

static inline uint64_t draw(struct draws *draws, node_id to, unsigned stream)
{
    if ((draws->made >> stream & 1) == 0) {
        draws->blocks[stream] = draw_block(draws->seed, draws->message, draws->from, draws->first, stream);
        draws->made |= UINT32_C(1) << stream;
    }
    return draws->blocks[stream].v[to % LINK_BLOCK];
}

/* Whether an event of probability `share` happens; a share of 1 always, of 0 never. */
static bool happens(uint64_t draw, double share)
{
    return (double)(draw >> 11) * 0x1p-53 < share;
}

static bool reliable(const struct link_model *model, const struct message *message)
{
    return message->sent_ns >= model->gst_ns;
}

static bool is_client_link(const struct link_model *model, node_id from, node_id to)
{
    return from >= model->replicas || to >= model->replicas;
}

static uint64_t draw_delay(struct draws *draws, const struct delay *delay, node_id to, unsigned stream)
{
    unsigned needed = delay_draws(delay);
    uint64_t first = needed > 0 ? draw(draws, to, stream) : 0;
    uint64_t second = needed > 1 ? draw(draws, to, stream + 1) : 0;
    return delay_draw(delay, first, second);
}

/* What applies to one message on one link: the model's, or what the schedule says instead. */
struct terms {
    const struct link_rule *rule; /* or NULL */
    const struct delay *delay;
    const struct placement *placement;
    double drop;
};

static struct terms terms_of(const struct link_model *model, const struct message *message, node_id from, node_id to)
{
    bool client = is_client_link(model, from, to);
    struct terms terms = {.delay = client ? &model->client_delay : &model->delay,
                          .placement = model->placement,
                          .drop = client ? model->client_drop : model->drop};
    const struct link_rule *rule = model->schedule == NULL
                                       ? NULL
                                       : schedule_rule(model->schedule, model->gst_ns, message, from, to);
    terms.rule = rule;
    if (rule != NULL && rule->delays) {
        terms.delay = &rule->delay;
        terms.placement = NULL;
    }
    if (rule != NULL && rule->drops) {
        terms.drop = rule->drop;
    }
    return terms;
}

/* What comes on top of the drawn delay: leaving the uplink, and the way between the regions. */
static uint64_t way_ns(const struct link_model *model, const struct placement *placement, const struct message *message,
                       node_id from, node_id to)
{
    uint64_t sum_ns = placement == NULL ? 0 : latency_ns(placement, model->replicas, from, to);
    if (model->bandwidth > 0 && from < model->replicas) {
        sum_ns += uplink_span_ns(model->bandwidth, message_bytes(message), uplink_place(message, from, to));
    }
    return sum_ns;
}

/* The delay of one copy, with what reordering adds between replicas. */
static uint64_t copy_delay(const struct link_model *model, const struct delay *delay, struct draws *draws, node_id to,
                           unsigned copy)
{
    unsigned streams = copy * STREAMS_OF_A_COPY;
    uint64_t delay_ns = draw_delay(draws, delay, to, streams + STREAM_DELAY);
    if (model->reorder > 0.0 && !is_client_link(model, draws->from, to) && !reliable(model, draws->message) &&
        happens(draw(draws, to, streams + STREAM_REORDER), model->reorder)) {
        uint64_t most = model->reorder_extra_ns < DELAY_MOST_NS ? model->reorder_extra_ns : DELAY_MOST_NS;
        wide_uint share = draw(draws, to, streams + STREAM_REORDER_EXTRA);
        delay_ns += (uint64_t)(share * (most + 1) >> 64);
    }
    return delay_ns;
}

static void decide(const struct link_model *model, struct draws *draws, node_id to, struct link_fate *fate)
{
    bool unreliable = !reliable(model, draws->message);
    struct terms terms = terms_of(model, draws->message, draws->from, to);
    *fate = (struct link_fate){.copies = 1, .rule = terms.rule};
    if (terms.drop > 0.0 && unreliable && happens(draw(draws, to, STREAM_DROP), terms.drop)) {
        fate->copies = 0;
        return;
    }
    uint64_t least_ns = way_ns(model, terms.placement, draws->message, draws->from, to);
    fate->delay_ns[0] = least_ns + copy_delay(model, terms.delay, draws, to, 0);
    if (model->duplicate > 0.0 && unreliable && happens(draw(draws, to, STREAM_DUPLICATE), model->duplicate)) {
        fate->copies = 2; /* by the network: the sender's uplink carries it once */
        fate->delay_ns[1] = least_ns + copy_delay(model, terms.delay, draws, to, 1);
    }
}

void link_fate(const struct link_model *model, const struct message *message, node_id from, node_id to,
               struct link_fate *fate)
{
    struct draws draws;
    begin_draws(&draws, model, message, from, to);
    decide(model, &draws, to, fate);
}

void link_fates(const struct link_model *model, const struct message *message, node_id from, node_id first,
                struct link_fate fates[LINK_BLOCK])
{
    assert(first % LINK_BLOCK == 0);
    struct draws draws;
    begin_draws(&draws, model, message, from, first);
    for (unsigned i = 0; i < LINK_BLOCK; i++) {
        decide(model, &draws, first + i, &fates[i]);
    }
}

bool link_only_delays(const struct link_model *model, const struct message *message, node_id from)
{
    bool client = from >= model->replicas;
    if (model->schedule != NULL && schedule_has_rule(model->schedule, model->gst_ns, message, from)) {
        return false;
    }
    return reliable(model, message) ||
           (!(model->duplicate > 0.0) &&
            (client ? !(model->client_drop > 0.0) : !(model->drop > 0.0 || model->reorder > 0.0)));
}

void link_delays(const struct link_model *model, const struct message *message, node_id from, node_id first,
                 uint32_t count, uint64_t *delays_ns)
{
    assert(first % LINK_BLOCK == 0);
    const struct delay *delay = from >= model->replicas ? &model->client_delay : &model->delay;
    unsigned draws = delay_draws(delay);
    for (uint32_t at = 0; at < count; at += LINK_BLOCK) {
        philox4x64_ctr_t one = {{0, 0, 0, 0}};
        philox4x64_ctr_t two = one;
        if (draws > 0) {
            one = draw_block(model->seed, message, from, first + at, STREAM_DELAY);
        }
        if (draws > 1) {
            two = draw_block(model->seed, message, from, first + at, STREAM_DELAY_SECOND);
        }
        for (unsigned i = 0; i < LINK_BLOCK; i++) {
            delays_ns[at + i] = delay_draw(delay, one.v[i], two.v[i]);
        }
    }
    for (uint32_t i = 0; i < count && (model->placement != NULL || model->bandwidth > 0); i++) {
        delays_ns[i] += way_ns(model, model->placement, message, from, first + i);
    }
}

uint64_t link_processing_ns(const struct link_model *model, const struct delay *processing,
                            const struct message *message, node_id from, node_id to)
{
    struct draws draws;
    begin_draws(&draws, model, message, from, to);
    return draw_delay(&draws, processing, to, STREAM_PROCESSING);
}

bool link_cuts(const struct link_model *model, const struct message *message, node_id from, node_id to, uint64_t due_ns)
{
    const struct schedule *schedule = model->schedule;
    if (schedule_is_down(schedule, message, from, to, due_ns)) {
        return true;
    }
    const struct partition *partition = schedule_partition(schedule, model->gst_ns, message, from, to, due_ns);
    if (partition != NULL && model->tally != NULL) {
        schedule_tally_partition(model->tally, (size_t)(partition - schedule->partitions));
    }
    return partition != NULL;
}

bool link_is_trivial(const struct link_model *model)
{
    return model->delay.kind == DELAY_NONE && model->client_delay.kind == DELAY_NONE && !model->fifo &&
           model->placement == NULL && model->bandwidth == 0 && model->schedule == NULL && !link_may_lose(model) &&
           !(model->duplicate > 0.0) && !(model->reorder > 0.0);
}

bool link_hands_over_at_once(const struct link_model *model)
{
    struct link_model unordered = *model;
    unordered.fifo = false; /* without delay, links keep their order anyway */
    return link_is_trivial(&unordered);
}

bool link_may_lose(const struct link_model *model)
{
    return model->drop > 0.0 || model->client_drop > 0.0 ||
           (model->schedule != NULL && schedule_may_lose(model->schedule, model->gst_ns));
}

uint64_t link_horizon_ns(const struct link_model *model)
{
    uint64_t replicas_ns = delay_bound_ns(&model->delay);
    uint64_t clients_ns = delay_bound_ns(&model->client_delay);
    uint64_t most_ns = replicas_ns > clients_ns ? replicas_ns : clients_ns;
    uint64_t extra_ns = model->reorder > 0.0 ? model->reorder_extra_ns : 0;
    most_ns += model->placement == NULL ? 0 : latency_most_ns(model->placement);
    return extra_ns < UINT64_MAX - most_ns ? most_ns + extra_ns : UINT64_MAX;
}
