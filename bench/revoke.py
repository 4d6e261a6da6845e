#!/usr/bin/env python3
"""How long a token revoked on one server is still good on another one over the same Redis.

usage: revoke.py [--binary PATH] [--revocations N] [--rate N] [--tokens N] [--seconds N]
One server is verified at a fixed rate in open loop; meanwhile tokens are revoked through the other, and asked
of the first until it refuses. The delay is taken from before the revocation is sent until the first refusal is
read, so that the true one is shorter. At the end every revoked token is asked for once more.
"""

import argparse
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from load import generator_command, outcome_of
from processes import ANY_CORE, LATCHKEY, start_latchkey, start_redis
from tokens import make_tokens, sign_in

GOAL_MS = 5          # 99th percentile
LATENESS_LIMIT = 2   # ms at the 99th percentile: a generator that is later had no core to run on,
IDLE_LIMIT = 2       # and no more had a server that takes longer to say that it is alive
GIVE_UP_SECONDS = 10  # for one revocation


class Caller:
    """A kept connection that asks one thing at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def status(self, method, path, token):
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n"
        self.socket.sendall(head.encode())
        answer = self.socket.recv(65536)
        while b"\r\n\r\n" not in answer or len(answer) < self.size_of(answer):
            more = self.socket.recv(65536)
            if not more:
                sys.exit("bench: a server closed the connection")
            answer += more
        return int(answer[9:12])

    @staticmethod
    def size_of(answer):
        head, _, _ = answer.partition(b"\r\n\r\n")
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        return len(head) + 4 + (int(lengths[0].split(b":")[1]) if lengths else 0)


def revoke(revoker, verified, session, token):
    """In ms: the delays from before the revocation was sent and from its acknowledgement, and what a request that
    asks nothing took just before."""
    if verified.status("GET", "/verify", token) != 200:
        sys.exit("bench: a live token was refused")
    began = time.perf_counter()
    revoker.status("GET", "/healthz", session)
    sent = time.perf_counter()
    if revoker.status("DELETE", f"/api/v2/users/me/keys/{token[:10]}", session) != 204:
        sys.exit("bench: a revocation failed")
    acknowledged = time.perf_counter()
    while (status := verified.status("GET", "/verify", token)) == 200:
        if time.perf_counter() - sent > GIVE_UP_SECONDS:
            sys.exit(f"bench: a revoked token was still good after {GIVE_UP_SECONDS} s")
    seen = time.perf_counter()
    if status != 401:
        sys.exit(f"bench: a revoked token was answered {status}")
    return (seen - sent) * 1e3, (seen - acknowledged) * 1e3, (sent - began) * 1e3


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def row(name, values):
    print(f"{name:<46}{percentile(values, 0.5):>9.2f}{percentile(values, 0.99):>9.2f}{max(values):>9.2f}")


def report(delays, load, rate):
    print(f"{len(delays):,} revocations; delay in ms{'':<18}{'p50':>9}{'p99':>9}{'max':>9}")
    from_sending, from_answer, idle = zip(*delays)
    row("from before it was sent to a refusal read", from_sending)
    row("from its acknowledgement to a refusal read", from_answer)
    row("for comparison: a request that asks nothing", idle)
    print(f"meanwhile {load['rate']:,.0f} verifications/s, p99 {load['p99_ms']:.2f} ms, max {load['max_ms']:.2f} ms; "
          f"sent at most {load['lateness_max_ms']:.2f} ms late (p99 {load['lateness_p99_ms']:.2f} ms)")
    is_late = load["lateness_p99_ms"] > LATENESS_LIMIT or load["rate"] < 0.99 * rate
    if is_late or percentile(idle, 0.99) > IDLE_LIMIT:
        print("the machine was too noisy for a verdict: what asks nothing of Redis was late as well")
        return
    p99 = percentile(from_sending, 0.99)
    print(f"p99 {p99:.2f} ms: the goal of {GOAL_MS} ms is {'met' if p99 <= GOAL_MS else 'MISSED'}")


def measure(options, servers, folder):
    revoker, verified = servers
    session = sign_in(revoker.port)
    tokens = make_tokens(revoker.port, session, options.tokens + options.revocations)
    victims, others = tokens[:options.revocations], tokens[options.revocations:]
    token_file = os.path.join(folder, "tokens")
    with open(token_file, "w") as out:
        out.write("\n".join(others) + "\n")
    command = generator_command([verified.port], [token_file], "--rate", options.rate, "--seconds", options.seconds,
                                core=ANY_CORE)
    load = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        callers = Caller(revoker.port), Caller(verified.port)
        start, delays = time.monotonic() + 0.5, []
        for number, token in enumerate(victims):
            due = start + number * (options.seconds - 1.5) / len(victims)
            time.sleep(max(0, due - time.monotonic()))
            delays.append(revoke(*callers, session, token))
        if load.poll() is not None:
            sys.exit("bench: the load ended before the revocations did; give it more --seconds")
        output, errors = load.communicate()
    finally:
        load.kill()
        load.wait()
    seen = outcome_of(load.returncode, output, errors)
    revived = sum(callers[1].status("GET", "/verify", token) != 401 for token in victims)
    if revived:
        sys.exit(f"bench: {revived} revoked tokens were good again")
    return delays, seen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=LATCHKEY)
    parser.add_argument("--revocations", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--tokens", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=15)
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}; two servers with a thread each, "
          f"one Redis, {options.tokens:,} tokens")
    folder = tempfile.mkdtemp(prefix="latchkey-bench-")
    running = []
    try:
        running.append(start_redis(ANY_CORE))  # five processes: the system places them best
        location = f"redis://127.0.0.1:{running[0].port}"
        for _ in range(2):
            running.append(start_latchkey(options.binary, "--store", location, core=ANY_CORE))
        report(*measure(options, running[1:], folder), options.rate)
    finally:
        for server in reversed(running):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
