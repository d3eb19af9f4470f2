/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/* Counts from main(), so that the number does not depend on the loader. Both malloc and
 * operator new are here, for a sanitizer brings a `new` that does not call malloc; where it
 * does, what it asks for is not counted twice. */

static atomic_long count;
static atomic_bool is_counting;
static long victim;
static __thread int depth __attribute__((tls_model("initial-exec")));

static bool fails(void)
{
    if (!atomic_load(&is_counting) || depth > 0)
        return false;
    const long number = atomic_fetch_add(&count, 1) + 1;
    if (number != victim)
        return false;
    shim_log("FAULT allocation %ld\n", number);
    return true;
}

/* What the next library gives for a symbol. */
#define NEXT(type, symbol)        \
    static __typeof__(type) next; \
    if (next == NULL)             \
    next = (__typeof__(type))(uintptr_t)dlsym(RTLD_NEXT, (symbol))

static void* out_of_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

void* malloc(size_t size)
{
    NEXT(void* (*)(size_t), "malloc");
    return fails() ? out_of_memory() : next(size);
}

void* calloc(size_t number, size_t size)
{
    NEXT(void* (*)(size_t, size_t), "calloc");
    return fails() ? out_of_memory() : next(number, size);
}

void* realloc(void* old, size_t size)
{
    NEXT(void* (*)(void*, size_t), "realloc");
    return fails() ? out_of_memory() : next(old, size);
}

void _ZSt17__throw_bad_allocv(void) __attribute__((noreturn, weak));

#define OPERATOR_NEW(symbol, parameters, arguments) \
    void* symbol parameters;                        \
    void* symbol parameters                         \
    {                                               \
        NEXT(void*(*)parameters, #symbol);          \
        if (fails())                                \
            _ZSt17__throw_bad_allocv();             \
        ++depth;                                    \
        void* memory = next arguments;              \
        --depth;                                    \
        return memory;                              \
    }

OPERATOR_NEW(_Znwm, (size_t size), (size))
OPERATOR_NEW(_Znam, (size_t size), (size))
OPERATOR_NEW(_ZnwmSt11align_val_t, (size_t size, size_t align), (size, align))
OPERATOR_NEW(_ZnamSt11align_val_t, (size_t size, size_t align), (size, align))

/* A sanitizer asks for a thread's stack and dies of a no. */
int pthread_getattr_np(pthread_t thread, pthread_attr_t* attributes)
{
    NEXT(int (*)(pthread_t, pthread_attr_t*), "pthread_getattr_np");
    ++depth;
    const int result = next(thread, attributes);
    --depth;
    return result;
}

typedef int (*main_function)(int, char**, char**);

static main_function real_main;

static void report(void)
{
    atomic_store(&is_counting, false);
    shim_log("allocations %ld\n", atomic_load(&count));
}

static int counted_main(int size, char** words, char** environment)
{
    const char* told = getenv("SHIM_ALLOC");
    if (told == NULL || !shim_is_meant())
        return real_main(size, words, environment);
    victim = strtol(told, NULL, 10);
    atexit(report);
    atomic_store(&is_counting, true);
    return real_main(size, words, environment);
}

int __libc_start_main(main_function program, int size, char** words, void (*begin)(void),
                      void (*end)(void), void (*unload)(void), void* stack);
int __libc_start_main(main_function program, int size, char** words, void (*begin)(void),
                      void (*end)(void), void (*unload)(void), void* stack)
{
    NEXT(int (*)(main_function, int, char**, void (*)(void), void (*)(void), void (*)(void), void*),
         "__libc_start_main");
    real_main = program;
    return next(counted_main, size, words, begin, end, unload, stack);
}
