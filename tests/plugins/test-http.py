#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""host->http in a real worker, against a loopback server."""
import http.server
import json
import os
import socketserver
import sys
import threading
import time
import unittest

from driver import events

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "server"))
from shake import Shake  # noqa: E402

SHAKE = Shake()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass                    # who hangs up in the middle means to


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def handle_any(self):
        n = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(n).decode()
        before, late = SHAKE.late(self.command, self.path)
        time.sleep(before)
        seen = self.server.seen
        seen.append((self.command, self.path, dict(self.headers), body))
        answer = self.server.answer(self, sum(
            1 for s in seen if s[1] == self.path))
        if answer is None:
            self.close_connection = True
            return
        time.sleep(late)
        status, headers, data = answer
        data = data.encode() if isinstance(data, str) else data
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = handle_any


class Http(unittest.TestCase):
    def setUp(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.seen = []
        self.base = "http://127.0.0.1:%d" % self.server.server_address[1]
        thread = threading.Thread(target=self.server.serve_forever,
                                  kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)

    def ask(self, answer, script, how="ok", http=None, **more):
        """The replies, in the order of the script."""
        self.server.answer = answer
        for one in script:
            one["url"] = one["url"].replace("BASE", self.base)
        spec = {"http": http or {}, "instances": [dict({
            "kind": "source", "name": "it", "plugin": "fetch",
            "options": {"script": json.dumps(script)}}, **more)]}
        ev, self.err = events(spec)
        end = ev.ended("it")
        self.assertEqual(end["how"], how, end)
        self.events = ev
        out = []
        for i in range(len(script)):
            said = ev.facts("it", "reply_%d" % i)
            self.assertEqual(len(said), 1, (i, said))
            out.append(said[0])
        return out

    def paths(self):
        return [s[1] for s in self.server.seen]

    def test_get(self):
        r, = self.ask(lambda h, n: (200, {"X-A": "b"}, "hello"),
                      [{"url": "BASE/x?y=1", "headers": ["Accept: a/b"]}])
        self.assertEqual((r["error"], r["status"], r["body"]),
                         (0, 200, "hello"))
        self.assertIn("X-A: b", r["headers"])
        method, path, headers, _ = self.server.seen[0]
        self.assertEqual((method, path), ("GET", "/x?y=1"))
        self.assertEqual(headers["Accept"], "a/b")
        self.assertRegex(headers["User-Agent"], r"^tocsin/[0-9.]+ \(")

    def test_post(self):
        r, = self.ask(lambda h, n: (201, {}, "made"),
                      [{"url": "BASE/", "method": "POST", "body": "{}"}])
        self.assertEqual((r["status"], r["body"]), (201, "made"))
        self.assertEqual(self.server.seen[0][3], "{}")

    def test_a_thousand_at_a_time(self):
        script = [{"url": "BASE/%d" % i} for i in range(1000)]
        replies = self.ask(lambda h, n: (200, {}, h.path), script)
        self.assertEqual([r["body"] for r in replies],
                         ["/%d" % i for i in range(1000)])
        self.assertEqual(len(self.server.seen), 1000)

    def test_again_after_trouble(self):
        r, = self.ask(lambda h, n: (503, {"Retry-After": "0"}, "no")
                      if n < 3 else (200, {}, "yes"), [{"url": "BASE/"}])
        self.assertEqual((r["status"], r["body"]), (200, "yes"))
        self.assertEqual(len(self.server.seen), 3)

    def test_what_changes_something_is_sent_once(self):
        r, = self.ask(lambda h, n: (503, {"Retry-After": "0"}, "no"),
                      [{"url": "BASE/", "method": "POST", "body": "x"}])
        self.assertEqual((r["error"], r["status"]), (0, 503))
        self.assertEqual(len(self.server.seen), 1)

    def test_a_connection_that_breaks(self):
        r, = self.ask(lambda h, n: None if n < 2 else (200, {}, "x"),
                      [{"url": "BASE/"}])
        self.assertEqual(r["status"], 200)
        r, = self.ask(lambda h, n: None,
                      [{"url": "BASE/2", "method": "POST"}])
        self.assertEqual((r["error"], r["status"]), (3, 0))

    def test_no_time_to_wait(self):
        r = self.ask(lambda h, n: (429, {"Retry-After": "3600"}, "no"),
                     [{"url": "BASE/a"}, {"url": "BASE/b", "after": 0}])
        self.assertEqual([x["error"] for x in r], [9, 9])
        self.assertEqual(r[0]["retry_after"], 3600)
        self.assertEqual(self.paths(), ["/a"])

    def test_budget(self):
        r = self.ask(lambda h, n: (200, {}, ""),
                     [{"url": "BASE/%d" % i} for i in range(5)],
                     http={"requests": 3})
        self.assertEqual(sorted(x["error"] for x in r), [0, 0, 0, 10, 10])
        self.assertEqual(len(self.server.seen), 3)

    def test_too_large(self):
        r, = self.ask(lambda h, n: (200, {}, "x" * 5000),
                      [{"url": "BASE/", "max_body": 4999}])
        self.assertEqual(r["error"], 7)

    def test_stream_and_stop(self):
        big = "x" * 3000000
        r = self.ask(lambda h, n: (200, {}, big),
                     [{"url": "BASE/a", "stream": True},
                      {"url": "BASE/b", "stream": True, "stop_after": 1},
                      {"url": "BASE/c", "stream": True,
                       "cancel_in_part": True}])
        self.assertEqual([x["error"] for x in r], [0, 11, 1])
        self.assertEqual((r[0]["streamed"], r[0]["length"]), (3000000, 0))
        self.assertLess(r[1]["streamed"], 3000000)

    def test_an_error_page_is_not_streamed(self):
        r, = self.ask(lambda h, n: (404, {}, "<h1>no</h1>"),
                      [{"url": "BASE/", "stream": True}])
        self.assertEqual((r["streamed"], r["body"]), (0, "<h1>no</h1>"))

    def test_redirects(self):
        def answer(h, n):
            if h.path == "/end":
                return 200, {}, "there"
            if h.path == "/loop":
                return 302, {"Location": "/loop"}, ""
            return 302, {"Location": "/end"}, ""
        r = self.ask(answer, [
            {"url": "BASE/a"}, {"url": "BASE/loop"},
            {"url": "BASE/b", "flags": 4},
            {"url": "BASE/c", "method": "POST", "body": "x"}])
        self.assertEqual((r[0]["status"], r[0]["body"]), (200, "there"))
        self.assertEqual(r[0]["url"], self.base + "/end")
        self.assertEqual([x["error"] for x in r], [0, 8, 0, 8])
        self.assertEqual(r[2]["status"], 302)

    def test_conditional(self):
        url = self.base + "/list"

        def answer(h, n):
            if h.headers.get("If-None-Match") == '"v1"':
                return 304, {}, b""
            return 200, {"ETag": '"v1"'}, "all"
        r, = self.ask(answer, [{"url": url, "flags": 2, "keep": True}])
        self.assertEqual(r["status"], 200)
        kept = [v for e in self.events.of("it").kind("batch")
                for v in e["frame"]["validators"]]
        self.assertEqual(kept, [{"url": url, "etag": '"v1"'}])
        r, = self.ask(answer, [{"url": url, "flags": 2}], validators={
            url: {"etag": '"v1"', "used": 0}})
        self.assertEqual((r["error"], r["status"]), (0, 304))

    def test_as_many_validators_as_are_kept(self):
        url = self.base + "/repos/acme/widget/%s?per_page=100&page=1"
        known = {url % ("%060d" % i): {
            "etag": 'W/"%064x"' % i, "used": 1785542400,
            "modified": "Sat, 01 Aug 2026 00:00:00 GMT"}
            for i in range(100000)}
        last = sorted(known)[-1]
        r, = self.ask(lambda h, n: (304, {}, b""),
                      [{"url": last, "flags": 2}], validators=known)
        self.assertEqual(r["status"], 304)
        self.assertEqual(self.server.seen[0][2]["If-None-Match"],
                         'W/"%064x"' % 99999)

    def test_what_cannot_be_sent(self):
        r = self.ask(lambda h, n: (200, {}, ""), [
            {"url": "ftp://example.org/"}, {"url": "BASE/ x"},
            {"url": "http://user:pass@127.0.0.1/"},
            {"url": "BASE/", "headers": ["A: b\r\nC: d"]},
            {"url": "BASE/", "method": "get it"},
            {"url": "http://example.org/", "headers": [
                "Authorization: Bearer x"]}])
        self.assertEqual([x["error"] for x in r], [2] * 6)
        self.assertEqual(self.server.seen, [])

    def test_cancel(self):
        r, = self.ask(lambda h, n: (200, {}, ""),
                      [{"url": "BASE/", "cancel": True}])
        self.assertEqual(r["error"], 1)

    def test_done_with_requests_outstanding(self):
        r, = self.ask(lambda h, n: (200, {}, ""), [{"url": "BASE/"}],
                      how="fatal", options={
                          "leave": "true", "script": json.dumps(
                              [{"url": self.base}])})
        self.assertEqual(r["error"], 1)

    def test_trace_without_secrets(self):
        self.server.answer = lambda h, n: (200, {"Set-Cookie": "c=d"}, "")
        _, err = events({"trace": True, "instances": [{
            "kind": "source", "name": "it", "plugin": "fetch", "options": {
                "script": json.dumps([{"url": self.base + "/x", "headers": [
                    "Authorization: Bearer abcdefgh"]}])}}]})
        self.assertIn("GET %s/x" % self.base, err)
        self.assertIn("Authorization: [", err)
        self.assertNotIn("abcdefgh", err)
        self.assertNotIn("c=d", err)


if __name__ == "__main__":
    unittest.main()
