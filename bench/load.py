"""Load by the tree's own load_generator, closed loop and open loop, and what it cost the server."""

import json
import os
import subprocess
import sys

from processes import GENERATOR_CORE, PROGRAMS, cpu_seconds

CONNECTIONS = 64
GENERATOR = os.path.join(PROGRAMS, "load_generator")
GENERATOR_LIMIT = 0.97  # of a core; beyond it the generator, and not the server, sets the rate
LEAST_BUSY = 0.85       # in a closed loop one of the two cores is busy, or others were using them


def generate(port, token_file, *flags, core=GENERATOR_CORE, binary=GENERATOR):
    """One run of load_generator: what it saw, as bench/load_generator.cpp prints it. Ends the program when an
    answer was not what was expected."""
    run = subprocess.run(generator_command([port], [token_file], *flags, core=core, binary=binary),
                         capture_output=True, text=True)
    return outcome_of(run.returncode, run.stdout, run.stderr)


def generator_command(ports, token_files, *flags, core=GENERATOR_CORE, binary=GENERATOR):
    return ["taskset", "-c", core, binary, "--port", *map(str, ports), "--tokens", *token_files, *map(str, flags)]


def outcome_of(status, output, errors):
    if status != 0:
        sys.exit(f"bench: load_generator ended with {status}: {errors}{output}")
    return json.loads(output)


def write_tokens(folder, name, tokens):
    path = os.path.join(folder, name)
    with open(path, "w") as out:
        out.write("\n".join(tokens) + "\n")
    return path


def run_load(server, token_file, *flags, core=GENERATOR_CORE):
    """Sends it to a server and measures that server. The CPU time of what is behind it is told apart."""
    behind = server.behind.pids if server.behind else []
    before, behind_before = cpu_seconds(server.pids), cpu_seconds(behind)
    seen = generate(server.port, token_file, "--connections", CONNECTIONS, *tls_flags(server), *flags, core=core)
    used, behind_used = cpu_seconds(server.pids) - before, cpu_seconds(behind) - behind_before
    million = max(seen["answers"], 1) / 1e6
    return {"rate": seen["rate"], "cpu_per_million": used / million, "behind_per_million": behind_used / million,
            "both_per_million": (used + behind_used) / million, "server_busy": used / seen["seconds"],
            "behind_busy": behind_used / seen["seconds"], "generator_busy": seen["cpu_seconds"] / seen["seconds"],
            "p50": seen["p50_ms"], "p99": seen["p99_ms"], "lateness": seen["lateness_p99_ms"]}


def tls_flags(server):
    return ["--tls"] if server.speaks_tls else []


def closed_loop(server, token_file, depth, seconds):
    return run_load(server, token_file, "--depth", depth, "--seconds", seconds)


def open_loop(server, token_file, rate, seconds):
    return run_load(server, token_file, "--rate", max(int(rate), 1), "--seconds", seconds)


def fill(server, token_file, requests):
    """So that caches know what is asked for."""
    generate(server.port, token_file, "--depth", 16, "--seconds", 60, "--requests", requests, *tls_flags(server))
