#include <criterion/criterion.h>

#include "core/request.h"
#include "net/processing.h"

static struct processing parsed(const char *text)
{
    struct processing processing;
    struct error error = {""};
    cr_assert(processing_parse(text, &processing, &error), "%s", error.text);
    return processing;
}

Test(processing, is_a_distribution_or_the_costs_of_authenticating_or_both)
{
    cr_assert(processing_is_none(&(struct processing){.auth = false}));
    struct processing processing = parsed("fixed:5us");
    cr_assert(!processing.auth && processing.delay.kind == DELAY_FIXED);
    processing = parsed("auth");
    cr_assert(processing.auth && processing.delay.kind == DELAY_NONE && !processing_is_none(&processing));
    processing = parsed("auth+exponential:1ms");
    cr_assert(processing.auth && processing.delay.kind == DELAY_EXPONENTIAL);
}

Test(processing, is_written_as_it_is_read)
{
    static const char *const texts[] = {"none", "fixed:5us", "auth", "auth+fixed:5us", "auth+normal:5us,1us"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[128];
        struct processing processing = parsed(texts[i]);
        processing_text(&processing, text, sizeof text);
        cr_assert_str_eq(text, texts[i]);
    }
}

Test(processing, refuses_anything_else_and_says_what_is_allowed)
{
    static const char *const texts[] = {"", "auth+", "auth,fixed:5us", "authentic", "fixed:5us+auth", "5us"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct processing processing;
        struct error error = {""};
        cr_assert(!processing_parse(texts[i], &processing, &error), "taken: %s", texts[i]);
        cr_assert_not_null(strstr(error.text, "auth+DIST"), "%s", error.text);
    }
}

Test(processing, of_a_vote_is_what_was_computed)
{
    const struct message vote = {.type = MESSAGE_PREPARE, .to = TO_ALL_REPLICAS};
    const struct auth_work nothing = {0};
    cr_assert_eq(processing_receive_ns(AUTH_NONE, &vote), 0);
    cr_assert_eq(processing_work_ns(AUTH_NONE, &nothing, &vote), 0);
    const struct auth_work macs = {.macs = 1 + 3}; /* of what came, and of a broadcast to three */
    cr_assert_eq(processing_receive_ns(AUTH_MAC, &vote), 62);
    cr_assert_eq(processing_work_ns(AUTH_MAC, &macs, &vote), 3 * 62);
    cr_assert_eq(processing_work_ns(AUTH_MAC, &macs, NULL), 4 * 62, "a timer's step receives nothing");
    const struct auth_work signatures = {.verifications = 1 + 2, .signatures = 3}; /* two in a certificate */
    cr_assert_eq(processing_receive_ns(AUTH_SIGNATURE, &vote), 112000);
    cr_assert_eq(processing_work_ns(AUTH_SIGNATURE, &signatures, &vote), 2 * 112000 + 3 * 36000);
    cr_assert_eq(processing_work_ns(AUTH_SIGNATURE, &signatures, NULL), 3 * 112000 + 3 * 36000);
    cr_assert_eq(processing_work_ns(AUTH_SIGNATURE, &nothing, &vote), 0, "what was verified before");
}

/* Two requests, of 16 and 100 bytes. */
static struct payload *batch_of_two(void)
{
    size_t size = request_footprint(16) + request_footprint(100);
    struct payload *batch = calloc(1, sizeof *batch + size);
    batch->size = (uint32_t)size;
    ((struct request *)(void *)batch->bytes)->size = 16;
    ((struct request *)(void *)(batch->bytes + request_footprint(16)))->size = 100;
    return batch;
}

Test(processing, of_contents_grows_with_their_bytes_and_requests)
{
    struct payload *batch = batch_of_two();
    const struct message message = {.type = MESSAGE_PRE_PREPARE, .to = TO_ALL_REPLICAS, .payload = batch};
    cr_assert_eq(batch->size, 40 + 128);
    uint64_t hash_ns = 259 + (168 - 64) * 5 / 2;
    cr_assert_eq(processing_receive_ns(AUTH_NONE, &message), hash_ns);
    cr_assert_eq(processing_receive_ns(AUTH_SIGNATURE, &message), 112000 + hash_ns + 62 + 62 + 36);
    cr_assert_eq(processing_contents_ns(&message), hash_ns, "its maker hashes it too");
    struct payload seal = {.size = 64, .beneath = batch};
    const struct message sealed = {
        .type = MESSAGE_PRE_PREPARE, .flags = MESSAGE_SEALED, .to = TO_ALL_REPLICAS, .payload = &seal};
    cr_assert_eq(processing_receive_ns(AUTH_SIGNATURE, &sealed), 112000 + hash_ns + 62 + 62 + 36);
    free(batch);
}

Test(processing, of_contents_that_are_no_batch_stays_within_them)
{
    struct payload *batch = batch_of_two();
    const struct message message = {.type = MESSAGE_PRE_PREPARE, .to = TO_ALL_REPLICAS, .payload = batch};
    uint64_t hash_ns = 259 + (168 - 64) * 5 / 2;
    ((struct request *)(void *)batch->bytes)->size = UINT32_MAX;
    cr_assert_eq(processing_receive_ns(AUTH_MAC, &message), 62 + hash_ns);
    cr_assert_eq(processing_contents_ns(&message), 0);
    batch->size = 8;
    cr_assert_eq(processing_receive_ns(AUTH_MAC, &message), 62 + 259);
    batch->size = 0;
    cr_assert_eq(processing_receive_ns(AUTH_MAC, &message), 62 + 259);
    cr_assert_eq(processing_contents_ns(&message), 0);
    free(batch);
}

Test(processing, of_contents_that_came_that_way_or_were_sent_before_costs_their_sender_nothing)
{
    struct payload *one = calloc(1, sizeof *one + request_footprint(16));
    one->size = (uint32_t)request_footprint(16);
    ((struct request *)(void *)one->bytes)->size = 16;
    struct message message = {.type = MESSAGE_PRE_PREPARE, .to = TO_ALL_REPLICAS, .payload = one};
    cr_assert_eq(processing_contents_ns(&message), 0, "the client's own request");
    message.type = MESSAGE_REQUEST;
    cr_assert_eq(processing_contents_ns(&message), 0, "relayed");
    message.type = MESSAGE_VIEW_CHANGE;
    cr_assert_eq(processing_contents_ns(&message), 259);
    message.attempt = 1;
    cr_assert_eq(processing_contents_ns(&message), 0, "sent again");
    free(one);
}
