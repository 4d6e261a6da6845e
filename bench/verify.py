#!/usr/bin/env python3
"""Verification beside what others do for it, interleaved in one run; ratios, round by round, are what counts.

usage: verify.py [--store memory|redis | --tls] [--quick] [--svg FILE] [--rounds N] [--seconds N] [--tokens N] [--binary PATH]

Measured: the limit (an epoll loop written by hand that does the same check), nginx answering a constant, nginx
and HAProxy with all tokens in a map, nginx with Lua and Redis, Latchkey with its memory store and from its cache
over Redis. Server and generator have a core each; Redis behind nginx shares nginx's, since that is all the others
have, and Redis behind Latchkey, which is hardly asked, the generator's. CPU is that of the server processes, from
the scheduler's accounting. First the closed loops: 64 kept connections, 1 or 16 requests in flight on each. Then
the open loop, at half of the rate that each server reached with 1, and each at half of nginx's as well: at that
one the 99th percentiles are compared, since a lower rate is an easier one. With --store redis: Latchkey alone,
over a Redis of its own, with and without the cache, beside the memory store. With --tls: beside nginx over TLS.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile

import machine
import redis_verification
import tls_verification
import verify_picture
import verify_report
from load import closed_loop, fill, open_loop, write_tokens
from peers import check, check_likeness, start_peers
from processes import GENERATOR_CORE, LATCHKEY, start_latchkey, start_redis
from tokens import make_tokens, sign_in
from verdicts import print_goals
from verify_report import CACHED, NGINX, OURS, LIMIT

DEPTHS = (1, 16)
KEEPS_UP = 0.8  # of a server's closed-loop rate: at more an open loop measures its queue


def start_servers(options, folder, running):
    """The servers in the order in which they are shown, and the token file of each."""
    ours = start_latchkey(options.binary, "--store", "memory:", name=OURS)
    running.append(ours)
    tokens = make_tokens(ours.port, sign_in(ours.port), options.tokens)
    token_file = write_tokens(folder, "tokens", tokens)
    redis = start_redis(GENERATOR_CORE)
    running.append(redis)
    cached = start_latchkey(options.binary, "--store", f"redis://127.0.0.1:{redis.port}", name=CACHED)
    running.append(cached)
    cached.behind = redis
    others = make_tokens(cached.port, sign_in(cached.port), options.tokens)
    files = {CACHED: write_tokens(folder, "cached-tokens", others)}

    servers = [ours, cached] + start_peers(folder, tokens, token_file, running)
    for server in servers:
        check(server, others if server is cached else tokens)
        files.setdefault(server.name, token_file)
        if server.name == LIMIT:
            check_likeness(ours, server, tokens[0])
    return servers, files


def in_turn(servers, number):
    """Another order in each round, so that nobody is always behind the same one."""
    first = number % len(servers)
    return servers[first:] + servers[:first]


def measure_closed(options, servers, files):
    """Rows of all rounds by depth and server."""
    results = {depth: {server.name: [] for server in servers} for depth in DEPTHS}
    for server in servers:
        fill(server, files[server.name], 2 * options.tokens)  # not counted: every token at least once
    for number in range(options.rounds):
        for depth in DEPTHS:
            for server in in_turn(servers, number):
                row = closed_loop(server, files[server.name], depth, options.seconds)
                results[depth][server.name].append(row)
    return results


def measure_open(options, servers, files, closed):
    """Rows of all rounds at half of each server's own rate, and at half of nginx's where a server reaches that."""
    reached = {name: statistics.median(row["rate"] for row in rows) for name, rows in closed[1].items()}
    common = reached[NGINX] / 2 if NGINX in reached else reached[OURS] / 2
    own = {server.name: [] for server in servers}
    shared = {server.name: [] for server in servers if common <= KEEPS_UP * reached[server.name]}
    for number in range(options.rounds):
        for server in in_turn(servers, number):
            token_file = files[server.name]
            if server.name != NGINX:  # whose own half is the common one
                own[server.name].append(open_loop(server, token_file, reached[server.name] / 2, options.seconds))
            if server.name in shared:
                shared[server.name].append(open_loop(server, token_file, common, options.seconds))
    if NGINX in own:
        own[NGINX] = shared[NGINX]
    return own, shared


def run(options, folder):
    running, quiet = [], machine.Quiet()
    try:
        servers, files = start_servers(options, folder, running)
        closed = measure_closed(options, servers, files)
        for depth in DEPTHS:
            verify_report.print_closed(closed[depth], depth)
        own, shared = measure_open(options, servers, files, closed)
        verify_report.print_open(own, shared)
        doubt = quiet.doubt()
        print_goals(verify_report.goals(closed, shared), doubt)
        if options.svg:
            with open(options.svg, "w") as out:
                where = machine.description() + (f"; {doubt}" if doubt else "")
                out.write(verify_picture.draw(closed, where, options.tokens))
            print(f"\n{options.svg} shows the CPU time of each")
    finally:
        for server in reversed(running):
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=("memory", "redis"), default="memory")
    parser.add_argument("--tls", action="store_true", help="over TLS, beside nginx over TLS")
    parser.add_argument("--quick", action="store_true", help="a few seconds, to see that everything works")
    parser.add_argument("--svg", metavar="FILE", help="draw what was seen")
    parser.add_argument("--binary", default=LATCHKEY)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.8)
    parser.add_argument("--tokens", type=int, default=100_000)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.tokens = 1, 0.1, 1000
    if os.cpu_count() < 2:
        sys.exit("bench: two cores are needed, one for the server and one for the generator")

    print(f"{machine.description()}; {options.tokens:,} tokens, {options.rounds} rounds of {options.seconds} s each",
          flush=True)
    folder = tempfile.mkdtemp(prefix="latchkey-bench-")
    os.chmod(folder, 0o755)
    try:
        if options.tls:
            tls_verification.run(options, folder)
        elif options.store == "redis":
            redis_verification.run(options, folder)
        else:
            run(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
