#!/usr/bin/env python3
"""Two shards beside one: the CPU time that a verification takes, which is what would not stay if they got in each
other's way.

usage: shards.py [--rounds N] [--seconds N] [--tokens N] [--binary PATH]
Servers and generators may use both cores, so that both shards run at the same time as often as the generators let
them. With two cores these are the bottleneck of any rate, so that the CPU time decides: at 16 pipelined, where
shards have as much to do at a time whether there are one or two. With one request in flight, what the generators leave
to two shards comes in smaller parts and from the other core, which costs each request more, and would no less if the
shards shared nothing. So what two shards cost each other is what they take beyond two servers of one shard each, which
do share nothing, under the same load: each generator asks both of them.
"""

import argparse
import shutil
import statistics
import subprocess
import tempfile

import machine
from load import CONNECTIONS, fill, generator_command, outcome_of, write_tokens
from processes import ANY_CORE, LATCHKEY, cpu_seconds, start_latchkey
from tokens import make_tokens, sign_in
from verdicts import Goal, print_goals

GOAL = 1.05  # times one shard's CPU per request


class Contestant:
    """Servers that are asked together, by 64 connections for each of their shards: half of those of each server by one
    generator, half by another."""

    def __init__(self, name, shards, servers, files):
        self.name, self.shards, self.servers, self.files, self.rows = name, shards, servers, files, []

    def measure(self, depth, seconds):
        flags = ["--connections", self.shards * CONNECTIONS // 2, "--depth", depth, "--seconds", seconds]
        command = generator_command([server.port for server in self.servers], self.files, *flags, core=ANY_CORE)
        pids = [pid for server in self.servers for pid in server.pids]
        before = cpu_seconds(pids)
        generators = [subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                      for _ in range(2)]
        told = [generator.communicate() for generator in generators]
        used = cpu_seconds(pids) - before
        seen = [outcome_of(generator.returncode, *texts) for generator, texts in zip(generators, told)]
        self.rows.append({"cpu": used / sum(one["answers"] for one in seen) * 1e6,
                          "rate": sum(one["rate"] for one in seen),
                          "busy": used / max(one["seconds"] for one in seen)})

    def middle(self, figure):
        return statistics.median(row[figure] for row in self.rows)


def start(options, folder, running):
    def server(threads):
        made = start_latchkey(options.binary, "--store", "memory:", threads=threads, core=ANY_CORE)
        running.append(made)
        tokens = make_tokens(made.port, sign_in(made.port), options.tokens)
        file = write_tokens(folder, f"tokens-{made.port}", tokens)
        fill(made, file, options.tokens)
        return made, file

    one, other, both = server(1), server(1), server(2)
    return [Contestant(name, shards, *zip(*of)) for name, shards, of in
            (("1 shard", 1, [one]), ("2 servers of 1 shard", 2, [one, other]), ("2 shards", 2, [both]))]


def run(options, folder, running):
    quiet, goals = machine.Quiet(), []
    contestants = start(options, folder, running)
    for depth in (1, 16):
        for each in contestants:
            each.rows.clear()
        for number in range(options.rounds):
            for each in (contestants if number % 2 == 0 else reversed(contestants)):
                each.measure(depth, options.seconds)
        for each in contestants:
            print(f"{depth:>2} in flight, {each.name + ':':<22}{each.middle('cpu'):.2f} CPU-seconds per million, "
                  f"{each.middle('rate'):,.0f} requests/s, {each.middle('busy'):.0%} of a core")
        one, apart, both = contestants
        for other, words in ((one, "one's"), (apart, "two servers' that share nothing")):
            if depth == 1 and other is one:
                continue  # see above
            goals.append(Goal(f"{depth} in flight: CPU per request of two shards, as a multiple of {words}",
                              [b["cpu"] / a["cpu"] for a, b in zip(other.rows, both.rows)], GOAL))
    print_goals(goals, quiet.doubt())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=LATCHKEY)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.7)
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
