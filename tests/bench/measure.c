/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a command and tells what it took, of the command and all that it waited for, as one line:
 *     exit code, wall seconds, processor seconds (user and system), peak resident KiB
 * It is a program of its own because Linux counts what the parent had resident to the child. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int count, char **words)
{
    if (count < 3) {
        fprintf(stderr, "usage: measure RESULT COMMAND [WORD...]\n");
        return 2;
    }
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const pid_t child = fork();
    if (child == 0) {
        execvp(words[2], words + 2);
        perror(words[2]);
        _exit(127);
    }
    int status;
    struct rusage use;
    if (child < 0 || wait4(child, &status, 0, &use) != child) {
        perror("measure");
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    FILE *result = fopen(words[1], "w");
    if (!result) {
        perror(words[1]);
        return 2;
    }
    const double wall =
        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    fprintf(result, "%d %.6f %.6f %ld\n",
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), wall,
            seconds_of(use.ru_utime) + seconds_of(use.ru_stime), use.ru_maxrss);
    return fclose(result) == 0 ? 0 : 2;
}
