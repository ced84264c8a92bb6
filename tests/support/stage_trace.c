/* The traces of a stage: what was put out, line by line, and whether it is what was expected. */
#include "tests/support/stage.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 160
#define NAME_SIZE 16

static void digest_name(const struct stage *stage, struct digest digest, char name[NAME_SIZE])
{
    char text[DIGEST_TEXT_SIZE];
    digest_text(digest, text);
    snprintf(name, NAME_SIZE, "%.8s", digest_is_null(digest) ? "null" : text);
    for (uint32_t index = 0; index < stage->named; index++) {
        if (digest_equal(payload_digest(stage->payloads[index]), digest)) {
            snprintf(name, NAME_SIZE, index < 26 ? "%c" : "p%d", (int)index + (index < 26 ? 'a' : 0));
            return;
        }
    }
}

static void destination_name(const struct stage *stage, node_id to, char name[NAME_SIZE])
{
    if (to == TO_ALL_REPLICAS) {
        snprintf(name, NAME_SIZE, "all");
    } else if (to < stage->config.replicas) {
        snprintf(name, NAME_SIZE, "r%" PRIu32, to);
    } else {
        snprintf(name, NAME_SIZE, "c%" PRIu32, to - stage->config.replicas);
    }
}

static void message_line(const struct stage *stage, uint32_t index, char line[LINE_SIZE])
{
    const struct message *message = &stage->out.messages[index];
    char digest[NAME_SIZE], to[NAME_SIZE], again[NAME_SIZE] = "";
    digest_name(stage, message->digest, digest);
    destination_name(stage, message->to, to);
    const char *type = message_type_name(message->type);
    if (message->attempt > 0) {
        snprintf(again, sizeof again, " again%u", message->attempt);
    }
    switch (message->type) {
    case MESSAGE_CHECKPOINT:
    case MESSAGE_FETCH:
    case MESSAGE_STATE:
        snprintf(line, LINE_SIZE, "%s s%" PRIu64 " %s > %s%s", type, message->sequence, digest, to, again);
        break;
    case MESSAGE_VIEW_CHANGE:
        snprintf(line, LINE_SIZE, "%s v%" PRIu32 " s%" PRIu64 " > %s%s", type, message->view, message->sequence, to,
                 again);
        break;
    case MESSAGE_NEW_VIEW:
        snprintf(line, LINE_SIZE, "%s v%" PRIu32 " > %s%s", type, message->view, to, again);
        break;
    case MESSAGE_BATCH:
        snprintf(line, LINE_SIZE, "%s %s > %s%s", type, digest, to, again);
        break;
    case MESSAGE_REQUEST:
        snprintf(line, LINE_SIZE, "%s c%" PRIu32 " t%" PRIu64 " > %s%s", type, message->client - stage->config.replicas,
                 message->timestamp, to, again);
        break;
    case MESSAGE_REPLY:
        snprintf(line, LINE_SIZE, "%s v%" PRIu32 " t%" PRIu64 " r%" PRIu64 " > %s%s", type, message->view,
                 message->timestamp, message->digest.words[0], to, again);
        break;
    default:
        snprintf(line, LINE_SIZE, "%s v%" PRIu32 " s%" PRIu64 " %s > %s%s", type, message->view, message->sequence,
                 digest, to, again);
    }
}

static const char *const kind_names[] = {
    [JOURNAL_PROPOSED] = "proposed", [JOURNAL_COMMITTED] = "committed",     [JOURNAL_EXECUTED] = "executed",
    [JOURNAL_STABLE] = "stable",     [JOURNAL_TRANSFERRED] = "transferred", [JOURNAL_VIEW_CHANGE] = "view_change",
    [JOURNAL_NEW_VIEW] = "new_view", [JOURNAL_PREPARED] = "prepared",
};

static void entry_line(const struct stage *stage, uint32_t index, char line[LINE_SIZE])
{
    const struct journal_entry *entry = &stage->out.entries[index];
    assert(entry->kind >= JOURNAL_PROPOSED && entry->kind <= JOURNAL_PREPARED);
    const char *kind = kind_names[entry->kind];
    char digest[NAME_SIZE];
    digest_name(stage, entry->digest, digest);
    switch (entry->kind) {
    case JOURNAL_EXECUTED:
        snprintf(line, LINE_SIZE, "%s v%" PRIu32 " s%" PRIu64 " %s %" PRIu32 "%s", kind, entry->view, entry->sequence,
                 digest, entry->count, entry->flags & JOURNAL_FLAG_FETCHED ? " fetched" : "");
        break;
    case JOURNAL_STABLE:
    case JOURNAL_TRANSFERRED:
        snprintf(line, LINE_SIZE, "%s s%" PRIu64 " %s", kind, entry->sequence, digest);
        break;
    case JOURNAL_VIEW_CHANGE:
    case JOURNAL_NEW_VIEW:
        snprintf(line, LINE_SIZE, "%s v%" PRIu32, kind, entry->view);
        break;
    default:
        snprintf(line, LINE_SIZE, "%s v%" PRIu32 " s%" PRIu64 " %s", kind, entry->view, entry->sequence, digest);
    }
}

/* Word by word; "?" is any word. */
static bool line_matches(const char *expected, const char *actual)
{
    while (*expected != '\0' && *actual != '\0') {
        size_t wanted = strcspn(expected, " "), given = strcspn(actual, " ");
        bool any = wanted == 1 && *expected == '?';
        if (!any && (wanted != given || strncmp(expected, actual, wanted) != 0)) {
            return false;
        }
        expected += wanted + (expected[wanted] == ' ');
        actual += given + (actual[given] == ' ');
    }
    return *expected == *actual;
}

typedef void line_writer(const struct stage *stage, uint32_t index, char line[LINE_SIZE]);

static bool trace_is(const struct stage *stage, const char *what, line_writer *write, uint32_t count,
                     const char *const *lines)
{
    char line[LINE_SIZE];
    uint32_t expected = 0;
    bool same = true;
    for (; lines[expected] != NULL; expected++) {
        if (expected < count) {
            write(stage, expected, line);
        }
        same = same && expected < count && line_matches(lines[expected], line);
    }
    if (same && expected == count) {
        return true;
    }
    fprintf(stderr, "replica %" PRIu32 " of %" PRIu32 ", %s expected:\n", stage->id, stage->config.replicas, what);
    for (uint32_t index = 0; index < expected; index++) {
        fprintf(stderr, "    %s\n", lines[index]);
    }
    fprintf(stderr, "and were:\n");
    for (uint32_t index = 0; index < count; index++) {
        write(stage, index, line);
        fprintf(stderr, "    %s\n", line);
    }
    return false;
}

bool stage_sent_is(const struct stage *stage, const char *const *lines)
{
    return trace_is(stage, "messages", message_line, stage->out.message_count, lines);
}

bool stage_journal_is(const struct stage *stage, const char *const *lines)
{
    return trace_is(stage, "journal", entry_line, stage->out.entry_count, lines);
}
