# SPDX-License-Identifier: BSD-3-Clause
"""Where the crash matrix sends to. A place says how its sink is configured,
what stands in it in the end, and who was told what."""
import collections
import json
import os
import re


class Folder:
    """The sink on disk, inside the world's own folder."""

    def __init__(self, root):
        self.root = root
        self.out = os.path.join(root, "out")

    @staticmethod
    def is_built():
        return True

    def sink(self):
        return {"plugin": "file", "dir": self.out}

    def team(self):
        return {"persons": ["corey"]}

    def settings(self):
        return {}

    def at(self, now):
        """The clock of the place."""

    # It lies in the world's folder, and is kept with it.
    def keep(self, name):
        pass

    def put_back(self, name):
        pass

    def close(self):
        pass

    def end(self):
        """{what it is of: how each of it stands}: more than one is a
        duplicate."""
        out = {}
        folder = os.path.join(self.out, "tickets")
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) \
                else ():
            if not name.endswith(".json"):
                continue            # of a write that was cut short
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                state = json.load(f)
            key = state["project"], state["ticket"]
            out[key] = out.get(key, ()) + (
                (state["state"], self.body(state["message"])),)
        return out

    def body(self, name):
        """What people read, without the marker, in which the intent has a
        number of chance."""
        path = os.path.join(self.out, name)
        with open(path, encoding="utf-8") as f:
            text = f.read().split("\n---\n", 1)[1]
        return re.sub("[0-9a-f]{32}:[0-9a-f]{32}", "MARK", text)

    def index(self):
        path = os.path.join(self.out, "index.jsonl")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as f:
            return [json.loads(line) for line in f if line.strip()]

    def told(self):
        """What people were told, edits left out. To open what stood there
        once is to reopen it."""
        return collections.Counter(
            (m["project"], m["ticket"],
             "open" if m["delivery"] == "reopen" else m["delivery"])
            for m in self.index()
            if not m["adopted"] and m["delivery"] != "update")


KINDS = {"file": Folder}
