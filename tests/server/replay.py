# SPDX-License-Identifier: BSD-3-Clause
"""Serves recorded exchanges as they are: a folder with index.tsv (body,
method, uri, status, content_type, location) and bodies/. A URI that was
recorded more than once gives its replies in the order of the index, the last
one for good."""
import csv
import json
import os
import re
from urllib.parse import urlsplit


def key_of(method, uri):
    u = urlsplit(uri)
    return (method, u.hostname,
            (u.path or "/") + ("?" + u.query if u.query else ""))


class Replay:
    reply = {"status": 200}

    def __init__(self, folder):
        self.bodies = os.path.join(folder, "bodies")
        self.known = {}
        csv.field_size_limit(1 << 24)
        with open(os.path.join(folder, "index.tsv"), encoding="utf-8",
                  newline="") as f:
            for row in csv.DictReader(f, delimiter="\t",
                                      quoting=csv.QUOTE_NONE):
                self.known.setdefault(
                    key_of(row["method"], row["uri"]), []).append(row)

    def hosts(self):
        return sorted({key[1] for key in self.known})

    def rows_of(self, request):
        """What was asked for without a version is there for every one."""
        without = re.sub(r"[?&]api-version=[^&]*$", "", request.path)
        for path in (request.path, without):
            rows = self.known.get((request.method, request.host, path))
            if rows:
                return rows
        return None

    def has(self, request):
        return self.rows_of(request) is not None

    def headers_of(self, row):
        """Those of the recording that say something about the body."""
        meta = os.path.join(self.bodies,
                            row["body"].split(".")[0] + ".meta.json")
        out = {}
        if os.path.exists(meta):
            with open(meta, encoding="utf-8") as f:
                out = json.load(f).get("headers") or {}
        out = {n: v[0] if isinstance(v, list) else v for n, v in out.items()
               if n.lower() not in ("content-length", "transfer-encoding",
                                    "content-encoding", "connection")}
        if row["content_type"]:
            out.setdefault("Content-Type", row["content_type"])
        if row["location"]:
            out.setdefault("Location", row["location"])
        return out

    def send(self, request, connection):
        rows = self.rows_of(request)
        row = rows.pop(0) if len(rows) > 1 else rows[0]
        path = os.path.join(self.bodies, row["body"])
        data = b""
        if row["body"] and os.path.exists(path):
            with open(path, "rb") as f:
                data = f.read()
        lines = ["HTTP/1.1 %s Recorded" % row["status"]]
        lines += ["%s: %s" % h for h in self.headers_of(row).items()]
        lines.append("Content-Length: %d" % len(data))
        connection.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
                        + data)
