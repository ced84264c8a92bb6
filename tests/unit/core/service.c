/* The replicated service: deterministic, and dependent on the order of execution. */
#include <criterion/criterion.h>

#include "core/service.h"

static uint64_t put(struct service *service, uint64_t key, uint64_t value)
{
    const uint64_t operation[2] = {key, value};
    return service_apply(service, (const unsigned char *)operation, sizeof operation);
}

Test(service, begins_empty)
{
    struct service service;
    memset(&service, 0xff, sizeof service);
    service_reset(&service);
    for (uint32_t key = 0; key < SERVICE_KEYS; key++) {
        cr_assert_eq(service.values[key], 0);
    }
    cr_assert_eq(service.operations, 0);
}

Test(service, the_result_is_what_stood_there_before)
{
    struct service service;
    service_reset(&service);
    cr_assert_eq(put(&service, 3, 10), 0);
    uint64_t stood = service.values[3];
    cr_assert_neq(stood, 0);
    cr_assert_eq(put(&service, 3, 20), stood);
    cr_assert_eq(put(&service, 4, 20), 0, "another key");
    stood = service.values[3];
    cr_assert_eq(put(&service, 3 + SERVICE_KEYS, 1), stood, "keys wrap around");
}

Test(service, the_same_operations_in_the_same_order_give_the_same_state)
{
    struct service one, other;
    service_reset(&one);
    service_reset(&other);
    for (uint64_t turn = 0; turn < 1000; turn++) {
        cr_assert_eq(put(&one, turn * 7, turn), put(&other, turn * 7, turn));
    }
    cr_assert_eq(memcmp(&one, &other, sizeof one), 0);
    cr_assert_eq(one.operations, 1000);
}

Test(service, two_operations_on_one_key_do_not_commute)
{
    struct service one, other;
    service_reset(&one);
    service_reset(&other);
    put(&one, 1, 5);
    put(&one, 1, 6);
    put(&other, 1, 6);
    put(&other, 1, 5);
    cr_assert_neq(one.values[1], other.values[1]);
}

Test(service, executing_one_operation_twice_shows)
{
    struct service one, other;
    service_reset(&one);
    service_reset(&other);
    put(&one, 1, 5);
    put(&other, 1, 5);
    put(&other, 1, 5);
    cr_assert_neq(one.values[1], other.values[1]);
}

Test(service, missing_bytes_read_as_zero_and_more_bytes_are_ballast)
{
    unsigned char operation[64] = {2, 0, 0, 0, 0, 0, 0, 0, 9};
    for (uint32_t size = 0; size <= sizeof operation; size++) {
        struct service service;
        service_reset(&service);
        unsigned char *exact = malloc(size > 0 ? size : 1); /* so that reading past the end is seen */
        memcpy(exact, operation, size);
        service_apply(&service, exact, size);
        cr_assert_eq(service.values[2], size > 8 ? 9 : 0);
        cr_assert_eq(service.operations, 1);
        free(exact);
    }
}
