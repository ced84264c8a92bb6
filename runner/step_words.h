/* A replayed step as a line for people: what the node got, and what it did about it. Pure functions. */
#ifndef PBFT_RUNNER_STEP_WORDS_H
#define PBFT_RUNNER_STEP_WORDS_H

#include "net/replay.h"
#include "runner/scenario.h"

/* "replica 2", "client 5"; an accomplice of misbehaving replicas comes behind the clients. */
#define NODE_WORDS_SIZE 32
void node_words(const struct scenario *scenario, node_id node, char text[NODE_WORDS_SIZE]);

/* "PRE-PREPARE" */
#define TYPE_WORDS_SIZE 24
void type_words(uint8_t type, char text[TYPE_WORDS_SIZE]);

/* "PREPARE view 0 sequence 5 1a2b3c4d" */
#define MESSAGE_WORDS_SIZE 128
void message_words(const struct message *message, char text[MESSAGE_WORDS_SIZE]);

/* "executed 5"; empty for what is not worth a word. */
#define ENTRY_WORDS_SIZE 96
void entry_words(const struct journal_entry *entry, char text[ENTRY_WORDS_SIZE]);

/* "  12.345678 ms  replica 2  PREPARE ... from replica 0 -> COMMIT ... to all; executed 5" */
#define STEP_WORDS_SIZE 2048
void step_words(const struct scenario *scenario, const struct replayed_step *step, char text[STEP_WORDS_SIZE]);

#endif
