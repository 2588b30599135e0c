#!/bin/sh
# What every plugin owes Tocsin, and whether a server that takes the message
# (sample.txt is its reply) is believed.
set -eu
out=$("${TOCSIN:-tocsin}" plugin test ./tocsin-@NAME@.so --reply sample.txt) || {
    echo "$out"
    exit 1
}
echo "$out" | grep -q '^# delivered: ok' || {
    echo "$out" | grep '^# delivered'
    echo 'the message was taken, and the plugin says otherwise' >&2
    exit 1
}
echo "$out" | tail -n 1
