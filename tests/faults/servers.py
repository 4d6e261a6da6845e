"""The processes that are hurt: Latchkey over a database file or over Redis, and Redis with every write on its disk
before it answers. Children on free loopback ports, ended by their process ids."""

import mmap
import os
import resource
import signal
import socket
import struct
import subprocess
import time

EMAIL, USERNAME, PASSWORD = "root@example.com", "root", "Correct-Horse-7-Battery"
START_SECONDS = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Child:
    """A process that can be killed and started again at the same place."""

    def __init__(self, name, folder, port):
        self.name, self.folder, self.port = name, folder, port
        self.process = None
        self.limits = {}  # of the next start: {resource.RLIMIT_FSIZE: bytes}

    def command(self):
        raise NotImplementedError

    def environment(self):
        return None

    def start(self):
        def hold_to_limits():
            for what, value in self.limits.items():
                resource.setrlimit(what, (value, value))

        with open(os.path.join(self.folder, self.name + ".output"), "a") as output:
            self.process = subprocess.Popen(self.command(), stdout=output, stderr=subprocess.STDOUT,
                                            cwd=self.folder, env=self.environment(), preexec_fn=hold_to_limits)
        self.wait_until_ready()

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with status {self.process.returncode}: {self.last_words()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} is not ready after {START_SECONDS} s: {self.last_words()}")
            time.sleep(0.01)

    def last_words(self):
        with open(os.path.join(self.folder, self.name + ".output"), errors="replace") as output:
            return output.read()[-500:]

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if not self.is_running():
            return 0
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            return None


class FaultHooks:
    """What the library fault_hooks (fault_hooks.cpp), loaded into a server, is told to do."""
    FIELDS = ["clock_offset", "sync_delay", "writes_passed", "writes_failed", "syncs_failed", "write_error", "faults_seen"]

    def __init__(self, folder, binary):
        self.path = os.path.join(folder, "fault-hooks")
        self.library = os.path.join(os.path.dirname(binary), "fault_hooks.so")
        with open(self.path, "w+b") as file:
            file.truncate(8 * len(self.FIELDS))
            self.memory = mmap.mmap(file.fileno(), 0)

    def environment(self):
        return {"LD_PRELOAD": self.library, "FAULT_HOOKS": self.path}

    def set(self, **values):
        for name, value in values.items():
            struct.pack_into("q", self.memory, 8 * self.FIELDS.index(name), value)

    def get(self, name):
        return struct.unpack_from("q", self.memory, 8 * self.FIELDS.index(name))[0]

    def clear(self):
        """No fault any more, and none seen yet."""
        self.set(**{name: 0 for name in self.FIELDS})


class Redis(Child):
    def __init__(self, folder):
        super().__init__("redis", folder, free_port())

    def command(self):
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self.folder, "--save", "",
                "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]

    def is_ready(self):
        try:
            return self.ask("PING") == b"PONG"
        except OSError:
            return False

    def ask(self, *words):
        """One command and its answer: bytes, a number, a list, or None. An error of Redis's is an OSError here."""
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        request = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(request)
            return read_reply(connection.makefile("rb"))


def read_reply(stream):
    line = stream.readline()
    if not line:
        raise OSError("redis closed the connection")
    kind, rest = line[:1], line[1:-2]
    if kind == b"-":
        raise OSError(rest.decode())
    if kind == b"+":
        return rest
    if kind == b":":
        return int(rest)
    if int(rest) < 0:
        return None
    if kind == b"*":
        return [read_reply(stream) for _ in range(int(rest))]
    return stream.read(int(rest) + 2)[:-2]


class Latchkey(Child):
    def __init__(self, folder, binary, redis=None):
        super().__init__("latchkey", folder, free_port())
        self.binary, self.redis = binary, redis
        self.hooks = None
        self.audit_log = os.path.join(folder, "audit.log")

    def store(self):
        return f"redis://127.0.0.1:{self.redis.port}/0" if self.redis else "sqlite:" + os.path.join(self.folder, "db")

    def command(self):
        return [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--threads", "2", "--store", self.store(),
                "--audit-log", self.audit_log, "--audit-sync", "always", "--audit-verify", "none",
                "--api-rate-limit", "0", "--guess-limit", "0"]

    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}
        return kept | {"LATCHKEY_FIRST_USER_EMAIL": EMAIL, "LATCHKEY_FIRST_USER_USERNAME": USERNAME,
                       "LATCHKEY_FIRST_USER_PASSWORD": PASSWORD} | (self.hooks.environment() if self.hooks else {})

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: faults\r\nConnection: close\r\n\r\n")
                return connection.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def audit_verdict(self):
        """Nothing when `latchkey audit verify` finds the log whole, else what it says."""
        done = subprocess.run([self.binary, "audit", "verify", self.audit_log], capture_output=True, text=True)
        return None if done.returncode == 0 else done.stdout + done.stderr
