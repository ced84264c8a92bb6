#include "runner/space.h"

#include <string.h>

#include "core/quorum.h"
#include "runner/option_value.h"
#include "runner/plan.h"
#include "runner/resolve.h"

uint32_t faulty_value(const struct faulty_count *count, uint32_t n, uint32_t q)
{
    switch (count->kind) {
    case FAULTY_F:
        return quorum_faults(n);
    case FAULTY_BREAKING:
        return quorum_breaking(n, q);
    default:
        return count->number;
    }
}

static bool read_faulty_count(const char *text, size_t size, struct faulty_count *count)
{
    char one[32];
    uint64_t number;
    struct error ignored;
    if (size >= sizeof one) {
        return false;
    }
    memcpy(one, text, size);
    one[size] = '\0';
    *count = (struct faulty_count){.kind = FAULTY_NUMBER};
    if (strcmp(one, "f") == 0) {
        count->kind = FAULTY_F;
        return true;
    }
    if (strcmp(one, "2q-n") == 0) {
        count->kind = FAULTY_BREAKING;
        return true;
    }
    if (!count_parse(one, 0, PLAN_REPLICAS, &number, &ignored)) {
        return false;
    }
    count->number = (uint32_t)number;
    return true;
}

/* `f`, or `0..f` */
static bool read_faulty_range(const char *part, size_t size, struct faulty_range *range)
{
    char text[64];
    if (size >= sizeof text) {
        return false;
    }
    memcpy(text, part, size);
    text[size] = '\0';
    const char *dots = strstr(text, "..");
    if (dots == NULL) {
        bool right = read_faulty_count(text, size, &range->first);
        range->last = range->first;
        return right;
    }
    return read_faulty_count(text, (size_t)(dots - text), &range->first) &&
           read_faulty_count(dots + 2, strlen(dots + 2), &range->last) &&
           !(range->first.kind == FAULTY_NUMBER && range->last.kind == FAULTY_NUMBER &&
             range->first.number > range->last.number);
}

/* A list of ranges. Without a word of the user's: 0..f. */
static bool read_faulty(struct space *space, struct error *error)
{
    const char *text = space->settings.text[OPT_BYZANTINE];
    text = text == NULL ? "0..f" : text;
    bool right = true;
    for (const char *part = text; right;) {
        size_t size = strcspn(part, ",;");
        right = space->faulty_count < MOST_FAULTY_RANGES &&
                read_faulty_range(part, size, &space->faulty[space->faulty_count]);
        if (right) {
            const struct faulty_range *range = &space->faulty[space->faulty_count++];
            space->beyond = space->beyond || range->last.kind == FAULTY_BREAKING;
        }
        if (part[size] == '\0') {
            break;
        }
        part += size + 1;
    }
    if (!right) {
        char name[320];
        settings_name(&space->settings, OPT_BYZANTINE, name, sizeof name);
        return error_set(error,
                         "%s: a number, f (the most that n replicas tolerate), 2q-n (the fewest that can break "
                         "agreement), a range as in 0..f, or a list of these is allowed",
                         name);
    }
    return true;
}

/* Options of which each scenario draws one value leave `single`, which holds one value for each. */
static bool read_axes(struct space *space, struct settings *single, struct error *error)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        enum option_id id = (enum option_id)i;
        if (!option_at(id)->scenario || !settings_has(single, id)) {
            continue;
        }
        struct axis *axis = &space->axes[space->axis_count];
        *axis = (struct axis){.id = id};
        space->axis_count++; /* for space_destroy(), also if it cannot be read */
        if (!axis_read(single, axis, error)) {
            return false;
        }
        if (axis->count > 1) {
            settings_clear(single, id);
        } else {
            axis_destroy(axis);
            space->axis_count--;
        }
    }
    return true;
}

static bool check_given(const struct space *space, struct error *error)
{
    bool says_who = space_gives(space, OPT_BYZANTINE_IDS) ||
                    (space_gives(space, OPT_BEHAVIOR) && strchr(space->settings.text[OPT_BEHAVIOR], ':') != NULL);
    if (space->base.clock != CLOCK_VIRTUAL && space_gives(space, OPT_CLOCK)) {
        return error_set(error, "--clock real: only virtual is allowed here");
    }
    return !(says_who && space_gives(space, OPT_BYZANTINE)) ||
           error_set(error, "--byzantine %.60s: --byzantine-ids or --behavior says already who misbehaves",
                     space->settings.text[OPT_BYZANTINE]);
}

static bool check_axes(const struct space *space, struct error *error)
{
    for (size_t i = 0; i < space->axis_count; i++) {
        enum option_id id = space->axes[i].id;
        if (id == OPT_EXPECT || id == OPT_SEED || id == OPT_CLOCK || id == OPT_SCHEDULE) {
            return error_set(error, "--%s cannot vary", option_at(id)->name);
        }
    }
    return true;
}

bool space_read(const struct settings *settings, struct space *space, struct error *error)
{
    *space = (struct space){.settings = *settings};
    struct settings single = *settings;
    if (!read_faulty(space, error)) {
        return false;
    }
    settings_clear(&single, OPT_BYZANTINE);
    if (!read_axes(space, &single, error) || !check_axes(space, error) ||
        !scenario_read(&single, &space->base, error) || !check_given(space, error)) {
        return false;
    }
    space->base.clock = CLOCK_VIRTUAL;
    space->base.stall_ns = TIME_NEVER_NS;
    return true;
}

bool space_fixes(const struct space *space, enum option_id id)
{
    for (size_t i = 0; i < space->axis_count; i++) {
        if (space->axes[i].id == id) {
            return false;
        }
    }
    const struct faulty_range *range = &space->faulty[0];
    bool one_number = space->faulty_count == 1 && range->first.kind == FAULTY_NUMBER &&
                      range->last.kind == FAULTY_NUMBER && range->first.number == range->last.number;
    return space_gives(space, id) && (id != OPT_BYZANTINE || one_number);
}

void space_destroy(struct space *space)
{
    for (size_t i = 0; i < space->axis_count; i++) {
        axis_destroy(&space->axes[i]);
    }
    space->axis_count = 0;
}
