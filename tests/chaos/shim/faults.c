/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char* word;
    struct shim_verdict verdict;
} faults[] = {
    {"EIO", {shim_error, EIO}},       {"ENOSPC", {shim_error, ENOSPC}},
    {"EDQUOT", {shim_error, EDQUOT}}, {"EINTR", {shim_error, EINTR}},
    {"EACCES", {shim_error, EACCES}}, {"short", {shim_short, 0}},
    {"kill", {shim_kill, 0}},
};

static struct {
    bool is_read;
    const char *root, *log, *call, *path;
    long nth, count, seen;
    struct shim_verdict verdict;
} told;

static pthread_mutex_t told_mutex = PTHREAD_MUTEX_INITIALIZER;

static const char* text_of(const char* variable)
{
    const char* text = getenv(variable);
    return text != NULL ? text : "";
}

bool shim_is_meant(void)
{
    char name[4096];
    const long size = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", name, sizeof name - 1);
    name[size > 0 ? size : 0] = '\0';
    const char* wanted = text_of("SHIM_PROGRAM");
    return *wanted == '\0' || strcmp(wanted, name) == 0;
}

static void read_environment(void)
{
    if (told.is_read)
        return;
    told.is_read = true;
    told.root = "";
    if (!shim_is_meant())
        return;
    told.root = text_of("SHIM_ROOT");
    told.call = text_of("SHIM_CALL");
    told.path = text_of("SHIM_PATH");
    told.nth = strtol(text_of("SHIM_NTH"), NULL, 10);
    told.count = *text_of("SHIM_COUNT") != '\0' ? strtol(text_of("SHIM_COUNT"), NULL, 10) : 1;
    const char* word = text_of("SHIM_FAULT");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; ++i)
        if (strcmp(word, faults[i].word) == 0)
            told.verdict = faults[i].verdict;
}

void shim_log(const char* format, ...)
{
    const int before = errno;
    const char* path = text_of("SHIM_LOG");
    char line[4500];
    va_list values;
    va_start(values, format);
    const int size = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    const long file =
        *path != '\0' && size > 0 && (size_t)size < sizeof line
            ? syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)
            : -1;
    if (file >= 0) {
        syscall(SYS_write, file, line, (size_t)size);
        syscall(SYS_close, file);
    }
    errno = before;
}

/* The part below the root; NULL if the path is elsewhere. */
static const char* below_root(const char* path)
{
    const size_t size = strlen(told.root);
    return size > 0 && strncmp(path, told.root, size) == 0 && path[size] == '/' ? path + size + 1
                                                                                : NULL;
}

/* Whether this call is one of those that the environment names; it is counted if so. */
static bool is_hit(const char* call, const char* path)
{
    if (told.verdict.kind == shim_pass || told.nth < 1 ||
        (*told.path != '\0' && fnmatch(told.path, path, 0) != 0) ||
        (*told.call != '\0' && strcmp(told.call, call) != 0))
        return false;
    const long number = ++told.seen;
    return number >= told.nth && (told.count < 0 || number < told.nth + told.count);
}

struct shim_verdict shim_judge(const char* call, const char* path, long detail)
{
    const struct shim_verdict pass = {shim_pass, 0};
    pthread_mutex_lock(&told_mutex);
    read_environment();
    const char* name = below_root(path);
    const bool hit = name != NULL && is_hit(call, name);
    pthread_mutex_unlock(&told_mutex);
    if (name != NULL)
        shim_log("%s%s %s %ld\n", hit ? "FAULT " : "", call, name, detail);
    return hit ? told.verdict : pass;
}

long shim_after(struct shim_verdict verdict, long result)
{
    if (verdict.kind == shim_kill) {
        syscall(SYS_kill, getpid(), SIGKILL);
        pause();
    }
    return result;
}
