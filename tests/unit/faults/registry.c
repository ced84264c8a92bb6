#include <criterion/criterion.h>
#include <string.h>

#include "faults/behavior.h"

Test(registry, finds_each_behaviour_that_it_lists_by_its_name)
{
    size_t count = 0;
    for (; behavior_at(count)->name != NULL; count++) {
        const struct behavior *behavior = behavior_at(count);
        cr_assert_eq(behavior_find(behavior->name), behavior, "%s", behavior->name);
        cr_assert(behavior->summary != NULL && strlen(behavior->summary) > 0, "%s", behavior->name);
        cr_assert_not_null(behavior->create, "%s", behavior->name);
    }
    cr_assert_geq(count, 7u);
}

Test(registry, has_the_whole_catalogue)
{
    static const char *const names[] = {
        "silent",        "crash",        "crash-recover",    "amnesia",     "article",          "conflicting-digest",
        "selective",     "eager",        "equivocate",       "split-vote",  "collude",          "twin",
        "slow-primary",  "forge-sender", "replay",           "flood",       "view-change-spam", "fake-certificate",
        "hide-prepared", "bad-new-view", "lying-checkpoint", "lying-reply", "vanish",           "bad-tag",
        "starve",        "drip",         "null-flood",       "hollow"};
    cr_assert_null(behavior_at(sizeof names / sizeof names[0])->name, "and no other");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cr_assert_not_null(behavior_find(names[i]), "%s", names[i]);
    }
}

Test(registry, knows_no_other_name)
{
    cr_assert_null(behavior_find(""));
    cr_assert_null(behavior_find("Silent"));
    cr_assert_null(behavior_find("silent "));
    cr_assert_null(behavior_find("honest"));
}

Test(registry, ends_and_stays_ended)
{
    size_t count = 0;
    while (behavior_at(count)->name != NULL) {
        count++;
    }
    cr_assert_null(behavior_at(count + 1)->name);
    cr_assert_null(behavior_at(SIZE_MAX)->name);
}
