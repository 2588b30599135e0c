/* SPDX-License-Identifier: BSD-3-Clause */
/* The hidden mode. */
#include <config.h>

#include "core/host/host.h"

int worker_main(void)
{
    return 3;
}
