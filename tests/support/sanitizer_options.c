/* Linked into every test executable. */
#include <stdint.h>

/* Criterion reports success on what a sanitizer finds unless the process dies of it. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "halt_on_error=1:second_deadlock_stack=1";
}

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=1:strict_string_checks=1";
}

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif

#ifdef UNDER_TSAN
/* Criterion's sandbox maps an arena at an address drawn with rand_r(), mostly where ThreadSanitizer keeps its shadow
 * ("could not initialize inheritable arena"). Draw from what it leaves to applications instead (x86-64). */
int rand_r(unsigned *seed);
int rand_r(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return (int)(0x350000u + ((*seed >> 8) & 0x17fffu));
}
#endif
