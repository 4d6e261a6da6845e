"""Servers under measurement: started on a loopback port, pinned to a core, stopped by their process id."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROGRAMS = os.environ.get("BENCH_PROGRAMS", "build/release/bin")  # where ours are
LATCHKEY = os.path.join(PROGRAMS, "latchkey")
SERVER_CORE = "0"
GENERATOR_CORE = "1"
ANY_CORE = f"0-{os.cpu_count() - 1}"

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a runner that is ended stops its servers


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"bench: the server on port {port} ended at once, status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"bench: nothing listens on port {port} after {seconds} s")


def cpu_seconds(pids):
    """CPU time of all threads of the processes, from the scheduler's own accounting, in seconds."""
    total = 0
    for pid in pids:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat") as accounting:
                total += int(accounting.read().split()[0])
    return total / 1e9


class Server:
    """A child process pinned to a core. `pids` are those whose CPU time counts; `behind` is a server that it asks,
    or nothing."""

    def __init__(self, name, command, port, folder, environment=None, core=SERVER_CORE):
        self.name, self.port, self.folder, self.behind = name, port, folder, None
        self.speaks_tls = False
        self.log = open(os.path.join(folder, "output"), "w")
        self.process = subprocess.Popen(["taskset", "-c", core] + command, stdout=self.log,
                                        stderr=subprocess.STDOUT, env=environment)
        try:
            wait_for_port(port, self.process)
        except BaseException:
            self.stop()
            raise

    @property
    def pids(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True)
        return [self.process.pid] + [int(pid) for pid in children.stdout.split()]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_latchkey(binary, *flags, threads=1, name="latchkey", core=SERVER_CORE, audit_sync="never"):
    folder, port = tempfile.mkdtemp(prefix="latchkey-bench-"), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}
    return Server(name, [binary, "serve", "--listen", f"127.0.0.1:{port}", "--threads", str(threads),
                         "--audit-log", os.path.join(folder, "audit.log"), "--audit-sync", audit_sync,
                         "--api-rate-limit", "0", *flags], port, folder, environment, core)


def start_redis(core=GENERATOR_CORE):
    """A redis-server that keeps everything in memory."""
    folder, port = tempfile.mkdtemp(prefix="latchkey-bench-"), free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--save", "",
               "--appendonly", "no", "--maxmemory-policy", "noeviction"]
    return Server("redis", command, port, folder, core=core)
