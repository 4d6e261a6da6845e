#!/usr/bin/env python3
"""From starting the program to the first verified request, with a million tokens in its SQLite file and with one.

usage: startup.py [--tokens N] [--starts N] [--binary PATH]
The files are in the page cache, as after a restart of the server, not of the machine.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import machine
from load import generate, write_tokens
from peers import answer_to
from processes import ANY_CORE, LATCHKEY, free_port, start_latchkey
from tokens import make_tokens, sign_in
from verdicts import Goal, print_goals

GOAL = 3   # seconds, with all tokens
GIVE_UP = 120


class Started:
    """What answer_to needs of a server."""

    def __init__(self, port):
        self.port = port


def fill(binary, folder, count):
    """A database with `count` tokens; the last of them is returned. Names that the server makes up may meet among so
    many of one owner: those few creates are refused, and done without."""
    server = start_latchkey(binary, "--store", f"sqlite:{folder}/latchkey.db", core=ANY_CORE)
    try:
        session = sign_in(server.port)
        if count > 1:
            generate(server.port, write_tokens(folder, "session", [session]), "--method", "POST", "--path",
                     "/api/v2/users/me/keys/tokens", "--body", "{}", "--expect", 201, "--depth", 16, "--seconds", 600,
                     "--requests", count - 1, "--tolerate", count // 1000, core=ANY_CORE)
        return make_tokens(server.port, session, 1)[0]
    finally:
        server.stop()


def time_to_first(binary, folder, token):
    """Seconds from exec to a 200."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}
    command = [binary, "serve", "--listen", f"127.0.0.1:{port}", "--store", f"sqlite:{folder}/latchkey.db",
               "--audit-log", f"{folder}/audit.log"]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        while time.monotonic() - start < GIVE_UP and process.poll() is None:
            try:
                if answer_to(Started(port), token)[0] == 200:
                    return time.monotonic() - start
            except OSError:
                pass
            time.sleep(0.002)
        sys.exit(f"bench: no verified request, status {process.poll()}")
    finally:
        process.terminate()
        process.wait(60)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=LATCHKEY)
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--starts", type=int, default=7)
    options = parser.parse_args()
    print(f"{machine.description()}; SQLite store, {options.starts} starts each", flush=True)
    folders, quiet = {}, machine.Quiet()
    try:
        seen = {}
        for count in (1, options.tokens):
            folders[count] = tempfile.mkdtemp(prefix="latchkey-bench-")
            token = fill(options.binary, folders[count], count)
            seen[count] = [time_to_first(options.binary, folders[count], token) for _ in range(options.starts)]
            size = os.path.getsize(f"{folders[count]}/latchkey.db") / 1e6
            print(f"{count:>9,} token{'s' if count > 1 else ''} ({size:,.1f} MB): "
                  f"{statistics.median(seen[count]):.3f} s to the first verified request", flush=True)
        print_goals([Goal(f"start with {options.tokens:,} tokens, first verified request", seen[options.tokens], GOAL,
                          unit=" s")], quiet.doubt())
    finally:
        for folder in folders.values():
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
