#!/usr/bin/env python3
"""Hurts Latchkey under a mixed load and checks by program that nothing acknowledged was lost and nothing
unacknowledged is half there.

usage: faults.py [--binary PATH] [--times N] [--store sqlite|redis|both] [--kind NAME] [--seed N]

Each round: creates, deletes, expiries, suspensions and verifications from several connections, a fault at a random
moment, a restart where one is needed, and then a look at everything: each token works fully or not at all, is listed
if and only if it exists, its name is free if and only if it does not; the audit chain verifies and holds an entry for
each change that was acknowledged (--audit-sync always).
"""

import argparse
import itertools
import os
import random
import shutil
import signal
import sys
import tempfile
import time

import hurts
from servers import FaultHooks, Latchkey, Redis
from tracked import Load

HERE = os.path.dirname(os.path.abspath(__file__))
WORKERS = 4
SHOWN = 20  # of what is wrong


class Scene:
    """The servers of one store and their load."""

    def __init__(self, store, binary, seed, has_hooks=False):
        self.folder = tempfile.mkdtemp(prefix="latchkey-faults-")
        self.random = random.Random(seed)
        self.write_numbers = itertools.count()  # the write that fails next, see hurts.fail_writes
        self.redis = None
        if store == "redis":
            self.redis = Redis(self.folder)
            self.redis.start()
        self.server = Latchkey(self.folder, binary, self.redis)
        if has_hooks:
            self.server.hooks = FaultHooks(self.folder, binary)
        self.server.start()
        self.load = Load(self.server, WORKERS, seed)

    def pause(self, longest=0.4):
        time.sleep(self.random.uniform(0.01, longest))

    def close(self):
        self.server.stop()
        if self.redis:
            self.redis.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def play(scene, store, kind, times):
    """One row of the table; what is wrong as a list."""
    before = scene.load.counts()
    wrong = []
    done = 0
    for _ in range(times):
        wrong += kind.play(scene)
        wrong += scene.load.check()
        done += 1
        if wrong:
            break
    answered, refused, unanswered = (now - then for now, then in zip(scene.load.counts(), before))
    print(f"{store:<8}{kind.name:<26}{done:>6}{answered:>10}{refused:>9}{unanswered:>12}  "
          f"{'nothing lost' if not wrong else str(len(wrong)) + ' wrong'}", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(HERE, "../../build/release/bin/latchkey"))
    parser.add_argument("--times", type=int, default=200, help="kills on each store; other faults a twentieth of it")
    parser.add_argument("--store", choices=["sqlite", "redis", "both"], default="both")
    parser.add_argument("--kind", help="only the faults whose name holds this")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    print(f"seed {asked.seed}")
    print(f"{'store':<8}{'fault':<26}{'times':>6}{'answered':>10}{'refused':>9}{'unanswered':>12}  afterwards")
    wrong = []
    for store in ["sqlite", "redis"] if asked.store == "both" else [asked.store]:
        scene = Scene(store, os.path.abspath(asked.binary), asked.seed, has_hooks=True)
        try:
            for kind in hurts.kinds_for(store):
                if asked.kind and asked.kind not in kind.name:
                    continue
                found = play(scene, store, kind, kind.times_of(asked.times))
                wrong += [f"{store}, {kind.name}: {one}" for one in found]
        finally:
            scene.close()
    for one in wrong[:SHOWN]:
        print(one)
    print("nothing lost" if not wrong else f"{len(wrong)} wrong")
    return 0 if not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
