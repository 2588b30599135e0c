# SPDX-License-Identifier: BSD-3-Clause
"""What the small GitHub finds: the search, which lags, and GraphQL."""
from github_records import Refused, invalid, iso


class Search:
    def indexed(self, i):
        """The issue as the search knows it by now; None: not at all."""
        old = self.time() - self.search_lag
        if self.search_lag and i.created > old:
            return None
        if self.search_lag and i.touched > old and i.before:
            return i.before[1]
        return self.index_entry(i)

    def search(self, request, query, body):
        token = self.who(request)
        q = query.get("q", "")
        if not q or len(q) > 256:
            raise invalid("q", resource="Search")
        wants, words = {}, []
        for term in q.split():
            k, sep, v = term.partition(":")
            wants.setdefault(k, []).append(v) if sep else words.append(term)
        out = []
        for r in self.repos.values():
            for i in r.issues.values():
                e = self.indexed(i)
                if e is None:
                    continue
                a = i.author.lower()
                author = "app/" + a[:-5] if a.endswith("[bot]") else a
                if ("author" in wants and wants["author"][0].lower()
                        not in (author, a)):
                    continue
                owners = wants.get("user", []) + wants.get("org", [])
                if owners and r.owner.lower() not in [o.lower()
                                                      for o in owners]:
                    continue
                if "is" in wants and "issue" in wants["is"] and i.pull:
                    continue
                since = [u[2:] for u in wants.get("updated", [])]
                if since and iso(e["updated"]) < since[0]:
                    continue
                out.append((e["updated"], dict(
                    self.issue_json(i, token), state=e["state"],
                    state_reason=e["reason"], score=1.0)))
        out.sort(key=lambda x: x[0], reverse=query.get("order") != "asc")
        found = [x[1] for x in out]
        return self.page(request, query, found[:1000], lambda part: {
            "total_count": len(found), "incomplete_results": False,
            "items": part})

    def graphql(self, request, query, body):
        token = self.who(request)
        if not token:
            raise Refused(401, "This endpoint requires you to be "
                          "authenticated.")
        text, given = body.get("query", ""), body.get("variables") or {}
        if "nodes(ids:" not in text.replace("nodes (", "nodes("):
            return 200, {}, {"errors": [{"message": "what was asked is not "
                                         "known to this fake"}]}
        ids = given.get("ids") or []
        if len(ids) > 100:
            return 200, {}, {"data": None, "errors": [{
                "type": "ARGUMENT_LIMIT", "message": "You may not provide "
                "more than 100 node ids; you provided %d." % len(ids)}]}
        self.graphql_cost += 1
        known = {i.node: i for r in self.repos.values()
                 for i in r.issues.values()}
        nodes, errors = [], []
        for at, id in enumerate(ids):
            i = known.get(id)
            nodes.append(self.node_json(i) if i else None)
            if not i:
                errors.append({"type": "NOT_FOUND", "path": ["nodes", at],
                               "message": "Could not resolve to a node with "
                               "the global id of '%s'." % id})
        out = {"data": {"nodes": nodes}}
        if errors:
            out["errors"] = errors
        return 200, {}, out

    def node_json(self, i):
        events, talk = [], []
        kinds = {"closed": "ClosedEvent", "reopened": "ReopenedEvent",
                 "converted_to_discussion": "ConvertedToDiscussionEvent"}
        for e in i.events:
            if e["event"] not in kinds:
                continue
            a = self.accounts.get(e["actor"].lower())
            actor = None
            if a:
                bot = a.type == "Bot"
                actor = {"__typename": "Bot" if bot else "User",
                         "login": a.login[:-5] if bot else a.login}
            to = talk if e["event"] == "converted_to_discussion" else events
            to.append({"__typename": kinds[e["event"]],
                       "createdAt": iso(e["at"]), "actor": actor})
        reason = (i.reason or "").upper() or None
        return {"__typename": "Issue", "id": i.node, "number": i.number,
                "state": i.state.upper(), "stateReason": reason,
                "url": "https://github.com/%s/issues/%d" % (i.repo.name,
                                                            i.number),
                "createdAt": iso(i.created),
                "repository": {"nameWithOwner": i.repo.name},
                "labels": {"nodes": [{"name": x} for x in i.labels]},
                "timelineItems": {"nodes": events[-1:]},
                "talk": {"nodes": talk[-1:]},
                "marks": {"nodes": [self.mark_json(e) for e in i.events
                                    if "canonical" in e][-5:]}}

    def mark_json(self, e):
        url = "https://github.com/%s/issues/%d"
        one, other = e["duplicate"], e["canonical"]
        return {"__typename": "MarkedAsDuplicateEvent" if e["event"]
                == "marked_as_duplicate" else "UnmarkedAsDuplicateEvent",
                "duplicate": {"id": one.node},
                "canonical": {"url": url % (other.repo.name, other.number)}}
