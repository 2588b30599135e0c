/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * view: owners and notifications as plugins see them, over the JSON of a frame
 * (core/host/wire.h), which must outlive them.
 */
#ifndef TOCSIN_HOST_VIEW_H
#define TOCSIN_HOST_VIEW_H

#include <jansson.h>

#include "core/tocsin-plugin.h"

struct owner_view {
    struct tocsin_owner owner; /* told is not known */
    const char **persons, **told;
    char *contacts, *ids;
};
void owner_view(struct owner_view *v, const json_t *from);
void owner_view_release(struct owner_view *v);

struct notification_view {
    struct tocsin_notification notification;
    struct owner_view owner; /* told as the frame says */
    const char **labels;
    char *fields;
};
void notification_view(struct notification_view *v, const json_t *from);
void notification_view_release(struct notification_view *v);

#endif
