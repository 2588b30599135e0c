/* SPDX-License-Identifier: BSD-3-Clause */
/* A shared object that is no plugin. Must not export what one does. */
int tocsin_no_plugin(void);

__attribute__((visibility("default"))) int tocsin_no_plugin(void)
{
    return 0;
}
