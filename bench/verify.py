#!/usr/bin/env python3
"""Verification beside nginx answering a constant, interleaved in one run; ratios are what counts.

usage: verify.py [--store memory|redis] [--binary PATH] [--rounds N] [--seconds N] [--tokens N]
With --store redis: over a redis-server of its own, with and without the cache, beside the memory store.
Server and generator have a core each; Redis shares the generator's. CPU is the server process's own, from the scheduler's accounting.
"""

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile

import redis_verification
from load import Load
from processes import start_latchkey, start_nginx
from tokens import make_tokens, sign_in

NOISE_LIMIT = 0.25  # spread of one server's CPU per request over the rounds above which no verdict is given
GENERATOR_LIMIT = 0.97  # of a core; beyond it the generator, and not the server, sets the rate


def measure(servers, load, rounds, seconds):
    results = {server.name: [] for server in servers}
    for server in servers:
        load.run(server, 1)  # warm-up, not counted
    for _ in range(rounds):
        for server in servers:
            results[server.name].append(load.run(server, seconds))
    return results


def median(results, name, figure):
    return statistics.median(row[figure] for row in results[name])


def spread(results, name):
    values = [row["cpu_per_million"] for row in results[name]]
    return (max(values) - min(values)) / statistics.median(values)


def milliseconds(results, name, figure):
    """wrk loses count of pipelined requests and then says 0."""
    value = median(results, name, figure)
    return f"{value:.2f}" if value > 0 else "-"


def report(results, servers, depth):
    ours, peer = servers[0].name, servers[1].name
    print(f"\n{depth} request{'s' if depth > 1 else ''} in flight per connection, 64 keep-alive connections")
    print(f"{'server':<20}{'requests/s':>12}{'CPU-s/million':>15}{'p50 ms':>9}{'p99 ms':>9}{'spread':>9}"
          f"{'busy':>7}{'generator':>11}")
    for server in servers:
        name = server.name
        print(f"{name:<20}{median(results, name, 'rate'):>12,.0f}{median(results, name, 'cpu_per_million'):>15.2f}"
              f"{milliseconds(results, name, 'p50'):>9}{milliseconds(results, name, 'p99'):>9}{spread(results, name):>9.0%}"
              f"{median(results, name, 'server_busy'):>7.0%}{median(results, name, 'generator_busy'):>11.0%}")
    pairs = list(zip(results[ours], results[peer]))
    cpu = statistics.median(a["cpu_per_million"] / b["cpu_per_million"] for a, b in pairs)
    rate = statistics.median(a["rate"] / b["rate"] for a, b in pairs)
    print(f"latchkey / nginx: CPU per request {cpu:.2f}, rate {rate:.2f} (medians of ratios, round by round)")
    for server in servers:
        generator, busy = (median(results, server.name, figure) for figure in ("generator_busy", "server_busy"))
        if generator > GENERATOR_LIMIT > busy:
            print(f"the rate of {server.name} is the generator's: its core was busy before the server's was")
    if max(spread(results, ours), spread(results, peer)) > NOISE_LIMIT:
        print("the machine was too noisy for a verdict: the figures of one server differ by more than "
              f"{NOISE_LIMIT:.0%} between rounds")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=("memory", "redis"), default="memory")
    parser.add_argument("--binary", default="build/release/bin/latchkey")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=100_000)
    options = parser.parse_args()
    if os.cpu_count() < 2:
        sys.exit("bench: two cores are needed, one for the server and one for the generator")

    print(f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}; {options.tokens:,} tokens, "
          f"{options.store} store, {options.rounds} rounds of {options.seconds} s each")
    folder = tempfile.mkdtemp(prefix="latchkey-bench-")
    servers = []
    try:
        if options.store == "redis":
            redis_verification.run(options, folder)
            return
        servers.append(start_latchkey(options.binary, "--store", "memory:"))
        servers.append(start_nginx())
        session = sign_in(servers[0].port)
        tokens = make_tokens(servers[0].port, session, options.tokens)
        for depth in (1, 16):
            load = Load(folder, tokens, depth)
            report(measure(servers, load, options.rounds, options.seconds), servers, depth)
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
