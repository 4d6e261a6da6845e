"""Starts `latchkey serve` on a unix socket and speaks HTTP to it."""

import http.client
import os
import socket
import subprocess
import tempfile
import time

OWNER = {"email": "root@example.com", "username": "root", "password": "CanaryPassword!731"}
DEADLINE = 120  # seconds, for what takes a fraction of one


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(self.path)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def media(self):
        return self.headers.get("content-type", "").split(";")[0]


class RedisServer:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="latchkey-redis-")
        self.socket = os.path.join(self.folder.name, "r")
        self.url = f"unix:{self.socket}"
        self.child = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", self.folder.name],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        end = time.monotonic() + DEADLINE
        while not os.path.exists(self.socket):
            if time.monotonic() > end or self.child.poll() is not None:
                raise RuntimeError("redis-server does not start")
            time.sleep(0.02)
        return self

    def stop(self):
        self.child.kill()
        self.child.wait(DEADLINE)

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.stop()
        self.folder.cleanup()


class RunningServer:
    """With its first user, whose password is known, unless told otherwise. To be used in a `with`."""

    def __init__(self, program, flags=(), store="memory:", has_user=True):
        self.folder = tempfile.TemporaryDirectory(prefix="latchkey-api-")
        self.socket = os.path.join(self.folder.name, "s")
        self.log = open(os.path.join(self.folder.name, "log"), "w+b")
        names = {f"LATCHKEY_FIRST_USER_{name.upper()}": value for name, value in OWNER.items()}
        self.child = subprocess.Popen(
            [program, "serve", "--listen", f"unix:{self.socket}", "--store", store, "--threads", "1",
             "--audit-log", os.path.join(self.folder.name, "audit.log"), *flags],
            env={**os.environ, **(names if has_user else {})}, stdout=self.log, stderr=self.log)

    def __enter__(self):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end and self.child.poll() is None:
            try:
                if self.ask("GET", "/healthz").status == 200:
                    return self
            except OSError:
                time.sleep(0.02)
        self.__exit__()
        raise RuntimeError("the server does not start")

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.terminate()
            self.child.wait(DEADLINE)
        self.log.close()
        self.folder.cleanup()

    def ask(self, method, target, headers=None, body=None):
        """`headers`: pairs, so that a name may come twice."""
        connection = UnixConnection(self.socket)
        try:
            try:
                connection.putrequest(method, target, skip_accept_encoding=True)
                for name, value in headers or []:
                    connection.putheader(name, value)
                if body is not None:
                    connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body)
            except BrokenPipeError:
                pass  # answered before all of it was taken in
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()
