#!/usr/bin/env python3
"""Half load for a long time: creates, verifications, revocations, expiries and suspensions, and over Redis a restart
of it every so often.

usage: soak.py [--binary PATH] [--minutes N] [--store sqlite|redis] [--seed N]

Held at the end: memory and descriptors are flat (a line is fitted to the samples of the second half), no request
was refused except while Redis was away, everything that was acknowledged is there, and the audit log verifies with
an entry for each change.
"""

import argparse
import os
import sys
import time

from faults import HERE, Scene

PAUSE = 0.004               # between two requests of a worker: about half of what four of them can ask
SAMPLE_SECONDS = 1.0
RESTART_SECONDS = 60        # between restarts of Redis
RECOVERY_SECONDS = 5        # until every thread of the server has found it again
FLAT_BYTES_A_MINUTE = 1 << 20
INDEX_BYTES_AN_ENTRY = 512  # the index of the audit log lies in memory, so that it can be searched
MORE_DESCRIPTORS = 8        # connections come and go with the restarts


class Samples:
    def __init__(self):
        self.times, self.resident, self.descriptors = [], [], []

    def take(self, server):
        pid = server.process.pid
        with open(f"/proc/{pid}/statm") as memory:
            self.resident.append(int(memory.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        self.descriptors.append(len(os.listdir(f"/proc/{pid}/fd")))
        self.times.append(time.monotonic())

    def slope(self, values):
        """Of the line that fits the second half best, per minute."""
        half = len(values) // 2
        times, values = self.times[half:], values[half:]
        middle = sum(times) / len(times)
        mean = sum(values) / len(values)
        spread = sum((one - middle) ** 2 for one in times)
        return 60 * sum((at - middle) * (value - mean) for at, value in zip(times, values)) / max(spread, 1e-9)


def restart_redis(scene, samples):
    """How many requests were refused meanwhile; they are forgiven."""
    before = scene.load.counts()[1]
    scene.redis.stop()
    time.sleep(0.2)
    scene.redis.start()
    scene.server.wait_until_ready()
    time.sleep(RECOVERY_SECONDS)
    samples.take(scene.server)
    return scene.load.counts()[1] - before


def hold(scene, seconds, samples):
    """Under load: samples and restarts. Returns restarts and the refusals that belong to them."""
    restarts = forgiven = 0
    end = time.monotonic() + seconds
    next_restart = time.monotonic() + min(RESTART_SECONDS, seconds / 3)
    while time.monotonic() < end:
        time.sleep(SAMPLE_SECONDS)
        samples.take(scene.server)
        if scene.redis and time.monotonic() > next_restart and end - time.monotonic() > 2 * RECOVERY_SECONDS:
            forgiven += restart_redis(scene, samples)
            restarts += 1
            next_restart = time.monotonic() + RESTART_SECONDS
    return restarts, forgiven


def soak(scene, minutes):
    samples = Samples()
    told = {}

    def hurt():
        told["restarts"], told["forgiven"] = hold(scene, minutes * 60, samples)

    scene.load.run(hurt, PAUSE)
    wrong = scene.load.check()
    answered, refused, unanswered = scene.load.counts()
    entries = len(scene.load.entries)
    bound = FLAT_BYTES_A_MINUTE + INDEX_BYTES_AN_ENTRY * entries / minutes
    growth, descriptors = samples.slope(samples.resident), samples.slope(samples.descriptors)
    print(f"{'minutes':<34}{minutes:>12g}")
    print(f"{'requests answered':<34}{answered:>12}")
    print(f"{'refused while Redis was away':<34}{told['forgiven']:>12}")
    print(f"{'refused at other times':<34}{refused - told['forgiven']:>12}")
    print(f"{'not answered':<34}{unanswered:>12}")
    print(f"{'restarts of Redis':<34}{told['restarts']:>12}")
    print(f"{'audit entries':<34}{entries:>12}")
    print(f"{'resident at the end, MiB':<34}{samples.resident[-1] / 2**20:>12.1f}")
    print(f"{'its growth, KiB a minute':<34}{growth / 1024:>12.1f}  at most {bound / 1024:.0f}")
    print(f"{'descriptors, least and most':<34}{min(samples.descriptors):>6}{max(samples.descriptors):>6}")

    if growth > bound:
        wrong.append(f"memory grows by {growth / 1024:.0f} KiB a minute")
    if descriptors > MORE_DESCRIPTORS or samples.descriptors[-1] > samples.descriptors[0] + MORE_DESCRIPTORS:
        wrong.append(f"descriptors grow: {samples.descriptors[0]} at first, {samples.descriptors[-1]} at last")
    if refused != told["forgiven"]:
        wrong.append(f"{refused - told['forgiven']} requests were refused without a reason")
    if unanswered:
        wrong.append(f"{unanswered} requests were not answered")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(HERE, "../../build/release/bin/latchkey"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--store", choices=["sqlite", "redis"], default="redis")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    scene = Scene(asked.store, os.path.abspath(asked.binary), asked.seed)
    try:
        wrong = soak(scene, asked.minutes)
    finally:
        scene.close()
    for one in wrong[:20]:
        print(one)
    print("all is well" if not wrong else f"{len(wrong)} wrong")
    return 0 if not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
