# SPDX-License-Identifier: BSD-3-Clause
"""HTTP/2 in front of the server: Debian's nghttpx (nghttp2-proxy), on a
socket in the case's folder, so that no port has to be guessed."""
import os
import shutil
import socket
import subprocess
import threading
import time


def find():
    return shutil.which("nghttpx", path=os.environ.get("PATH", "")
                        + ":/usr/sbin:/usr/local/sbin")


def pour(source, sink):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            sink.sendall(data)
    except OSError:
        pass
    for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
        try:
            end.shutdown(how)
        except OSError:
            pass


class Front:
    def __init__(self, folder, certificate, key, backend):
        self.path = os.path.join(folder, "h2.sock")
        self.process = subprocess.Popen(
            [find(), "--conf=/dev/null", "--single-process", "--no-ocsp",
             "--workers=1", "--log-level=ERROR", "--errorlog-file=/dev/null",
             "--add-x-forwarded-for", "--backend-keep-alive-timeout=60",
             "-f", "unix:" + self.path, "-b", "127.0.0.1,%d" % backend,
             key, certificate],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.ends = []
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def connect(self):
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(self.path)
        except OSError:
            sock.close()
            return None
        return sock

    def wait(self):
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            sock = self.connect()
            if sock:
                sock.close()
                return
            time.sleep(0.01)
        raise RuntimeError("nghttpx does not come up")

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            other = self.connect()
            if not other:
                sock.close()
                continue
            self.connections += 1
            self.ends += [sock, other]
            for pair in ((sock, other), (other, sock)):
                threading.Thread(target=pour, args=pair, daemon=True).start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.process.terminate()
        self.process.wait()
        for sock in self.ends:
            sock.close()
        self.thread.join()
