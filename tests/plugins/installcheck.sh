#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# make installcheck: the guide's source, built against what was installed.
# Arguments: the guide, the folders of tocsin.pc and of the plugins, the
# program, the folder of its data; DESTDIR is set.
set -eu
guide=$1 pc=$2 plugins=$3 tocsin=$4 data=$5
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
awk '/^```c$/ { if (!n++) on = 1; next } /^```$/ { on = 0 } on' \
    "$guide" >"$dir/hello.c"
PKG_CONFIG_PATH=$DESTDIR$pc
PKG_CONFIG_SYSROOT_DIR=$DESTDIR
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
cflags=$(pkg-config --cflags tocsin)
if [ -z "$cflags" ]; then   # /usr/include is not named
    cflags=-I$DESTDIR$(pkg-config --variable=includedir tocsin)
fi
# shellcheck disable=SC2086
${CC:-cc} -std=c99 -Wall -Wextra -pedantic -Werror -shared -fPIC \
    -fvisibility=hidden $cflags -Wl,-z,defs "$dir/hello.c" \
    -o "$dir/tocsin-hello.so"
chmod 755 "$dir/tocsin-hello.so"
TOCSIN_PLUGIN_PATH=$dir TOCSIN_CONFIG=/nowhere \
    "$DESTDIR$tocsin" plugin show hello | grep -q 'Says that all is well'
TOCSIN_PLUGIN_PATH=$DESTDIR$plugins TOCSIN_CONFIG=/nowhere \
    "$DESTDIR$tocsin" plugin list >"$dir/list"
grep -Eq '^(source|sink) ' "$dir/list"
(cd "$dir" && TOCSIN_DATA_DIR=$DESTDIR$data "$DESTDIR$tocsin" plugin new probe)
make -s -C "$dir/tocsin-probe" CPPFLAGS="$cflags"
TOCSIN_CONFIG=/nowhere "$DESTDIR$tocsin" plugin show \
    "$dir/tocsin-probe/tocsin-probe.so" | grep -q '^probe: '
echo "installcheck: the guide's example and a new plugin build and load"
