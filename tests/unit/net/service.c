#include <criterion/criterion.h>

#include "net/service.h"

Test(service, first_come_first_served_however_many_wait)
{
    struct service service = {0};
    uint32_t in = 0;
    uint32_t out = 0;
    for (uint32_t round = 1; round < 200; round++) {
        for (uint32_t i = 0; i < round; i++) {
            cr_assert(service_wait(&service, in++));
        }
        for (uint32_t i = 0; i < round - round / 4; i++) {
            cr_assert_eq(service_next(&service), out++);
        }
    }
    while (service.count > 0) {
        cr_assert_eq(service_next(&service), out++);
    }
    cr_assert_eq(out, in);
    service_destroy(&service);
    cr_assert_eq(service.capacity, 0);
}
