# SPDX-License-Identifier: BSD-3-Clause
"""One loopback server for all the hosts of a case: HTTP/1.1 and TLS on one
port, told apart by the first byte; a proxy where it is asked to be one.
What it says, and what goes wrong, is the case's (script.py)."""
import socket
import ssl
import struct
import threading
import time

from shake import Shake

HEADER_MAX = 1 << 20


class Gone(Exception):
    """The other end hung up, or we did."""


class Request:
    def __init__(self, method, scheme, host, path, headers, body):
        self.method, self.scheme, self.host = method, scheme, host
        self.path, self.headers, self.body = path, headers, body

    def header(self, name):
        for n, v in self.headers:
            if n.lower() == name.lower():
                return v
        return None

    def __str__(self):
        return "%s %s://%s%s" % (self.method, self.scheme, self.host,
                                 self.path)


class Reader:
    def __init__(self, sock):
        self.sock, self.buffer = sock, b""

    def more(self):
        try:
            piece = self.sock.recv(65536)
        except (OSError, ValueError):
            raise Gone from None
        if not piece:
            raise Gone
        self.buffer += piece

    def until(self, mark):
        while mark not in self.buffer:
            if len(self.buffer) > HEADER_MAX:
                raise Gone
            self.more()
        out, _, self.buffer = self.buffer.partition(mark)
        return out

    def exactly(self, n):
        while len(self.buffer) < n:
            self.more()
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out

    def body(self, headers):
        get = {n.lower(): v for n, v in headers}
        if get.get("transfer-encoding", "").lower() != "chunked":
            return self.exactly(int(get.get("content-length") or 0))
        out = b""
        while True:
            n = int(self.until(b"\r\n").split(b";")[0], 16)
            out += self.exactly(n)
            self.until(b"\r\n")
            if n == 0:
                return out

    def request(self, scheme):
        head = self.until(b"\r\n\r\n").decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = [tuple(x.strip() for x in line.split(":", 1))
                   for line in lines]
        get = {n.lower(): v for n, v in headers}
        host = get.get("host", "")
        if get.get("via", "").startswith("2 "):
            scheme = get.get("x-forwarded-proto", scheme)   # by h2.py
        if method != "CONNECT" and not target.startswith("/"):
            # To a proxy: the whole URL.
            scheme, _, rest = target.partition("://")
            host, slash, path = rest.partition("/")
            target = slash + path or "/"
        return Request(method, scheme, host, target, headers,
                       self.body(headers))


class Server:
    """answer(request, connection) says what happens; connection.send(bytes),
    .reset(), .close(), .hang(), .rest(seconds)."""

    def __init__(self, answer, contexts):
        self.answer, self.contexts = answer, contexts
        self.shake = Shake()
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.open = set()
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.front = next(iter(contexts.values()), None)
        for context in set(contexts.values()):
            context.sni_callback = self.by_name
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def by_name(self, sock, name, _context):
        if name in self.contexts:
            sock.context = self.contexts[name]

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                self.open.add(sock)
            threading.Thread(target=self.serve, args=(sock,),
                             daemon=True).start()

    def serve(self, sock):
        connection = Connection(self, sock)
        try:
            connection.serve()
        except (Gone, OSError, ValueError):
            pass
        finally:
            connection.close()
            with self.lock:
                self.open.discard(sock)

    def stop(self):
        self.stopped.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for sock in self.open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.thread.join()


class Connection:
    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.scheme = "http"
        self.late = 0
        self.lock = threading.Lock()

    def encrypt(self):
        """True when the other end begins with a TLS record."""
        if self.sock.recv(1, socket.MSG_PEEK) != b"\x16":
            return
        context = self.server.front
        if not context:
            raise Gone
        plain = self.sock
        self.sock = context.wrap_socket(plain, server_side=True)
        self.scheme = "https"
        with self.server.lock:
            self.server.open.discard(plain)
            self.server.open.add(self.sock)

    def serve(self):
        self.encrypt()
        reader = Reader(self.sock)
        while not self.server.stopped.is_set():
            request = reader.request(self.scheme)
            if request.method == "CONNECT":
                if self.answer(request) is False:
                    continue
                self.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self.encrypt()
                reader = Reader(self.sock)
                continue
            self.answer(request)

    def answer(self, request):
        before, self.late = self.server.shake.late(request.method,
                                                   request.path)
        if before:
            self.rest(before)
        return self.server.answer(request, self)

    def send(self, data):
        late, self.late = self.late, 0
        if late:
            self.rest(late)
        try:
            self.sock.sendall(data)
        except (OSError, ssl.SSLError):
            raise Gone from None

    def close(self):
        with self.server.lock:
            self.server.open.discard(self.sock)
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self.sock.close()

    def reset(self):
        """The other end sees a connection reset, not an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        with self.server.lock:
            self.server.open.discard(self.sock)
        self.sock.close()
        raise Gone

    def end(self):
        """The stream ends, properly as far as TCP is concerned."""
        self.close()
        raise Gone

    def hang(self):
        """Says nothing until the case is over."""
        self.server.stopped.wait(300)
        raise Gone

    def rest(self, seconds):
        if self.server.stopped.wait(seconds):
            raise Gone


def http_date(t):
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(t))
