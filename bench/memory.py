#!/usr/bin/env python3
"""Memory that a token takes in a running server beyond its own text, at a million tokens.

usage: memory.py [--tokens N] [--binary PATH]
By the process's proportional set size once it serves: one server with all tokens in its SQLite file, of which reads
come from memory, less one with a single token. Both with an audit log of their own that has yet to be written, since
its index is not what the tokens take. A token's own text is its id, its hash and its name.
"""

import argparse
import re
import shutil
import statistics
import tempfile

import machine
from peers import check
from processes import ANY_CORE, LATCHKEY, start_latchkey
from startup import fill
from tokens import call
from verdicts import Goal, print_goals

GOAL = 200   # bytes
DIGEST = 32  # bytes


def resident_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return int(re.search(r"^Pss:\s+(\d+) kB", lines.read(), re.MULTILINE).group(1)) * 1024


def measure(binary, count):
    """Bytes of a server that serves that many tokens, and of the text of one of them, which is the mean of some."""
    folder = tempfile.mkdtemp(prefix="latchkey-bench-")
    server = None
    try:
        token = fill(binary, folder, count)
        server = start_latchkey(binary, "--store", f"sqlite:{folder}/latchkey.db", core=ANY_CORE)
        check(server, [token])
        seen = resident_bytes(server.process.pid)
        some = call(server.port, "GET", "/api/v2/users/me/keys/tokens?limit=200", token=token)
        text = statistics.mean(len(key["id"]) + DIGEST + len(key["token_name"]) for key in some)
        return seen, text
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=LATCHKEY)
    parser.add_argument("--tokens", type=int, default=1_000_000)
    options = parser.parse_args()
    print(f"{machine.description()}; {options.tokens:,} tokens", flush=True)
    empty, _ = measure(options.binary, 1)
    full, text = measure(options.binary, options.tokens)
    each = (full - empty) / (options.tokens - 1)
    print(f"{empty / 1e6:.1f} MB with one token, {full / 1e6:.1f} MB with all: {each:.0f} bytes a token, of which {text:.0f} "
          "are its id, hash and name")
    print_goals([Goal("bytes a token takes beyond its text", [each - text], GOAL, fewest=1)])


if __name__ == "__main__":
    main()
