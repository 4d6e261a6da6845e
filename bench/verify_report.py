"""What bench/verify.py has seen, as tables and goals."""

import statistics

from load import GENERATOR_LIMIT, LEAST_BUSY
from verdicts import Goal, spread

OURS, CACHED, LIMIT, NGINX = "latchkey", "latchkey, Redis", "the limit", "nginx return 200"
LATE = 1.0  # ms at the 99th percentile: a generator that is later had no core to run on


def median(rows, figure):
    return statistics.median(row[figure] for row in rows)


def ratios(rows, peers, figure):
    return [mine[figure] / theirs[figure] for mine, theirs in zip(rows, peers)]


def against(results, name, peer):
    """CPU of both server and what is behind it, as a multiple of a peer's."""
    if peer not in results:
        return "-"
    return f"{statistics.median(ratios(results[name], results[peer], 'both_per_million')):.2f}"


def print_closed(results, depth):
    print(f"\nClosed loop, {depth} request{'s' if depth > 1 else ''} in flight on each of 64 kept connections")
    print(f"{'server':<18}{'requests/s':>11}{'CPU-s/million':>15}{'+ Redis':>9}{'x nginx':>9}{'x limit':>9}"
          f"{'p50 ms':>8}{'p99 ms':>8}{'spread':>8}{'busy':>6}{'generator':>11}")
    for name, rows in results.items():
        behind = median(rows, "behind_per_million")
        print(f"{name:<18}{median(rows, 'rate'):>11,.0f}{median(rows, 'cpu_per_million'):>15.2f}"
              f"{f'{behind:.2f}' if behind else '-':>9}{against(results, name, NGINX):>9}"
              f"{against(results, name, LIMIT):>9}{median(rows, 'p50'):>8.2f}{median(rows, 'p99'):>8.2f}"
              f"{spread([row['both_per_million'] for row in rows]):>8.0%}"
              f"{median(rows, 'server_busy') + on_the_same_core(rows, name):>6.0%}"
              f"{median(rows, 'generator_busy'):>11.0%}", flush=True)
    limited = [name for name, rows in results.items() if is_generators(rows)]
    if limited:
        print(f"the rate is the generator's, whose core was busy before the server's: {', '.join(limited)}")
    idle = [name for name, rows in results.items() if is_starved(rows, name)]
    if idle:
        print(f"neither core was busy, so others were using them, and the rate says little: {', '.join(idle)}")


def on_the_same_core(rows, name):
    """What Redis behind nginx takes of the server's core."""
    return 0 if name == CACHED else median(rows, "behind_busy")


def is_generators(rows):
    return median(rows, "generator_busy") > GENERATOR_LIMIT > median(rows, "server_busy")


def is_starved(rows, name):
    server = median(rows, "server_busy") + on_the_same_core(rows, name)
    return max(server, median(rows, "generator_busy")) < LEAST_BUSY


def print_open(own, shared):
    print("\nOpen loop: half of the server's own closed-loop rate, and half of nginx's; "
          "latencies from when a request was due")
    print(f"{'server':<18}{'own half/s':>11}{'p50 ms':>8}{'p99 ms':>8}{'half nginx/s':>14}{'p50 ms':>8}{'p99 ms':>8}"
          f"{'generator late, p99':>21}")
    for name, rows in own.items():
        line = f"{name:<18}{median(rows, 'rate'):>11,.0f}{median(rows, 'p50'):>8.2f}{median(rows, 'p99'):>8.2f}"
        late = [row["lateness"] for row in rows]
        if name in shared:
            same = shared[name]
            line += f"{median(same, 'rate'):>14,.0f}{median(same, 'p50'):>8.2f}{median(same, 'p99'):>8.2f}"
            late += [row["lateness"] for row in same]
        else:
            line += f"{'too fast for it':>30}"
        print(f"{line}{statistics.median(late):>18.2f} ms", flush=True)


def rate_goal(results, peer, least):
    """By the rate, if the server set it; else by the CPU time of a request, which is what bounds the rate."""
    rows, theirs = results[OURS], results[peer]
    rates, costs = ratios(rows, theirs, "rate"), ratios(theirs, rows, "cpu_per_million")
    what = f"16 in flight: rate, as a multiple of that of {peer}"
    if is_generators(rows) or any(is_starved(results[name], name) for name in (OURS, peer)):
        why = "the generator" if is_generators(rows) else "others on the machine"
        seen = statistics.median(rates)
        return Goal(f"{what}; {why} bounded the rate ({seen:.2f}), so judged by the inverse of CPU per request",
                    costs, least, at_least=True)
    return Goal(f"{what} (inverse of CPU per request: {statistics.median(costs):.2f})", rates, least, at_least=True)


def latency_goal(shared):
    rows, theirs = shared[OURS], shared[NGINX]
    late = max(median(rows, "lateness"), median(theirs, "lateness"))
    doubt = f"too noisy, the generator itself was {late:.1f} ms late" if late > LATE else None
    return Goal("half of nginx's rate, open loop: p99, as a multiple of nginx's at that rate",
                ratios(rows, theirs, "p99"), 1, doubt=doubt)


def goals(closed, shared):
    one, many = closed[1], closed[16]
    what, made = "CPU per request, as a multiple of that of", []
    if NGINX in one:
        made.append(Goal(f"1 in flight: {what} {NGINX}", ratios(one[OURS], one[NGINX], "cpu_per_million"), 0.95))
    made.append(Goal(f"1 in flight: {what} {LIMIT}", ratios(one[OURS], one[LIMIT], "cpu_per_million"), 1.1))
    if NGINX in one:
        made.append(rate_goal(many, NGINX, 9))
    made.append(rate_goal(many, LIMIT, 0.9))
    for depth, results in closed.items():
        made.append(Goal(f"{depth} in flight: {what} the memory store, from the cache over Redis",
                         ratios(results[CACHED], results[OURS], "cpu_per_million"), 1.05))
    if OURS in shared and NGINX in shared:
        made.append(latency_goal(shared))
    return made
