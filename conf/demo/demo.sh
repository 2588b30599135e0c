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
            | sed -e '/"project": "/!s/"title"/"project": "several", &/' \
                -e 's/.*"delivery": "\([a-z]*\)".*"project": "\([^"]*\)".*"title": "\(.*\)", "message".*/\1 \2 \3/' \
                -e 's/\\"/"/g' -e 's/\\\\/\\/g' \
            | while read -r what project text; do
                case $what in
                open) what='NEW      ' ;;
                update) what='changed  ' ;;
                resolve) what='CLOSED   ' ;;
                reopen) what='REOPENED ' ;;
                remind) what='reminder ' ;;
                digest) what='digest   ' ;;
                esac
                printf '    %s%-7s %s\n%21s%s\n' "$what" "$sink" \
                    "$project" '' "$text"
            done
        wc -l <"$index" | tr -d ' ' >"$work/seen-$sink"
    done
}

# pass TIME: one pass as of 2026-11-09T2200, with what was there by then.
pass()
{
    now=$(echo "$1" | sed 's/\(..\)$/:\1:00Z/')
    cp -R "$here/passes/$1/." "$work/"
    count=$(find "$work/logs" "$work/bot-jobs" -name '*.json' \
            | wc -l | tr -d ' ')
    new="$((count - runs)) new runs"
    [ "$new" != '1 new runs' ] || new='1 new run'
    echo "  $(echo "$now" | tr 'T' ' ' | cut -c1-16)  $new"
    runs=$count
    status=0
    run run --now "$now" >"$work/pass.out" 2>&1 || status=$?
    if [ $status != 0 ]; then
        sed 's/^/    /' "$work/pass.out"
        return $status
    fi
    news
    tickets >>"$work/keys"
}

# All tickets that stand now, one a line: key and project.
tickets()
{
    run status --all --json --now "$now" >"$work/status.json"
    python3 -c 'import json, sys
for t in json.load(open(sys.argv[1]))["tickets"]:
    print(t["ticket"], t.get("project") or "several projects")' \
        "$work/status.json"
}

told() { cat "$work"/messages/*/index.jsonl 2>/dev/null | grep -q "$1"; }

# why KEY PROJECT: the decisions about a ticket, one line for those that say
# the same again, without the numbers behind them.
why()
{
    echo "$2"
    run explain --now "$now" "$1" \
        | sed -n -e '/^As it would be routed/,$d' \
            -e 's/^  \([0-9-]*\)T\([0-9:]*\):00Z  /\1 \2  /p' \
        | awk '$3 != code { print } { code = $3 }' \
        | while IFS= read -r line; do
            printf '%s\n' "$line" | sed 's/   */  /g' | fold -s -w 72 \
                | sed -e '1s/^/  /' -e '2,$s/^/      /'
        done
    echo
}

# why for all tickets that somebody was told of (yes), or nobody (no).
why_all()
{
    awk '!seen[$1]++' "$work/keys" | while read -r key project; do
        if told "$key"; then is=yes; else is=no; fi
        [ $is != "$1" ] || why "$key" "$project"
    done
}

# One message in full: show SINK FILE.
show()
{
    printf -- '-------- to %s: %s\n\n' "$1" "$2"
    body "$work/messages/$1/$2"
    echo
}

field() { sed "s/.*\"$1\": \"\([^\"]*\)\".*/\1/"; }

# For each ticket the first message; and the last where it is the end of it,
# or in the chat. What lies between is edited in place and tells nobody.
messages()
{
    shown=0
    for sink in issues chat; do
        index=$work/messages/$sink/index.jsonl
        [ -f "$index" ] || continue
        for ticket in $(field ticket <"$index" | awk '!seen[$0]++'); do
            shown=$((shown + 1))
            [ $shown -le $SHOW ] || continue
            grep "\"ticket\": \"$ticket\"" "$index" >"$work/one"
            show $sink "$(head -1 "$work/one" | field message)"
            [ "$(wc -l <"$work/one")" -gt 1 ] || continue
            last=$(tail -1 "$work/one")
            case $sink/$(echo "$last" | field delivery) in
            chat/*|*/resolve) show $sink "$(echo "$last" | field message)" ;;
            esac
        done
    done
    if [ $shown -gt $SHOW ]; then
        echo "... and of $((shown - SHOW)) more tickets in $work/messages"
    fi
}

# A message without its front matter, but with its title.
body()
{
    awk 'NR == 1 && $0 == "---" { front = 1; next }
         front && $0 == "---" { front = 0; next }
         front && /^title:/ { title = substr($0, 8)
             if (title ~ /^".*"$/) {
                 title = substr(title, 2, length(title) - 2)
                 gsub(/\\"/, "\"", title)
             }
             print "Title: " title "\n"; next }
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
    for time in "$here"/passes/*; do
        pass "$(basename "$time")"
    done
    title '3. What is open now, and for whom'
    run status --all --now "$now"
    title '4. Who was told nothing, and why'
    why_all no
    title '5. Why the others were told'
    why_all yes
    title '6. The messages, as they would be sent'
    messages
    the_end
}

yaml_text()
{
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"
}

# What all logs of one's own folder have in common: source NAME FOLDER.
own_source()
{
    cat <<YAML
  $1:
    plugin: logs
    path: $(yaml_text "$2")
    owner: local
    pattern: '{project}/**'         # the first folder is the project
    project: $(yaml_text "local/$name")
    default_branch: main
YAML
}

# A configuration for somebody's folder: a project for each folder in it,
# every failure told at once, to one owner.
own_config()
{
    {
        cat <<YAML
version: 1
state: sqlite:tocsin.db
armed: true             # and yet nothing leaves this machine: see sinks
sources:
YAML
        own_source logs "$folder"
        if [ -d "$work/pasted" ]; then
            own_source pasted "$work/pasted"
            echo '    outcome: failure                # they do not say it'
        fi
        cat <<YAML
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
  - {id: all, owner: you, via: [issues]}
fallback: {owner: you, via: [issues]}
operators: {owner: you, via: [issues]}
YAML
    } >"$work/tocsin.yaml"
}

# Reads all logs once. Those that do not say how their job ended, and yet
# show why it failed, are copied to pasted/.
own_read()
{
    "$tocsin" classify --json "$folder" >"$work/classified.jsonl"
    python3 - "$work" "$folder" <<'PYTHON'
import json, os, shutil, sys
work, folder = sys.argv[1:]
LINES = 150
logs = [json.loads(line)
        for line in open(work + "/classified.jsonl", encoding="utf-8")]
red = green = broken = 0
shown = []
for log in logs:
    if log.get("verdict") != "classified" or log["outcome"] != "unknown":
        red += log.get("outcome") == "failure"
        green += log.get("outcome") == "success"
    elif os.path.isfile(log["file"]):
        to = os.path.join(work, "pasted",
                          os.path.relpath(log["file"], folder))
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copyfile(log["file"], to)
        broken += 1
    failures = log.get("failures") or [{}]
    if log.get("verdict") != "green" and failures[0].get("summary"):
        shown.append((os.path.relpath(log["file"], folder),
                      failures[0]["summary"]))
print("%d log%s read: %d red, %d green."
      % (len(logs), "" if len(logs) == 1 else "s", red, green))
if broken:
    print("%d do%s not say how the job ended, but show%s what broke; here\n"
          "such logs are taken for red, in real life they would tell nobody."
          % (broken, "es" if broken == 1 else "",
             "s" if broken == 1 else ""))
rest = len(logs) - red - green - broken
if rest:
    print("%d say%s neither, and show%s nothing that a rule knows."
          % (rest, "s" if rest == 1 else "", "s" if rest == 1 else ""))
plain = lambda s: "".join(c if c.isprintable() else "?" for c in s)
print()
for name, summary in shown[:LINES]:
    print("  %s\n      %s" % (plain(name), plain(summary)))
if len(shown) > LINES:
    print("  and %d more: see `tocsin classify`" % (len(shown) - LINES))
PYTHON
}

demo_own()
{
    if [ ! -d "$folder" ]; then
        [ ! -e "$folder" ] || why="is no folder; tocsin classify tells of one log"
        echo "demo: $folder ${why:-does not exist}" >&2
        exit 2
    fi
    folder=$(cd "$folder" && pwd)
    name=$(basename "$folder" | sed 's/[^A-Za-z0-9._-]/-/g')
    title "Tocsin on $folder"
    say "Every file below it is read as the log of one CI job, packed ones \
too; the first folder is taken for the project, and red or green for what the \
log's end says. Everything red is told at once; a real configuration waits \
until a failure is chronic, knows the owners, and sends what comes out below \
to them."
    echo
    own_read
    own_config
    status=0
    run run >"$work/pass.out" || status=$?
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
