#!/usr/bin/env python3
"""Tokens verified by POST /api/v2/verify with many in one request: how many a second of the server's CPU time.

usage: batch.py [--batch N] [--tokens N] [--rounds N] [--seconds N] [--connections N] [--binary PATH]
Server and generator have a core each. The figure is by CPU time, and so per core whether or not the generator, to
whom the long answers are work as well, keeps the server's core busy.
"""

import argparse
import shutil
import statistics
import sys
import tempfile

import machine
from load import generate, write_tokens
from processes import LATCHKEY, cpu_seconds, start_latchkey
from tokens import call, make_tokens, sign_in
from verdicts import Goal, print_goals

GOAL = 2_000_000  # tokens a second and core


def check(port, tokens):
    """Good tokens are told from a bad one, each in its place."""
    bad = tokens[0][:-1] + ("7" if tokens[0][-1] != "7" else "8")
    results = call(port, "POST", "/api/v2/verify", {"tokens": [tokens[0], bad, tokens[-1]]})["results"]
    if [result["valid"] for result in results] != [True, False, True]:
        sys.exit(f"bench: a batch was answered {results}")


def measure(server, token_file, options):
    before = cpu_seconds(server.pids)
    seen = generate(server.port, token_file, "--batch", options.batch, "--connections", options.connections,
                    "--seconds", options.seconds)
    used, tokens = cpu_seconds(server.pids) - before, seen["answers"] * options.batch
    return {"per_core": tokens / used, "rate": tokens / seen["seconds"], "server_busy": used / seen["seconds"],
            "p50": seen["p50_ms"], "p99": seen["p99_ms"]}


def run(options, folder, running):
    quiet = machine.Quiet()
    server = start_latchkey(options.binary, "--store", "memory:")
    running.append(server)
    tokens = make_tokens(server.port, sign_in(server.port), options.tokens)
    token_file = write_tokens(folder, "tokens", tokens)
    check(server.port, tokens)
    measure(server, token_file, options)  # warm-up, not counted
    rows = [measure(server, token_file, options) for _ in range(options.rounds)]
    middle = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    print(f"{middle['per_core']:,.0f} tokens for a second of the server's CPU time; {middle['rate']:,.0f} a second, "
          f"its core {middle['server_busy']:.0%} busy; p50 {middle['p50']:.2f} ms, p99 {middle['p99']:.2f} ms")
    goal = Goal("tokens verified a second and core", [row["per_core"] for row in rows], GOAL, at_least=True)
    print_goals([goal], quiet.doubt())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=LATCHKEY)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--tokens", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.7)
    options = parser.parse_args()
    print(f"{machine.description()}; {options.batch:,} tokens a request, {options.tokens:,} tokens, "
          f"{options.connections} connections, {options.rounds} rounds of {options.seconds} s", flush=True)
    folder, running = tempfile.mkdtemp(prefix="latchkey-bench-"), []
    try:
        run(options, folder, running)
    finally:
        for server in running:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
