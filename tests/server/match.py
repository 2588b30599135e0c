# SPDX-License-Identifier: BSD-3-Clause
"""What was expected against what came. "~PATTERN" stands for any text that
the regular expression is found in."""
import difflib
import json
import re

import yaml


def fits(want, have):
    if isinstance(want, str) and want.startswith("~"):
        return isinstance(have, str) and bool(re.search(want[1:], have))
    if isinstance(want, dict):
        return isinstance(have, dict) and all(
            fits(v, have.get(k)) for k, v in want.items())
    if isinstance(want, list):
        return isinstance(have, list) and len(want) == len(have) and all(
            fits(w, h) for w, h in zip(want, have))
    return want == have and isinstance(want, bool) == isinstance(have, bool)


def exactly(want, have):
    """As fits, but a mapping has no more keys than it is wanted to have."""
    if isinstance(want, dict):
        return isinstance(have, dict) and want.keys() == have.keys() and all(
            exactly(v, have[k]) for k, v in want.items())
    if isinstance(want, list):
        return isinstance(have, list) and len(want) == len(have) and all(
            exactly(w, h) for w, h in zip(want, have))
    return fits(want, have)


def cut(row, keys):
    return {k: row.get(k) for k in keys} if isinstance(row, dict) else row


def pair(wanted, rows):
    """Two lists to be compared line by line: rows that fit are shown alike,
    as they came; what nobody wanted is shown whole."""
    left, right, rest = [], [], list(rows)
    for want in wanted:
        found = next((r for r in rest if fits(want, r)), None)
        if found is None:
            left.append(want)
            continue
        rest.remove(found)
        shown = cut(found, want) if isinstance(want, dict) else found
        left.append(shown)
        right.append(shown)
    # What is nearest to a wanted one is shown with its keys only.
    for want in (w for w in left if not any(w is r for r in right)):
        near = max(rest, key=lambda r: nearness(want, r), default=None)
        if near is None or nearness(want, near) <= 0:
            continue
        rest.remove(near)
        right.insert(min(left.index(want), len(right)),
                     cut(near, want) if isinstance(want, dict) else near)
    return left, right + rest


def nearness(want, row):
    if not isinstance(want, dict) or not isinstance(row, dict):
        return difflib.SequenceMatcher(None, str(want), str(row)).ratio()
    return sum(fits(v, row.get(k)) for k, v in want.items())


def shortened(value):
    if isinstance(value, dict):
        return {k: shortened(v) for k, v in value.items()}
    if isinstance(value, list):
        return [shortened(v) for v in value]
    if isinstance(value, str) and len(value) > 2000:
        return value[:2000] + " […]"
    return value


def text(value):
    value = shortened(value)
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True,
                          width=1000, default_flow_style=False)


def diff(what, wanted, rows):
    """"" when they are the same."""
    left, right = pair(wanted, rows)
    if left == right:
        return ""
    lines = difflib.unified_diff(
        text(left).splitlines(), text(right).splitlines(),
        "wanted: " + what, "came: " + what, lineterm="", n=2)
    return "\n".join(lines)


def parse_json(data):
    try:
        return json.loads(data)
    except ValueError:
        return None
