#include "runner/step_words.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OUTPUTS_SHOWN 6

void node_words(const struct scenario *scenario, node_id node, char text[NODE_WORDS_SIZE])
{
    const char *what = node < scenario->nodes                       ? "replica"
                       : node < scenario->nodes + scenario->clients ? "client"
                                                                    : "accomplice";
    snprintf(text, NODE_WORDS_SIZE, "%s %u", what, node);
}

void type_words(uint8_t type, char text[TYPE_WORDS_SIZE])
{
    const char *name = message_type_name((enum message_type)type);
    if (name == NULL) {
        snprintf(text, TYPE_WORDS_SIZE, "TYPE %u", type);
        return;
    }
    size_t i = 0;
    for (; name[i] != '\0' && i + 1 < TYPE_WORDS_SIZE; i++) {
        text[i] = name[i] == '_' ? '-' : (char)toupper((unsigned char)name[i]);
    }
    text[i] = '\0';
}

void message_words(const struct message *message, char text[MESSAGE_WORDS_SIZE])
{
    char type[TYPE_WORDS_SIZE];
    char digest[DIGEST_TEXT_SIZE];
    char again[24] = "";
    type_words(message->type, type);
    digest_text(message->digest, digest);
    if (message->attempt > 0) {
        snprintf(again, sizeof again, " again (%u)", message->attempt);
    }
    if (message->type == MESSAGE_REQUEST) {
        snprintf(text, MESSAGE_WORDS_SIZE, "%s %llu of client %u%s", type, (unsigned long long)message->timestamp,
                 message->client, again);
    } else if (message->type == MESSAGE_REPLY) {
        snprintf(text, MESSAGE_WORDS_SIZE, "%s %llu view %u%s", type, (unsigned long long)message->timestamp,
                 message->view, again);
    } else {
        snprintf(text, MESSAGE_WORDS_SIZE, "%s view %u sequence %llu %.8s%s", type, message->view,
                 (unsigned long long)message->sequence, digest, again);
    }
}

void entry_words(const struct journal_entry *entry, char text[ENTRY_WORDS_SIZE])
{
    const unsigned long long sequence = entry->sequence;
    switch (entry->kind) {
    case JOURNAL_COMMITTED:
        snprintf(text, ENTRY_WORDS_SIZE, "committed %llu", sequence);
        break;
    case JOURNAL_EXECUTED:
        snprintf(text, ENTRY_WORDS_SIZE, "executed %llu%s%s", sequence,
                 entry->flags & JOURNAL_FLAG_NULL ? " (null request)" : "",
                 entry->flags & JOURNAL_FLAG_FETCHED ? " (fetched)" : "");
        break;
    case JOURNAL_STABLE:
        snprintf(text, ENTRY_WORDS_SIZE, "checkpoint %llu stable", sequence);
        break;
    case JOURNAL_TRANSFERRED:
        snprintf(text, ENTRY_WORDS_SIZE, "took over the state at %llu", sequence);
        break;
    case JOURNAL_VIEW_CHANGE:
        snprintf(text, ENTRY_WORDS_SIZE, "asks for view %u", entry->view);
        break;
    case JOURNAL_NEW_VIEW:
        snprintf(text, ENTRY_WORDS_SIZE, "active in view %u", entry->view);
        break;
    case JOURNAL_PREPARED:
        snprintf(text, ENTRY_WORDS_SIZE, "had prepared %llu in view %u", sequence, entry->view);
        break;
    case JOURNAL_FORBIDDEN_VOTE:
        snprintf(text, ENTRY_WORDS_SIZE, "FORBIDDEN VOTE in view %u for %llu", entry->view, sequence);
        break;
    case JOURNAL_SUBMITTED:
        snprintf(text, ENTRY_WORDS_SIZE, "submits its request %llu", sequence);
        break;
    case JOURNAL_ACCEPTED:
        snprintf(text, ENTRY_WORDS_SIZE, "accepts the reply to its request %llu", sequence);
        break;
    default:
        text[0] = '\0';
    }
}

/* A text that is put together piece by piece, and cut off at its end. */
struct line {
    char *text;
    size_t used, size;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(line->text + line->used, line->size - line->used, format, arguments);
    va_end(arguments);
    const size_t room = line->size - line->used - 1;
    line->used += size < 0 ? 0 : (size_t)size < room ? (size_t)size : room;
}

static void add_destination(struct line *line, const struct scenario *scenario, node_id to)
{
    char name[NODE_WORDS_SIZE];
    if (to == TO_ALL_REPLICAS) {
        add(line, " to all");
    } else {
        node_words(scenario, to, name);
        add(line, " to %s", name);
    }
}

static void add_outputs(struct line *line, const struct scenario *scenario, const struct replayed_step *step)
{
    const char *separator = " -> ";
    for (size_t i = 0; i < step->message_count && i < OUTPUTS_SHOWN; i++) {
        char words[MESSAGE_WORDS_SIZE];
        message_words(&step->messages[i], words);
        add(line, "%s%s", separator, words);
        add_destination(line, scenario, step->messages[i].to);
        separator = "; ";
    }
    if (step->message_count > OUTPUTS_SHOWN) {
        add(line, "; %zu messages more", step->message_count - OUTPUTS_SHOWN);
    }
    for (size_t i = 0; i < step->entry_count && i < OUTPUTS_SHOWN; i++) {
        char words[ENTRY_WORDS_SIZE];
        entry_words(&step->entries[i], words);
        if (words[0] != '\0') {
            add(line, "%s%s", separator, words);
            separator = "; ";
        }
    }
    if (step->entry_count > OUTPUTS_SHOWN) {
        add(line, "; %zu entries more", step->entry_count - OUTPUTS_SHOWN);
    }
}

void step_words(const struct scenario *scenario, const struct replayed_step *step, char text[STEP_WORDS_SIZE])
{
    const struct event *event = step->event;
    struct line line = {.text = text, .size = STEP_WORDS_SIZE};
    char name[NODE_WORDS_SIZE];
    char words[MESSAGE_WORDS_SIZE];
    node_words(scenario, step->node, name);
    add(&line, "%14.6f ms  %-10s  ", (double)event->now_ns * 1e-6, name);
    if (event->kind == EVENT_MESSAGE) {
        message_words(event->message, words);
        node_words(scenario, event->from, name);
        add(&line, "%s from %s", words, name);
    } else {
        add(&line, "%s", event->kind == EVENT_START ? "start" : "timer");
    }
    add_outputs(&line, scenario, step);
}
