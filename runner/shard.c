#include "runner/shard.h"

#include <stdio.h>
#include <string.h>

#include "runner/option_value.h"

#define MOST_SHARDS 100000.0

bool shard_parse(const char *text, struct shard *shard, struct error *error)
{
    char index_text[16];
    size_t size = strcspn(text, "/");
    uint64_t index;
    uint64_t count;
    struct error ignored;
    bool right = text[size] == '/' && size < sizeof index_text;
    snprintf(index_text, sizeof index_text, "%.*s", right ? (int)size : 0, text);
    right = right && count_parse(text + size + 1, 1, MOST_SHARDS, &count, &ignored) &&
            count_parse(index_text, 1, (double)count, &index, &ignored);
    if (!right) {
        return error_set(error, "--shard '%.60s': I/N is allowed with I from 1 to N, such as 2/8", text);
    }
    *shard = (struct shard){.index = (size_t)index, .count = (size_t)count};
    return true;
}

size_t shard_size(struct shard shard, size_t cells)
{
    return cells < shard.index ? 0 : (cells - shard.index) / shard.count + 1;
}

size_t shard_cell(struct shard shard, size_t place)
{
    return shard.index - 1 + place * shard.count;
}
