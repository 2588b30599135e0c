# SPDX-License-Identifier: BSD-3-Clause
"""A CA of the test's own, made by openssl, and what is wrong with some of its
certificates."""
import base64
import os
import ssl
import subprocess


def openssl(*args, **kw):
    p = subprocess.run(["openssl", *args], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, **kw)
    if p.returncode:
        raise RuntimeError("openssl %s: %s" % (args[0], p.stderr.decode()))
    return p.stdout


class Authority:
    """Keys and the CA are made once; each case gets leaves of its own."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("ca", "stranger"):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=%s of a test" % name,
                    "-keyout", self.path(name + ".key"),
                    "-out", self.path(name + ".pem"))
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-out", self.path("leaf.key"))
        # What a GitHub App signs with.
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
                "rsa_keygen_bits:2048", "-out", self.path("app.key"))
        self.serial = 1

    def path(self, name):
        return os.path.join(self.folder, name)

    def leaf(self, out, kind, hosts):
        """A certificate for hosts, as kind says; the file."""
        names = ["wrong.invalid"] if kind == "wrong-name" else hosts
        issuer = "stranger" if kind == "unknown-ca" else "ca"
        extensions = out + ".ext"
        with open(extensions, "w", encoding="ascii") as f:
            f.write("subjectAltName=%s\n" % ",".join(
                "DNS:" + name for name in names))
        request = openssl("req", "-new", "-key", self.path("leaf.key"),
                          "-subj", "/CN=a server of a test")
        self.serial += 1
        openssl("x509", "-req", "-CA", self.path(issuer + ".pem"),
                "-CAkey", self.path(issuer + ".key"), "-set_serial",
                str(self.serial), "-days",
                "-1" if kind == "expired" else "2", "-extfile", extensions,
                "-out", out, input=request)
        return out

    def contexts(self, folder, hosts):
        """{host: ssl context} for {host: kind}; "" serves who names none."""
        made = {}
        for kind in sorted(set(hosts.values())):
            names = [h for h, k in hosts.items() if k == kind]
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            # Less to do for each connection.
            context.num_tickets = 0
            context.set_alpn_protocols(["http/1.1"])
            context.load_cert_chain(
                self.leaf(os.path.join(folder, kind + ".pem"), kind, names),
                self.path("leaf.key"))
            made[kind] = context
        return {host: made[kind] for host, kind in hosts.items()}

    def jwt_fault(self, token):
        """What is wrong with a JWT that app.key should have signed."""
        def plain(text):
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        head, _, signature = token.rpartition(".")
        mark = self.path("jwt-%d" % id(token))
        with open(mark, "wb") as f:
            f.write(plain(signature))
        try:
            openssl("dgst", "-sha256", "-prverify", self.path("app.key"),
                    "-signature", mark, input=head.encode())
        except RuntimeError:
            return "it is not signed with the app's key"
        finally:
            os.unlink(mark)
        return None
