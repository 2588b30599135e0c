#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# demo.sh TOCSIN [FOLDER]: the main job, on the samples beside this script or
# on a folder of one's own logs, in words for people who never saw Tocsin.
# Nothing leaves the machine: the messages become files in a folder in $TMPDIR.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tocsin=${1:?usage: demo.sh TOCSIN [FOLDER]}
folder=${2:-}
SHOW=12                 # messages that are printed in full

title()
{
    printf '\n%s\n%s\n\n' "$1" "$(printf '%s' "$1" | sed 's/./=/g')"
}

say() { printf '%s\n' "$*" | fold -s -w 78; }

run() { "$tocsin" -c "$work/tocsin.yaml" "$@"; }

# What a pass sent: one line for each new line of the sinks' indices.
news()
{
    for sink in issues chat; do
        index=$work/messages/$sink/index.jsonl
        [ -f "$index" ] || continue
        seen=$(cat "$work/seen-$sink" 2>/dev/null || echo 0)
        sed -n "$((seen + 1)),\$p" "$index" \
            | sed -e 's/.*"delivery": "\([a-z]*\)".*"title": "\(.*\)", "message".*/\1 \2/' \
                  -e 's/\\"/"/g' -e 's/\\\\/\\/g' \
            | while read -r what text; do
                case $what in
                open) what='NEW      ' ;;
                update) what='changed  ' ;;
                resolve) what='CLOSED   ' ;;
                reopen) what='REOPENED ' ;;
                remind) what='reminder ' ;;
                digest) what='digest   ' ;;
                esac
                printf '    %s%-7s %s\n' "$what" "$sink" "$text"
            done
        wc -l <"$index" | tr -d ' ' >"$work/seen-$sink"
    done
}

# pass DAY TIME: one pass as of that time, with what was there by then.
pass()
{
    printf '  %s %s  ' "$1" "$2"
    count=$(find "$work/logs" "$work/bot-jobs" -name '*.json' 2>/dev/null \
            | wc -l | tr -d ' ')
    echo "$((count - runs)) new runs"
    runs=$count
    status=0
    run run --now "$1T$2:00Z" >"$work/pass.out" 2>&1 || status=$?
    if [ $status != 0 ]; then
        sed 's/^/    /' "$work/pass.out"
        return $status
    fi
    news
}

# The newest message of every ticket, in full, up to $SHOW of them.
messages()
{
    shown=0
    for sink in issues chat; do
        index=$work/messages/$sink/index.jsonl
        [ -f "$index" ] || continue
        for ticket in $(sed 's/.*"ticket": "\([^"]*\)".*/\1/' "$index" \
                        | awk '!seen[$0]++'); do
            shown=$((shown + 1))
            [ $shown -le $SHOW ] || continue
            file=$(grep "\"ticket\": \"$ticket\"" "$index" | tail -1 \
                   | sed 's/.*"message": "\([^"]*\)".*/\1/')
            printf -- '-------- %s: %s\n' "$sink" "$file"
            body "$work/messages/$sink/$file"
            echo
        done
    done
    if [ $shown -gt $SHOW ]; then
        echo "... and $((shown - SHOW)) more in $work/messages"
    fi
}

# A message without its front matter, but with its title.
body()
{
    awk 'NR == 1 && $0 == "---" { front = 1; next }
         front && $0 == "---" { front = 0; next }
         front && /^title:/ { print "Title: " substr($0, 8); next }
         !front { print }' "$1"
}

the_end()
{
    echo
    say "All of it is in $work (yours to delete): messages/ holds what would \
be sent, tocsin.yaml the configuration. Ask it more:"
    echo
    echo "  $tocsin -c $work/tocsin.yaml explain ID"
    echo "  $tocsin -c $work/tocsin.yaml incident show ID"
}

demo_samples()
{
    cp "$here/tocsin.yaml" "$work/"
    cp -R "$here/feedstocks" "$work/feedstocks"
    mkdir -p "$work/logs" "$work/bot-jobs"
    title 'Tocsin: what broke, for whom, and who should hear of it'
    say "A small organisation that does not exist: fourteen projects with \
volunteer maintainers, their CI logs of nine days and an update bot that \
opens pull requests. Tocsin reads the logs once a day (twice on the day of an \
outage) and decides whom to tell. Nothing is sent anywhere: the messages \
become files."
    title '1. Is the configuration right?'
    run check
    title '2. Nine days'
    say "Each line with a time is one pass of \`tocsin run\`. Most failures \
tell nobody at first: they may be gone tomorrow."
    echo
    runs=0
    for day in "$here"/days/*; do
        day=$(basename "$day")
        cp -R "$here/days/$day/." "$work/"
        if [ "$day" = 2026-11-12 ]; then
            pass "$day" 10:00
        fi
        pass "$day" 22:00
    done
    title '3. What is open now, for whom, and what is held back'
    run status --all --now "${day}T22:00:00Z"
    title '4. Why'
    explain_all "${day}T22:00:00Z"
    title '5. The messages, as they would be sent'
    messages
    the_end
}

# `explain` for every ticket that status names.
explain_all()
{
    run status --all --json --now "$1" >"$work/status.json"
    python3 - "$work/status.json" <<'PY' >"$work/ids"
import json
import sys
for t in json.load(open(sys.argv[1]))["tickets"]:
    print(t["ticket"])
PY
    while read -r id; do
        run explain --now "$1" "$id"
        echo
    done <"$work/ids"
}

yaml_text()
{
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"
}

# A configuration for somebody's folder: a project for each folder in it,
# every failure told at once, to one owner.
own_config()
{
    cat >"$work/tocsin.yaml" <<YAML
version: 1
state: sqlite:tocsin.db
armed: false            # nothing leaves this machine
sources:
  logs:
    plugin: logs
    path: $(yaml_text "$folder")
    owner: local
    pattern: '{project}/**'         # the first folder is the project
    project: $(yaml_text "local/$name")
    default_branch: main
sinks:
  issues: {plugin: file, dir: messages/issues}
teams:
  you: {persons: [you]}
policy:
  open: {any: [{pushes: 1}]}        # patience is for real life
  budget: {new_per_pass: unlimited, new_per_day: unlimited,
           new_per_person_per_day: unlimited}
  outbreak: {hold: 0s}
routes:
  - match: {blame: infrastructure}
    group_by: [category, fingerprint]
    owner: you
    via: [issues]
  - owner: you
    via: [issues]
fallback: {owner: you, via: [issues]}
operators: {owner: you, via: [issues]}
YAML
}

demo_own()
{
    folder=$(cd "$folder" && pwd)
    name=$(basename "$folder" | sed 's/[^A-Za-z0-9._-]/-/g')
    own_config
    title "Tocsin on $folder"
    say "Every file below it is read as the log of one CI job, packed ones \
too; the first folder is taken for the project, and red or green for what the \
log's end says. Everything red is told at once; a real configuration waits \
until a failure is chronic, knows the owners, and sends what comes out below \
to them."
    echo
    status=0
    run run || status=$?
    title 'What broke, for whom, and what is held back'
    run status --all
    title 'The messages, as they would be sent'
    messages
    the_end
    return $status
}

work=$(mktemp -d "${TMPDIR:-/tmp}/tocsin-demo.XXXXXX")
if [ -n "$folder" ]; then
    demo_own
else
    demo_samples
fi
