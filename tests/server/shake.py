# SPDX-License-Identifier: BSD-3-Clause
"""Requests that arrive late and replies that are late, for a test of what
depends on their order: TOCSIN_SHAKE=SEED or SEED:MS. Together both take 0 to
MS (60) milliseconds, which SEED, the request and how often it was made decide:
the same seed is the same delays."""
import os
import random
import threading
from collections import Counter


class Shake:
    def __init__(self, text=None):
        text = text or os.environ.get("TOCSIN_SHAKE", "")
        self.seed, _, most = text.partition(":")
        self.most = float(most or 60) / 1000
        self.lock, self.made = threading.Lock(), Counter()

    def late(self, method, path):
        """Seconds before a request is looked at and before its reply."""
        if not self.seed:
            return 0, 0
        what = "%s %s" % (method, path)
        with self.lock:
            self.made[what] += 1
            nr = self.made[what]
        rnd = random.Random("%s %s %d" % (self.seed, what, nr))
        both = rnd.uniform(0, self.most)
        before = rnd.uniform(0, both)
        return before, both - before
