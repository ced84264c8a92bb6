#include "net/outputs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool outputs_create(struct outputs *outputs, uint32_t nodes)
{
    *outputs = (struct outputs){.nodes = nodes, .of = calloc(nodes, sizeof *outputs->of)};
    return outputs->of != NULL;
}

/* Its wanted messages are all put out; others may still come, and are not kept. */
static void drop_page(struct outputs_of *of, uint64_t page)
{
    struct message *messages = of->bytes[page];
    const uint64_t first = page << OUTPUTS_PAGE_BITS;
    const uint64_t filled = of->count - first < OUTPUTS_PAGE ? of->count - first : OUTPUTS_PAGE;
    for (uint64_t i = 0; i < filled; i++) {
        if (messages[i].payload != NULL) {
            payload_drop(messages[i].payload);
        }
    }
    free(messages);
    of->bytes[page] = NULL;
}

void outputs_destroy(struct outputs *outputs)
{
    for (uint32_t node = 0; outputs->of != NULL && node < outputs->nodes; node++) {
        struct outputs_of *of = &outputs->of[node];
        for (uint64_t page = 0; of->bytes != NULL && page < of->pages; page++) {
            if (of->bytes[page] != NULL) {
                drop_page(of, page);
            }
        }
        free(of->wanted);
        free(of->bytes);
    }
    free(outputs->of);
    outputs->of = NULL;
}

/* A larger copy whose new part is zero; what is never touched costs nothing. NULL if memory is lacking. */
static void *enlarge(void *array, uint64_t count, uint64_t larger, size_t size)
{
    void *copy = calloc(larger, size);
    if (copy != NULL && count > 0) {
        memcpy(copy, array, count * size);
    }
    return copy;
}

/* Makes room for `page`. */
static bool grow(struct outputs_of *of, uint64_t page)
{
    if (page < of->pages) {
        return true;
    }
    const uint64_t pages = page < 32 ? 64 : 2 * page;
    uint32_t *wanted = enlarge(of->wanted, of->pages, pages, sizeof *wanted);
    struct message **bytes = enlarge(of->bytes, of->pages, pages, sizeof *bytes);
    if (wanted == NULL || bytes == NULL) {
        free(wanted);
        free(bytes);
        return false;
    }
    free(of->wanted);
    free(of->bytes);
    of->wanted = wanted;
    of->bytes = bytes;
    of->pages = pages;
    return true;
}

bool outputs_want(struct outputs *outputs, node_id from, uint64_t number)
{
    struct outputs_of *of = &outputs->of[from];
    if (number >= OUTPUTS_MOST || !grow(of, number >> OUTPUTS_PAGE_BITS)) {
        return false;
    }
    of->wanted[number >> OUTPUTS_PAGE_BITS]++;
    return true;
}

bool outputs_add(struct outputs *outputs, node_id from, const struct message *message)
{
    struct outputs_of *of = &outputs->of[from];
    const uint64_t page = of->count >> OUTPUTS_PAGE_BITS;
    const uint64_t place = of->count++ & (OUTPUTS_PAGE - 1);
    const bool wanted = page < of->pages && of->wanted[page] > 0;
    if (wanted && of->bytes[page] == NULL) {
        of->bytes[page] = malloc(OUTPUTS_PAGE * sizeof *message);
        if (of->bytes[page] == NULL) {
            of->count--;
            return false;
        }
    }
    if (wanted) {
        of->bytes[page][place] = *message;
    } else if (message->payload != NULL) {
        payload_drop(message->payload);
    }
    return true;
}

void outputs_done(struct outputs *outputs, node_id from, uint64_t number)
{
    struct outputs_of *of = &outputs->of[from];
    const uint64_t page = number >> OUTPUTS_PAGE_BITS;
    assert(outputs_has(outputs, from, number) && of->wanted[page] > 0);
    if (--of->wanted[page] == 0) {
        drop_page(of, page);
    }
}
