#include "runner/bench_sink.h"

static void ignore_entries(void *context, node_id node, const struct journal_entry *entries, size_t count)
{
    (void)context;
    (void)node;
    for (size_t i = 0; i < count; i++) {
        struct payload *payload = journal_payload(&entries[i]);
        if (payload != NULL) {
            payload_drop(payload);
        }
    }
}

static bool never_finished(void *context)
{
    (void)context;
    return false;
}

struct journal_sink bench_sink(void)
{
    return (struct journal_sink){.consume = ignore_entries, .finished = never_finished};
}
