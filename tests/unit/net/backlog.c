#include <criterion/criterion.h>

#include "net/backlog.h"

Test(backlog, keeps_its_order_while_it_grows_from_any_place)
{
    for (uint32_t lead = 0; lead < 40; lead++) {
        struct backlog backlog;
        backlog_init(&backlog, sizeof(uint64_t));
        uint64_t in = 0;
        uint64_t out = 0;
        for (; in < lead; in++) {
            backlog_push(&backlog, &in);
            cr_assert_eq(*(const uint64_t *)backlog_front(&backlog), out++);
            backlog_pop(&backlog);
        }
        for (; in < lead + 1000; in++) {
            backlog_push(&backlog, &in);
        }
        cr_assert_eq(backlog.count, 1000);
        for (; out < in; out++) {
            cr_assert_eq(*(const uint64_t *)backlog_front(&backlog), out);
            backlog_pop(&backlog);
        }
        cr_assert_eq(backlog.count, 0);
        backlog_destroy(&backlog);
    }
}

Test(backlog, takes_no_memory_before_anything_waits)
{
    struct backlog backlog;
    backlog_init(&backlog, 64);
    cr_assert_null(backlog.items);
    backlog_destroy(&backlog);
}

Test(backlog, gives_back_what_it_grew_to_when_it_is_empty)
{
    struct backlog backlog;
    backlog_init(&backlog, 64);
    const char item[64] = {0};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100000; i++) {
            backlog_push(&backlog, item);
        }
        for (int i = 0; i < 100000; i++) {
            backlog_pop(&backlog);
        }
        cr_assert_leq(backlog.size, 1024);
    }
    backlog_destroy(&backlog);
}
