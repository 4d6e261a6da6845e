"""Verification over Redis beside the memory store, interleaved in one run: from the cache, and without one.

What Redis uses counts as well where every verification asks it."""

import os
import statistics

from load import GeneratedLoad
from processes import start_latchkey, start_redis
from tokens import make_tokens, sign_in

NOISE_LIMIT = 0.25  # spread of one server's CPU per request over the rounds above which no verdict is given
LEAST_BUSY = 0.85   # in a closed loop one of the two cores is busy, or others were using them
HIT_GOAL = 1.1      # times the memory store's CPU
ASKING_GOAL = 14    # CPU-seconds per million verifications, server and Redis together

MEMORY, CACHED, ASKING = "memory store", "redis, cache", "redis, no cache"


def median(rows, figure):
    return statistics.median(row[figure] for row in rows)


def spread(rows):
    values = [row["cpu_per_million"] + row["behind_per_million"] for row in rows]
    return (max(values) - min(values)) / statistics.median(values)


def both(row):
    return row["cpu_per_million"] + row["behind_per_million"]


def busiest_core(rows):
    """The server has a core for itself, Redis and the generator share the other."""
    return max(median(rows, "server_busy"), median(rows, "behind_busy") + median(rows, "generator_busy"))


def report(results, depth):
    print(f"\n{depth} request{'s' if depth > 1 else ''} in flight per connection, 64 keep-alive connections")
    print(f"{'':<17}{'requests/s':>12}{'CPU-s/million':>15}{'+ Redis':>9}{'= both':>9}{'p50 ms':>9}{'p99 ms':>9}"
          f"{'spread':>9}{'busy':>7}")
    for name, rows in results.items():
        print(f"{name:<17}{median(rows, 'rate'):>12,.0f}{median(rows, 'cpu_per_million'):>15.2f}"
              f"{median(rows, 'behind_per_million'):>9.2f}{statistics.median(map(both, rows)):>9.2f}"
              f"{median(rows, 'p50'):>9.2f}{median(rows, 'p99'):>9.2f}{spread(rows):>9.0%}"
              f"{median(rows, 'server_busy'):>7.0%}")
    hit = statistics.median(cached["cpu_per_million"] / memory["cpu_per_million"]
                            for cached, memory in zip(results[CACHED], results[MEMORY]))
    asking = statistics.median(map(both, results[ASKING]))
    print(f"a cache hit costs {hit:.2f} times the memory store's CPU (goal: at most {HIT_GOAL}; median of ratios, "
          "round by round)")
    print(f"without the cache, server and Redis cost {asking:.1f} CPU-s per million (goal: at most {ASKING_GOAL})")
    if max(map(spread, results.values())) > NOISE_LIMIT or min(map(busiest_core, results.values())) < LEAST_BUSY:
        print("the machine was too noisy for a verdict: the figures of one row differ by more than "
              f"{NOISE_LIMIT:.0%} between rounds, or others were using the cores")


def start_servers(binary, running):
    """Appends to `running` what has been started, so that the caller can stop it whatever happens."""
    running.append(start_latchkey(binary, "--store", "memory:", name=MEMORY))
    running.append(start_redis())
    location = f"redis://127.0.0.1:{running[1].port}"
    running.append(start_latchkey(binary, "--store", location, name=CACHED))
    running.append(start_latchkey(binary, "--store", location, "--cache-lease", "0", name=ASKING))
    return running


def write_tokens(folder, name, tokens):
    path = os.path.join(folder, name)
    with open(path, "w") as out:
        out.write("\n".join(tokens) + "\n")
    return path


def run(options, folder):
    running = []
    try:
        memory, redis, cached, asking = start_servers(options.binary, running)
        files = {}
        for server, others in ((memory, []), (cached, [asking])):
            made = make_tokens(server.port, sign_in(server.port), options.tokens)
            for name in [server.name] + [other.name for other in others]:
                files[name] = write_tokens(folder, server.name.replace(" ", "-"), made)
        for depth in (1, 16):
            loads = {server: GeneratedLoad(files[server.name], depth) for server in (memory, cached, asking)}
            results = {server.name: [] for server in loads}
            for server, load in loads.items():
                load.fill(server, 2 * options.tokens)  # not counted: every token at least once
            for _ in range(options.rounds):
                for server, load in loads.items():
                    row = load.run(server, options.seconds, None if server is memory else redis)
                    results[server.name].append(row)
            report(results, depth)
    finally:
        for server in reversed(running):
            server.stop()
