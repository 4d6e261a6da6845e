#!/usr/bin/env python3
"""Memory that a token takes in a running server beyond its own text, at a million tokens.

usage: memory.py [--tokens N] [--store memory|sqlite] [--binary PATH]
By the process's proportional set size, before and after the tokens are created over HTTP. A token's own text is its
id, its hash and its name.
"""

import argparse
import re
import shutil
import tempfile

import machine
from load import generate, write_tokens
from processes import ANY_CORE, LATCHKEY, start_latchkey
from tokens import call, sign_in
from verdicts import Goal, print_goals

GOAL = 200        # bytes
DIGEST = 32       # bytes
WARM_UP = 20_000  # tokens whose creation makes the server take what it needs besides


def resident_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return int(re.search(r"^Pss:\s+(\d+) kB", lines.read(), re.MULTILINE).group(1)) * 1024


def create(server, session_file, count):
    generate(server.port, session_file, "--method", "POST", "--path", "/api/v2/users/me/keys/tokens", "--body", "{}",
             "--expect", 201, "--depth", 16, "--seconds", 600, "--requests", count, core=ANY_CORE)


def own_text(port, session):
    """Of the tokens, which all have a name of the server's choice and of the same length."""
    keys = call(port, "GET", "/api/v2/users/me/keys/tokens?limit=1", token=session)
    return len(keys[0]["id"]) + DIGEST + len(keys[0]["token_name"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=LATCHKEY)
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--store", choices=("memory", "sqlite"), default="memory")
    options = parser.parse_args()
    print(f"{machine.description()}; {options.store} store, {options.tokens:,} tokens", flush=True)
    folder = tempfile.mkdtemp(prefix="latchkey-bench-")
    store = "memory:" if options.store == "memory" else f"sqlite:{folder}/latchkey.db"
    server = None
    try:
        server = start_latchkey(options.binary, "--store", store, core=ANY_CORE)
        session = sign_in(server.port)
        session_file = write_tokens(folder, "session", [session])
        create(server, session_file, WARM_UP)
        before = resident_bytes(server.process.pid)
        create(server, session_file, options.tokens - WARM_UP)
        each = (resident_bytes(server.process.pid) - before) / (options.tokens - WARM_UP)
        text = own_text(server.port, session)
        print(f"{each:.0f} bytes a token, of which {text} are its id, hash and name")
        print_goals([Goal("bytes a token takes beyond its text", [each - text], GOAL, fewest=1)])
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
