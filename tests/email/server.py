# SPDX-License-Identifier: BSD-3-Clause
"""aiosmtpd with TLS and authentication, as a process of its own: run by the
Python that Debian's package is for. SPEC (JSON): dir, tls ("starttls",
"implicit", "none"), cert, key, user, password, refuse {address: reply}, slow
(seconds that it takes for each).
Says its port; each mail is a file in dir, envelope beside it."""
import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "server"))
from shake import Shake  # noqa: E402

spec = json.loads(sys.argv[1])
refuse = spec.get("refuse", {})
number = 0
shake = Shake()


def authenticate(_server, _session, _envelope, mechanism, data):
    good = (mechanism in ("LOGIN", "PLAIN")
            and data.login.decode() == spec["user"]
            and data.password.decode() == spec["password"])
    return AuthResult(success=good, handled=False)


class Box:
    async def handle_RCPT(self, server, session, envelope, address, options):
        await asyncio.sleep(sum(shake.late("RCPT", address)))
        if address in refuse:
            return refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global number
        if "data" in refuse:
            return refuse["data"]
        before, late = shake.late("DATA", " ".join(envelope.rcpt_tos))
        await asyncio.sleep(spec.get("slow", 0) + before)
        number += 1
        name = os.path.join(spec["dir"], "%03d" % number)
        with open(name + ".json", "w", encoding="utf-8") as f:
            json.dump({"from": envelope.mail_from,
                       "to": envelope.rcpt_tos,
                       "tls": session.ssl is not None,
                       "hello": session.host_name,
                       "peer": session.peer[1],
                       "auth": bool(getattr(session, "authenticated",
                                            False))}, f)
        with open(name + ".part", "wb") as f:
            f.write(envelope.original_content)
        os.rename(name + ".part", name + ".eml")
        await asyncio.sleep(late)
        return "250 taken"


def context():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(spec["cert"], spec["key"])
    return c


def session():
    tls = spec.get("tls", "starttls")
    more = {}
    if tls == "starttls":
        more = {"tls_context": context(), "require_starttls": True}
    if spec.get("user"):
        more.update(authenticator=authenticate, auth_required=True,
                    auth_require_tls=tls == "starttls")
    return SMTP(Box(), hostname="post.test", data_size_limit=0, **more)


async def main():
    implicit = context() if spec.get("tls") == "implicit" else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=implicit)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)   # until we are closed


asyncio.run(main())
os._exit(0)
