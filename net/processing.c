#include "net/processing.h"

#include <stdio.h>
#include <string.h>

#include "core/request.h"

#define KEYED_HASH_NS 62u
#define HASH_NS 259u
#define SIGN_NS 36000u
#define VERIFY_NS 112000u
#define SHORT 64u /* bytes that are in the two hashes' prices */

static const char auth_word[] = "auth";

bool processing_parse(const char *text, struct processing *processing, struct error *error)
{
    struct error why;
    *processing = (struct processing){.auth = false};
    size_t length = strlen(auth_word);
    if (strncmp(text, auth_word, length) == 0 && (text[length] == '\0' || text[length] == '+')) {
        processing->auth = true;
        text += length;
        if (*text == '\0') {
            return true;
        }
        text++;
    }
    return delay_parse(text, &processing->delay, &why) ||
           error_set(error, "%.400s; or auth, or auth+DIST, for the costs of --auth", why.text);
}

void processing_text(const struct processing *processing, char *text, size_t size)
{
    char delay[96];
    delay_text(&processing->delay, delay, sizeof delay);
    if (!processing->auth) {
        snprintf(text, size, "%s", delay);
    } else if (processing->delay.kind == DELAY_NONE) {
        snprintf(text, size, "%s", auth_word);
    } else {
        snprintf(text, size, "%s+%s", auth_word, delay);
    }
}

static uint64_t beyond_short(uint64_t bytes)
{
    return bytes > SHORT ? bytes - SHORT : 0;
}

static uint64_t hash_ns(uint64_t bytes)
{
    return HASH_NS + beyond_short(bytes) * 5 / 2;
}

double processing_hash_ns(double bytes)
{
    return bytes > SHORT ? HASH_NS + (bytes - SHORT) * 2.5 : HASH_NS;
}

static bool holds_batch(const struct message *message)
{
    return message->type == MESSAGE_PRE_PREPARE || message->type == MESSAGE_REQUEST || message->type == MESSAGE_BATCH;
}

/* The request behind `offset`, or NULL: as it stands, whether or not the whole is a batch. */
static const struct request *request_at(const struct payload *contents, uint64_t offset)
{
    bool whole = offset + sizeof(struct request) <= contents->size;
    return whole ? (const struct request *)(const void *)(contents->bytes + offset) : NULL;
}

static uint64_t requests_ns(const struct payload *contents)
{
    uint64_t sum_ns = 0;
    uint64_t offset = 0;
    for (const struct request *request; (request = request_at(contents, offset)) != NULL;) {
        offset += request_footprint(request->size);
        sum_ns += offset <= contents->size ? KEYED_HASH_NS + beyond_short(request->size) : 0;
    }
    return sum_ns;
}

uint64_t processing_receive_ns(enum auth_mode mode, const struct message *message)
{
    const struct payload *contents = message_contents(message);
    uint64_t sum_ns = mode == AUTH_NONE ? 0 : mode == AUTH_MAC ? KEYED_HASH_NS : VERIFY_NS;
    if (contents != NULL) {
        sum_ns += hash_ns(contents->size);
    }
    if (contents != NULL && mode != AUTH_NONE && holds_batch(message)) {
        sum_ns += requests_ns(contents);
    }
    return sum_ns;
}

uint64_t processing_work_ns(enum auth_mode mode, const struct auth_work *work, const struct message *message)
{
    uint64_t macs = work->macs; /* the one that the message came with is paid for, as is its signature */
    uint64_t verifications = work->verifications;
    macs -= message != NULL && mode == AUTH_MAC && macs > 0;
    verifications -= message != NULL && mode == AUTH_SIGNATURE && verifications > 0;
    return work->signatures * SIGN_NS + verifications * VERIFY_NS + macs * KEYED_HASH_NS;
}

/* A batch of one is the request as it came, and what answers a question was there before. */
static bool is_made(const struct message *message, const struct payload *contents)
{
    switch (message->type) {
    case MESSAGE_PRE_PREPARE: {
        const struct request *first = request_at(contents, 0);
        return first != NULL && request_at(contents, request_footprint(first->size)) != NULL;
    }
    case MESSAGE_VIEW_CHANGE:
    case MESSAGE_NEW_VIEW:
    case MESSAGE_DECISION:
    case MESSAGE_STATE:
        return true;
    default:
        return false;
    }
}

uint64_t processing_contents_ns(const struct message *message)
{
    const struct payload *contents = message_contents(message);
    bool made = contents != NULL && message->attempt == 0 && is_made(message, contents);
    return made ? hash_ns(contents->size) : 0;
}
