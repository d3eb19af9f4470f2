/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Calls go straight to the kernel, so that no other preloaded library sees them twice. Each
 * failure is one that the kernel can give: a close that fails has closed all the same. */

enum { path_room = 4096 };

static void path_of_file(int file, char path[path_room])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const long size = syscall(SYS_readlinkat, AT_FDCWD, link, path, path_room - 1);
    path[size > 0 ? size : 0] = '\0';
}

static void path_at(int folder, const char* name, char path[path_room])
{
    path[0] = '\0';
    if (name == NULL || name[0] == '/')
        snprintf(path, path_room, "%s", name != NULL ? name : "");
    else {
        if (folder != AT_FDCWD)
            path_of_file(folder, path);
        else if (syscall(SYS_getcwd, path, path_room) < 0)
            path[0] = '\0';
        const size_t size = strlen(path);
        snprintf(path + size, path_room - size, "/%s", name);
    }
}

static struct shim_verdict judge_at(const char* call, int folder, const char* name, long detail)
{
    const int before = errno;
    char path[path_room];
    path_at(folder, name, path);
    const struct shim_verdict verdict = shim_judge(call, path, detail);
    errno = before;
    return verdict;
}

static struct shim_verdict judge_file(const char* call, int file, long detail)
{
    const int before = errno;
    char path[path_room];
    path_of_file(file, path);
    const struct shim_verdict verdict = shim_judge(call, path, detail);
    errno = before;
    return verdict;
}

/* Fails as the verdict says, or does `call` and is perhaps killed behind it. */
#define UNLESS_HIT(verdict, call)                     \
    do {                                              \
        const struct shim_verdict v = verdict;        \
        if (v.kind == shim_error) {                   \
            errno = v.error;                          \
            return -1;                                \
        }                                             \
        return (__typeof__(call))shim_after(v, call); \
    } while (0)

static long open_at(int folder, const char* name, int flags, unsigned mode)
{
    UNLESS_HIT(judge_at("open", folder, name, flags),
               syscall(SYS_openat, folder, name, flags, mode));
}

static unsigned mode_in(int flags, va_list values)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(values, unsigned)
                                                                      : 0;
}

int open(const char* name, int flags, ...)
{
    va_list values;
    va_start(values, flags);
    const unsigned mode = mode_in(flags, values);
    va_end(values);
    return (int)open_at(AT_FDCWD, name, flags, mode);
}

int openat(int folder, const char* name, int flags, ...)
{
    va_list values;
    va_start(values, flags);
    const unsigned mode = mode_in(flags, values);
    va_end(values);
    return (int)open_at(folder, name, flags, mode);
}

int open64(const char*, int, ...) __attribute__((alias("open")));
int openat64(int, const char*, int, ...) __attribute__((alias("openat")));

/* The C library opens its streams by a call that cannot be seen. */
static FILE* open_stream(const char* symbol, const char* name, const char* mode)
{
    const struct shim_verdict verdict = judge_at("open", AT_FDCWD, name, 0);
    if (verdict.kind == shim_error) {
        errno = verdict.error;
        return NULL;
    }
    typedef FILE* (*opener)(const char*, const char*);
    FILE* stream = ((opener)(uintptr_t)dlsym(RTLD_NEXT, symbol))(name, mode);
    shim_after(verdict, 0);
    return stream;
}

FILE* fopen(const char* name, const char* mode)
{
    return open_stream("fopen", name, mode);
}

FILE* fopen64(const char* name, const char* mode)
{
    return open_stream("fopen64", name, mode);
}

static size_t shortened(struct shim_verdict verdict, size_t size)
{
    return verdict.kind == shim_short ? size / 2 : size;
}

ssize_t read(int file, void* data, size_t size)
{
    const struct shim_verdict verdict = judge_file("read", file, (long)size);
    UNLESS_HIT(verdict, syscall(SYS_read, file, data, shortened(verdict, size)));
}

ssize_t pread(int file, void* data, size_t size, off_t at)
{
    const struct shim_verdict verdict = judge_file("read", file, (long)size);
    UNLESS_HIT(verdict, syscall(SYS_pread64, file, data, shortened(verdict, size), at));
}

ssize_t pread64(int, void*, size_t, off_t) __attribute__((alias("pread")));

ssize_t write(int file, const void* data, size_t size)
{
    const struct shim_verdict verdict = judge_file("write", file, (long)size);
    UNLESS_HIT(verdict, syscall(SYS_write, file, data, shortened(verdict, size)));
}

ssize_t pwrite(int file, const void* data, size_t size, off_t at)
{
    const struct shim_verdict verdict = judge_file("write", file, (long)size);
    UNLESS_HIT(verdict, syscall(SYS_pwrite64, file, data, shortened(verdict, size), at));
}

ssize_t pwrite64(int, const void*, size_t, off_t) __attribute__((alias("pwrite")));

ssize_t writev(int file, const struct iovec* parts, int count)
{
    UNLESS_HIT(judge_file("write", file, count), syscall(SYS_writev, file, parts, count));
}

int fsync(int file)
{
    UNLESS_HIT(judge_file("fsync", file, 0), (int)syscall(SYS_fsync, file));
}

int fdatasync(int file)
{
    UNLESS_HIT(judge_file("fsync", file, 0), (int)syscall(SYS_fdatasync, file));
}

int close(int file)
{
    const struct shim_verdict verdict = judge_file("close", file, 0);
    const long result = syscall(SYS_close, file);
    UNLESS_HIT(verdict, (int)result);
}

int flock(int file, int operation)
{
    UNLESS_HIT(judge_file("flock", file, operation), (int)syscall(SYS_flock, file, operation));
}

int ftruncate(int file, off_t size)
{
    UNLESS_HIT(judge_file("truncate", file, size), (int)syscall(SYS_ftruncate, file, size));
}

int ftruncate64(int, off_t) __attribute__((alias("ftruncate")));

int fchmod(int file, mode_t mode)
{
    UNLESS_HIT(judge_file("chmod", file, (long)mode), (int)syscall(SYS_fchmod, file, mode));
}

int renameat(int from, const char* old_name, int to, const char* name)
{
    UNLESS_HIT(judge_at("rename", to, name, 0),
               (int)syscall(SYS_renameat2, from, old_name, to, name, 0));
}

int rename(const char* old_name, const char* name)
{
    return renameat(AT_FDCWD, old_name, AT_FDCWD, name);
}

int linkat(int from, const char* old_name, int to, const char* name, int flags)
{
    UNLESS_HIT(judge_at("link", to, name, flags),
               (int)syscall(SYS_linkat, from, old_name, to, name, flags));
}

int unlinkat(int folder, const char* name, int flags)
{
    UNLESS_HIT(judge_at("unlink", folder, name, flags),
               (int)syscall(SYS_unlinkat, folder, name, flags));
}

int mkdir(const char* name, mode_t mode)
{
    UNLESS_HIT(judge_at("mkdir", AT_FDCWD, name, (long)mode),
               (int)syscall(SYS_mkdirat, AT_FDCWD, name, mode));
}

static long stat_at(int folder, const char* name, struct stat* facts, int flags)
{
    UNLESS_HIT(judge_at("stat", folder, name, flags),
               syscall(SYS_newfstatat, folder, name, facts, flags));
}

int stat(const char* name, struct stat* facts)
{
    return (int)stat_at(AT_FDCWD, name, facts, 0);
}

int lstat(const char* name, struct stat* facts)
{
    return (int)stat_at(AT_FDCWD, name, facts, AT_SYMLINK_NOFOLLOW);
}

int fstat(int file, struct stat* facts)
{
    UNLESS_HIT(judge_file("stat", file, 0), (int)syscall(SYS_fstat, file, facts));
}
