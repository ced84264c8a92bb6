/* Concurrency Kit's atomics for ThreadSanitizer builds only, where this file is force-included into every C file.
 *
 * ck's own are inline assembly, or volatile accesses and stand-alone fences: ThreadSanitizer sees neither, and reports
 * races that are none. Here the same operations are compiler builtins: loads acquire, stores release, everything else is
 * sequentially consistent, and the fences are real. It is our use of ck that is checked, not ck.
 *
 * CK_F_PR tells <gcc/ck_pr.h> that its operations are supplied already; the build defines CK_USE_CC_BUILTINS=1, so that
 * the assembly is not taken either. Not one of our layers: names nothing of ours. */
#ifndef PBFT_CK_PR_TSAN_H
#define PBFT_CK_PR_TSAN_H

#define CK_F_PR

#include <ck_cc.h>
#include <ck_stdbool.h>
#include <ck_stdint.h>
#include <gcc/ck_f_pr.h>

#define CK_PR_TSAN_LOAD_STORE(S, T)                       \
    CK_CC_INLINE static T ck_pr_md_load_##S(const T *m)   \
    {                                                     \
        return __atomic_load_n(m, __ATOMIC_ACQUIRE);      \
    }                                                     \
    CK_CC_INLINE static void ck_pr_md_store_##S(T *m, T v) \
    {                                                     \
        __atomic_store_n(m, v, __ATOMIC_RELEASE);         \
    }

CK_PR_TSAN_LOAD_STORE(char, char)
CK_PR_TSAN_LOAD_STORE(uint, unsigned int)
CK_PR_TSAN_LOAD_STORE(int, int)
CK_PR_TSAN_LOAD_STORE(64, uint64_t)
CK_PR_TSAN_LOAD_STORE(32, uint32_t)
CK_PR_TSAN_LOAD_STORE(16, uint16_t)
CK_PR_TSAN_LOAD_STORE(8, uint8_t)
#undef CK_PR_TSAN_LOAD_STORE

CK_CC_INLINE static void *ck_pr_md_load_ptr(const void *m)
{
    return __atomic_load_n((void *const *)m, __ATOMIC_ACQUIRE);
}

CK_CC_INLINE static void ck_pr_md_store_ptr(void *m, const void *v)
{
    __atomic_store_n((const void **)m, v, __ATOMIC_RELEASE);
}

#ifndef CK_PR_DISABLE_DOUBLE
CK_CC_INLINE static double ck_pr_md_load_double(const double *m)
{
    double v;
    __atomic_load(m, &v, __ATOMIC_ACQUIRE);
    return v;
}

CK_CC_INLINE static void ck_pr_md_store_double(double *m, double v)
{
    __atomic_store(m, &v, __ATOMIC_RELEASE);
}
#endif

/* mfence by hand: ThreadSanitizer knows no stand-alone fence, and gcc warns where it meets one. */
#if defined(__x86_64__)
#define CK_PR_TSAN_BARRIER() __asm__ __volatile__("mfence" ::: "memory")
#else
#define CK_PR_TSAN_BARRIER() __sync_synchronize()
#endif

#define CK_PR_TSAN_FENCE(T)                            \
    CK_CC_INLINE static void ck_pr_fence_strict_##T(void) \
    {                                                  \
        CK_PR_TSAN_BARRIER();                          \
    }

CK_PR_TSAN_FENCE(atomic)
CK_PR_TSAN_FENCE(atomic_atomic)
CK_PR_TSAN_FENCE(atomic_load)
CK_PR_TSAN_FENCE(atomic_store)
CK_PR_TSAN_FENCE(store_atomic)
CK_PR_TSAN_FENCE(load_atomic)
CK_PR_TSAN_FENCE(load)
CK_PR_TSAN_FENCE(load_load)
CK_PR_TSAN_FENCE(load_store)
CK_PR_TSAN_FENCE(store)
CK_PR_TSAN_FENCE(store_store)
CK_PR_TSAN_FENCE(store_load)
CK_PR_TSAN_FENCE(memory)
CK_PR_TSAN_FENCE(acquire)
CK_PR_TSAN_FENCE(release)
CK_PR_TSAN_FENCE(acqrel)
CK_PR_TSAN_FENCE(lock)
CK_PR_TSAN_FENCE(unlock)
#undef CK_PR_TSAN_FENCE

CK_CC_INLINE static void ck_pr_stall(void)
{
    __asm__ __volatile__("" ::: "memory");
}

#define CK_PR_TSAN_CAS(S, T)                                                                               \
    CK_CC_INLINE static bool ck_pr_cas_##S(T *m, T compare, T set)                                         \
    {                                                                                                      \
        return __atomic_compare_exchange_n(m, &compare, set, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);    \
    }                                                                                                      \
    CK_CC_INLINE static bool ck_pr_cas_##S##_value(T *m, T compare, T set, T *v)                           \
    {                                                                                                      \
        bool done = __atomic_compare_exchange_n(m, &compare, set, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        *v = compare;                                                                                      \
        return done;                                                                                       \
    }

#define CK_PR_TSAN_BINARY(K, S, T)                          \
    CK_CC_INLINE static void ck_pr_##K##_##S(T *m, T d)     \
    {                                                       \
        (void)__atomic_fetch_##K(m, d, __ATOMIC_SEQ_CST);   \
    }

#define CK_PR_TSAN_INTEGER(S, T)                        \
    CK_PR_TSAN_CAS(S, T)                                \
    CK_CC_INLINE static T ck_pr_faa_##S(T *m, T d)      \
    {                                                   \
        return __atomic_fetch_add(m, d, __ATOMIC_SEQ_CST); \
    }                                                   \
    CK_PR_TSAN_BINARY(add, S, T)                        \
    CK_PR_TSAN_BINARY(sub, S, T)                        \
    CK_PR_TSAN_BINARY(and, S, T)                        \
    CK_PR_TSAN_BINARY(or, S, T)                         \
    CK_PR_TSAN_BINARY(xor, S, T)                        \
    CK_CC_INLINE static void ck_pr_inc_##S(T *m)        \
    {                                                   \
        ck_pr_add_##S(m, (T)1);                         \
    }                                                   \
    CK_CC_INLINE static void ck_pr_dec_##S(T *m)        \
    {                                                   \
        ck_pr_sub_##S(m, (T)1);                         \
    }

CK_PR_TSAN_INTEGER(char, char)
CK_PR_TSAN_INTEGER(int, int)
CK_PR_TSAN_INTEGER(uint, unsigned int)
CK_PR_TSAN_INTEGER(64, uint64_t)
CK_PR_TSAN_INTEGER(32, uint32_t)
CK_PR_TSAN_INTEGER(16, uint16_t)
CK_PR_TSAN_INTEGER(8, uint8_t)
#undef CK_PR_TSAN_INTEGER
#undef CK_PR_TSAN_BINARY
#undef CK_PR_TSAN_CAS

CK_CC_INLINE static bool ck_pr_cas_ptr(void *m, void *compare, void *set)
{
    return __atomic_compare_exchange_n((void **)m, &compare, set, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

CK_CC_INLINE static bool ck_pr_cas_ptr_value(void *m, void *compare, void *set, void *v)
{
    bool done = __atomic_compare_exchange_n((void **)m, &compare, set, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    *(void **)v = compare;
    return done;
}

#define CK_PR_TSAN_POINTER(K)                                                              \
    CK_CC_INLINE static void ck_pr_##K##_ptr(void *m, void *d)                             \
    {                                                                                      \
        (void)__atomic_fetch_##K((uintptr_t *)m, (uintptr_t)d, __ATOMIC_SEQ_CST);          \
    }

CK_PR_TSAN_POINTER(add)
CK_PR_TSAN_POINTER(sub)
CK_PR_TSAN_POINTER(and)
CK_PR_TSAN_POINTER(or)
CK_PR_TSAN_POINTER(xor)
#undef CK_PR_TSAN_POINTER

CK_CC_INLINE static void *ck_pr_faa_ptr(void *m, void *d)
{
    return (void *)__atomic_fetch_add((uintptr_t *)m, (uintptr_t)d, __ATOMIC_SEQ_CST);
}

CK_CC_INLINE static void ck_pr_inc_ptr(void *m)
{
    ck_pr_add_ptr(m, (void *)1);
}

CK_CC_INLINE static void ck_pr_dec_ptr(void *m)
{
    ck_pr_sub_ptr(m, (void *)1);
}

#endif
