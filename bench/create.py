#!/usr/bin/env python3
"""Tokens created over HTTP: how many a second, and how long each takes.

usage: create.py [--store sqlite|redis] [--connections N] [--audit-sync never] [--rounds N] [--seconds N]
                 [--binary PATH]
Keep-alive connections, one create in flight on each: 64, or 128 with --store redis, where a create is on its way
longer and what counts is the rate. The server runs as it does by itself: with a thread for each core, on any of them,
and the generator's is one of them. With --store redis, the other is Redis's, and redis-benchmark, on the generator's,
runs the same create step (the script with the arguments of a real create, other ids and names each time) with 16 in
flight, round by round in the same run.
"""

import argparse
import csv
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import machine
from load import generate
from processes import ANY_CORE, GENERATOR_CORE, LATCHKEY, SERVER_CORE, cpu_seconds, start_latchkey, start_redis
from tokens import make_tokens, sign_in
from verdicts import Goal, print_goals

CONNECTIONS = {"sqlite": 64, "redis": 128}
RATE_GOAL, P99_GOAL = 30_000, 10  # of the embedded store: creates a second, ms
RATIO_GOAL = 0.9                  # of what Redis can do with the same step
SATURATED = 0.95     # of a core
RANDOM = "__rand_int__"
ROUND = "__round__"  # redis-benchmark may draw the same numbers in two runs
KEYS_OF_A_KEY = 3    # Redis keys that a create leaves for itself


class RedisCalls:
    """A connection to Redis for the few things that are asked of it besides the load."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.answers = self.socket.makefile("rb")

    def ask(self, *words):
        self.socket.sendall(f"{' '.join(words)}\r\n".encode())
        return self.line()

    def line(self):
        return self.answers.readline().decode().rstrip()


def create_step(port, session, redis):
    """The words of the command that stores a key, as redis-benchmark repeats it."""
    monitor = RedisCalls(redis.port)
    monitor.ask("MONITOR")
    token = make_tokens(port, session, 1)[0]
    while not ('"EVALSHA"' in (line := monitor.line()) and f":gone:{token[:10]}" in line):
        pass
    words = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    name = next(word for word in words if ":name:" in word).rsplit(":", 1)[1]
    fresh = ROUND + RANDOM
    return [word.replace(token[:10], token[:3] + fresh).replace(name, "n" + fresh) for word in words]


def run_redis_benchmark(redis, step, requests, number):
    """Creates a second, by redis-benchmark on the core of the generator."""
    calls = RedisCalls(redis.port)
    before = int(calls.ask("DBSIZE")[1:])
    words = [word.replace(ROUND, f"{number}-") for word in step]
    command = ["taskset", "-c", GENERATOR_CORE, "redis-benchmark", "-p", str(redis.port), "-c", "16", "-n",
               str(requests), "-r", "2000000000", "--csv", *words]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    made = int(calls.ask("DBSIZE")[1:]) - before
    if made < 0.99 * KEYS_OF_A_KEY * requests:
        sys.exit(f"bench: redis-benchmark stored {made} Redis keys by {requests} creates: not the same step")
    return float(list(csv.reader(output.splitlines()))[-1][1])


def measure(server, token_file, connections, seconds, behind):
    """A round over HTTP; `behind`: Redis, or nothing."""
    before, start = cpu_seconds(behind.pids) if behind else 0, time.monotonic()
    own = cpu_seconds(server.pids)
    seen = generate(server.port, token_file, "--connections", connections, "--seconds", seconds, "--method", "POST",
                    "--path", "/api/v2/users/me/keys/tokens", "--body", "{}", "--expect", 201,
                    "--tolerate", 100)  # names that the server makes up may meet, and then one create is refused
    took = time.monotonic() - start
    seen["server_busy"] = (cpu_seconds(server.pids) - own) / took
    seen["redis_busy"] = (cpu_seconds(behind.pids) - before) / took if behind else 0
    return seen


def report(rounds, peers, quiet):
    middle = {name: statistics.median(row[name] for row in rounds)
              for name in ("rate", "p50_ms", "p99_ms", "server_busy", "redis_busy")}
    print(f"{middle['rate']:,.0f} creates/s over HTTP, p50 {middle['p50_ms']:.2f} ms, p99 {middle['p99_ms']:.2f} ms; "
          f"server busy {middle['server_busy']:.0%} of a core")
    if not peers:
        print_goals([Goal("creates a second", [row["rate"] for row in rounds], RATE_GOAL, at_least=True),
                     Goal("p99", [row["p99_ms"] for row in rounds], P99_GOAL, unit=" ms")], quiet.doubt())
        return
    print(f"{statistics.median(peers):,.0f} creates/s by redis-benchmark, 16 in flight; "
          f"Redis busy {middle['redis_busy']:.0%} of its core while Latchkey created")
    # A Redis that has no more to give will do as well: then the other goal is not asked for.
    ratios = [row["rate"] / peer for row, peer in zip(rounds, peers)]
    busy = Goal("Redis busy, as a part of a core", [row["redis_busy"] for row in rounds], SATURATED, at_least=True)
    rate = Goal("creates a second, as a multiple of redis-benchmark's in the same round", ratios, RATIO_GOAL,
                at_least=True)
    print_goals([busy if busy.verdict == "met" else rate])


def run(options, folder, running):
    quiet = machine.Quiet()
    redis = None
    if options.store == "redis":
        redis = start_redis(SERVER_CORE)
        running.append(redis)
    store = f"redis://127.0.0.1:{redis.port}" if redis else f"sqlite:{folder}/latchkey.db"
    server = start_latchkey(options.binary, "--store", store, threads=os.cpu_count(),
                            audit_sync=options.audit_sync, core=ANY_CORE)
    running.append(server)
    session = sign_in(server.port)
    token_file = os.path.join(folder, "session")
    with open(token_file, "w") as out:
        out.write(session + "\n")
    step = create_step(server.port, session, redis) if redis else []
    warm = measure(server, token_file, options.connections, 1, redis)
    rounds, peers = [], []
    for number in range(options.rounds):
        rounds.append(measure(server, token_file, options.connections, options.seconds, redis))
        if redis:
            peers.append(run_redis_benchmark(redis, step, int(warm["rate"] * options.seconds), number))
    report(rounds, peers, quiet)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=("sqlite", "redis"), default="sqlite")
    parser.add_argument("--connections", type=int)
    parser.add_argument("--audit-sync", choices=("always", "interval", "never"), default="always")
    parser.add_argument("--binary", default=LATCHKEY)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1)
    options = parser.parse_args()
    options.connections = options.connections or CONNECTIONS[options.store]
    print(f"{machine.description()}; {options.store} store, {options.connections} connections, "
          f"--audit-sync {options.audit_sync}, {options.rounds} rounds of {options.seconds} s each")
    folder, running = tempfile.mkdtemp(prefix="latchkey-bench-"), []
    try:
        run(options, folder, running)
    finally:
        for server in reversed(running):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
