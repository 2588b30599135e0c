# SPDX-License-Identifier: BSD-3-Clause
"""What the Markdown of Zulip does: whom a text calls, what it links."""
import re

# Which characters may stand before a mention (zerver/lib/mention.py).
BEFORE = r"(?<![^\s\'\"\(\{\[\/<])"
MENTION = re.compile(BEFORE + r"@(?P<silent>_?)\*\*(?P<who>[^\*]+)\*\*")
GROUP = re.compile(BEFORE + r"@(?P<silent>_?)\*(?P<who>[^\*]+)\*(?!\*)")
STREAM = re.compile(r"(?<![^\s\'\"\(\{\[\/<])#\*\*([^\*]+)\*\*")
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<url>[^)\s]+)\)")
BARE = re.compile(r"(?<![\w@(/])(?:https?://|www\.)?[\w-]+(?:\.[\w-]+)*"
                  r"\.(?:com|org|net|io|dev|example|test)\b")
FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})[ ]*(?P<lang>[^\s`~]*)")
WILDCARDS = {"all", "everyone", "stream", "channel", "topic"}
SPECIAL = {"quote", "quoted", "math", "tex", "latex", "spoiler"}


def split_fences(text):
    """[(kind, text)]: "free", "fence", or "special:quote"."""
    out, free, fence, lang, block = [], [], None, "", []

    def end_block():
        out.append(("special:" + lang if lang in SPECIAL else "fence",
                    "\n".join(block)))

    for line in text.split("\n"):
        m = FENCE.match(line)
        if fence is None and m:
            out.append(("free", "\n".join(free)))
            free, block = [], []
            fence, lang = m.group("fence"), m.group("lang")
        elif fence is not None and line.rstrip() == fence:
            end_block()
            fence = None
        elif fence is not None:
            block.append(line)
        else:
            free.append(line)
    if fence is not None:
        end_block()
    out.append(("free", "\n".join(free)))
    return out


def without_code(text):
    """Inline code, as Zulip's BACKTICK_RE takes it, put by."""
    return re.sub(r"(?<!\\)(`+)(.+?)(?<!`)\1(?!`)", "\uffff", text,
                  flags=re.S)


def acts(text):
    """All that does something: {"users", "silent", "wildcards", "groups",
    "streams", "links", "bare", "math", "emoji", "times", "blocks",
    "widget"}."""
    found = {k: [] for k in ("users", "silent", "wildcards", "groups",
                             "streams", "links", "bare", "math", "emoji",
                             "times", "blocks", "widget")}
    m = re.match(r"\s*/(me|poll|todo)\b", text)
    if m:
        found["widget"].append(m.group(1))
    for kind, part in split_fences(text):
        if kind.startswith("special:"):
            found["blocks"].append(kind[8:])
            free = part if kind[8:] in ("quote", "quoted", "spoiler") else ""
        else:
            free = part if kind == "free" else ""
        free = without_code(free)
        for m in MENTION.finditer(free):
            who = m.group("who")
            found["wildcards" if who in WILDCARDS and not m.group("silent")
                  else "silent" if m.group("silent")
                  else "users"].append(who)
        found["groups"] += [m.group("who") for m in GROUP.finditer(free)]
        found["streams"] += STREAM.findall(free)
        found["links"] += [m.group("url") for m in LINK.finditer(free)]
        rest = LINK.sub(" ", free)
        found["bare"] += BARE.findall(rest)
        found["math"] += re.findall(r"\$\$([^\n]+?)\$\$", free)
        found["emoji"] += re.findall(r":([a-z0-9_+-]+):", rest)
        found["times"] += re.findall(r"<time:([^>]*)>", free)
        found["blocks"] += re.findall(r"^>", free, re.M)
    return found
