#!/usr/bin/env python3
"""Two shards beside one: the CPU time that a verification takes, which is what would not stay if they got in each
other's way.

usage: shards.py [--rounds N] [--seconds N] [--tokens N] [--binary PATH]
Both servers and the generator may use both cores, so that both shards run at the same time as often as the
generator lets them. With two cores it would be the bottleneck of any rate, so that the CPU time decides.
"""

import argparse
import shutil
import statistics
import tempfile

import machine
from load import fill, run_load, write_tokens
from processes import ANY_CORE, LATCHKEY, start_latchkey
from tokens import make_tokens, sign_in
from verdicts import Goal, print_goals

GOAL = 1.05  # times one shard's CPU per request


def start(options, folder, running):
    """The servers with the token file of each."""
    files = {}
    for threads in (1, 2):
        name = f"{threads} shard{'s' if threads > 1 else ''}"
        server = start_latchkey(options.binary, "--store", "memory:", threads=threads, name=name, core=ANY_CORE)
        running.append(server)
        files[server] = write_tokens(folder, f"tokens-{threads}",
                                     make_tokens(server.port, sign_in(server.port), options.tokens))
        fill(server, files[server], options.tokens)
    return files


def run(options, folder, running):
    quiet, goals = machine.Quiet(), []
    files = start(options, folder, running)
    for depth in (1, 16):
        rows = {server: [] for server in files}
        for number in range(options.rounds):
            for server in (list(files) if number % 2 == 0 else reversed(list(files))):
                rows[server].append(run_load(server, files[server], "--depth", depth, "--seconds", options.seconds,
                                             core=ANY_CORE))
        for server, seen in rows.items():
            middle = {figure: statistics.median(row[figure] for row in seen) for figure in seen[0]}
            print(f"{depth:>2} in flight, {server.name}: {middle['cpu_per_million']:.2f} CPU-seconds per million, "
                  f"{middle['rate']:,.0f} requests/s, {middle['server_busy']:.0%} of a core")
        one, two = rows.values()
        goals.append(Goal(f"{depth} in flight: CPU per request of two shards, as a multiple of one's",
                          [b["cpu_per_million"] / a["cpu_per_million"] for a, b in zip(one, two)], GOAL))
    print_goals(goals, quiet.doubt())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=LATCHKEY)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--tokens", type=int, default=100_000)
    options = parser.parse_args()
    print(f"{machine.description()}; {options.tokens:,} tokens, {options.rounds} rounds of {options.seconds} s",
          flush=True)
    folder, running = tempfile.mkdtemp(prefix="latchkey-bench-"), []
    try:
        run(options, folder, running)
    finally:
        for server in running:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
