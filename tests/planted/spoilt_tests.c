/* Tests that pass, and do on the way what only a sanitizer sees. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>

Test(spoilt, leaks)
{
    void *volatile memory = malloc(100);
    cr_assert_neq(memory, NULL);
    memory = NULL;
}

Test(spoilt, overflows)
{
    volatile int most = INT_MAX;
    volatile int beyond = most + 1;
    cr_assert(beyond != 0);
}
