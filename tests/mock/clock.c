/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clock: the real clock as a plugin sees it. The mock host exports time and
 * clock_gettime, so a plugin that it loads calls these: a test that sets
 * them waits for nothing, and no step of the machine's clock changes what it
 * sees.
 */
#include <config.h>

#include "tests/mock/host.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int64_t mock_clock = -1;

int clock_gettime(clockid_t id, struct timespec *ts)
{
    if (id != CLOCK_REALTIME || mock_clock < 0)
        return (int)syscall(SYS_clock_gettime, id, ts);
    ts->tv_sec = (time_t)mock_clock;
    ts->tv_nsec = 0;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    if (out)
        *out = ts.tv_sec;
    return ts.tv_sec;
}
