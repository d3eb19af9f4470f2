/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What goes wrong in a process that this library was preloaded into. It is told by its
 * environment; without any of the variables nothing changes.
 *
 *   SHIM_PROGRAM the program that is meant, as /proc/self/exe names it: a shell that starts it
 *                is left alone
 *   SHIM_ROOT    only calls about files below this folder are counted, hit and logged
 *   SHIM_LOG     a file outside of it: a line for each such call, "write state/x.lock 49",
 *                and for each fault one that begins with "FAULT"
 *   SHIM_CALL    which calls: open read write fsync rename link unlink flock close mkdir stat
 *                truncate chmod; empty: all of them
 *   SHIM_PATH    a pattern as of a shell: only paths below the root that fit it
 *   SHIM_NTH     the number of the call that is hit, from 1; 0: none
 *   SHIM_COUNT   how many from there on (1); -1: all
 *   SHIM_FAULT   EIO ENOSPC EDQUOT EINTR EACCES: the call fails so. short: half is read or written.
 *                kill: the call is done, and then the process is killed
 *
 *   SHIM_ALLOC   the number of the allocation, counted from main(), that fails; 0: none, and
 *                the number of all is logged at the end as "allocations N"
 *
 *   SHIM_CLOCK   seconds that are added to the wall clock; "@file": the file says how many,
 *                and is read at each call, so that the clock can step
 *
 * A sanitizer wants to come first in LD_PRELOAD and must not here, or it would take allocations
 * away: ASAN_OPTIONS=verify_asan_link_order=0. */

enum shim_kind { shim_pass, shim_error, shim_short, shim_kill };

struct shim_verdict {
    enum shim_kind kind;
    int error; /* an errno */
};

/* Whether this process is the one that is meant. */
bool shim_is_meant(void);

/* Counts a call about a path, logs it, and says what is to become of it. */
struct shim_verdict shim_judge(const char* call, const char* path, long detail);

/* Kills the process if the verdict says so, and hands the result on. */
long shim_after(struct shim_verdict verdict, long result);

/* Writes a line to the log, without allocating. */
void shim_log(const char* format, ...) __attribute__((format(printf, 1, 2)));
