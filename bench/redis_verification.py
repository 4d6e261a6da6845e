"""Verification over Redis beside the memory store, interleaved in one run: from the cache, and without one.

What Redis uses counts as well where every verification asks it."""

import statistics

import machine
from load import closed_loop, fill, write_tokens
from processes import start_latchkey, start_redis
from tokens import make_tokens, sign_in
from verdicts import Goal, print_goals, spread

HIT_GOAL = 1.05     # times the memory store's CPU
ASKING_GOAL = 14    # CPU-seconds per million verifications, server and Redis together

MEMORY, CACHED, ASKING = "memory store", "redis, cache", "redis, no cache"


def median(rows, figure):
    return statistics.median(row[figure] for row in rows)


def report(results, depth):
    print(f"\n{depth} request{'s' if depth > 1 else ''} in flight per connection, 64 keep-alive connections")
    print(f"{'':<17}{'requests/s':>12}{'CPU-s/million':>15}{'+ Redis':>9}{'= both':>9}{'p50 ms':>9}{'p99 ms':>9}"
          f"{'spread':>9}{'busy':>7}")
    for name, rows in results.items():
        print(f"{name:<17}{median(rows, 'rate'):>12,.0f}{median(rows, 'cpu_per_million'):>15.2f}"
              f"{median(rows, 'behind_per_million'):>9.2f}{median(rows, 'both_per_million'):>9.2f}"
              f"{median(rows, 'p50'):>9.2f}{median(rows, 'p99'):>9.2f}"
              f"{spread([row['both_per_million'] for row in rows]):>9.0%}"
              f"{median(rows, 'server_busy'):>7.0%}")


def goals(results, depth):
    flight = f"{depth} in flight"
    hits = [cached["cpu_per_million"] / memory["cpu_per_million"]
            for cached, memory in zip(results[CACHED], results[MEMORY])]
    asking = [row["both_per_million"] for row in results[ASKING]]
    return [Goal(f"{flight}: CPU of a cache hit, as a multiple of the memory store's", hits, HIT_GOAL),
            Goal(f"{flight}: CPU-seconds per million without the cache, server and Redis", asking, ASKING_GOAL)]


def start_servers(binary, running):
    """Appends to `running` what has been started, so that the caller can stop it whatever happens."""
    running.append(start_latchkey(binary, "--store", "memory:", name=MEMORY))
    running.append(start_redis())
    location = f"redis://127.0.0.1:{running[1].port}"
    running.append(start_latchkey(binary, "--store", location, name=CACHED))
    running.append(start_latchkey(binary, "--store", location, "--cache-lease", "0", name=ASKING))
    for server in running[2:]:
        server.behind = running[1]
    return running


def run(options, folder):
    running, quiet = [], machine.Quiet()
    try:
        memory, _, cached, asking = start_servers(options.binary, running)
        files = {}
        for server, others in ((memory, []), (cached, [asking])):
            made = make_tokens(server.port, sign_in(server.port), options.tokens)
            for name in [server.name] + [other.name for other in others]:
                files[name] = write_tokens(folder, server.name.replace(" ", "-"), made)
        made = []
        for depth in (1, 16):
            results = {server.name: [] for server in (memory, cached, asking)}
            for server in (memory, cached, asking):
                fill(server, files[server.name], 2 * options.tokens)  # not counted: every token at least once
            for _ in range(options.rounds):
                for server in (memory, cached, asking):
                    results[server.name].append(closed_loop(server, files[server.name], depth, options.seconds))
            report(results, depth)
            made += goals(results, depth)
        print_goals(made, quiet.doubt())
    finally:
        for server in reversed(running):
            server.stop()
