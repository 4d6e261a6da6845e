"""The load generators: wrk in closed loop, and the tree's own load_generator, which knows an open loop as well."""

import json
import os
import re
import resource
import subprocess
import sys
import time

from processes import GENERATOR_CORE, cpu_seconds

SCRIPT = """
local requests, next_one = {}, 0
local batch, held = {}, 0
for token in io.lines("%(tokens)s") do
    batch[#batch + 1] = "GET %(path)s HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nAuthorization: Bearer " .. token .. "\\r\\n\\r\\n"
    if #batch == %(depth)d then
        requests[#requests + 1] = table.concat(batch)
        batch = {}
    end
end
request = function()
    next_one = next_one %% #requests + 1
    return requests[next_one]
end
"""


class Load:
    """One kind of load: `run` sends it to a server and measures that server."""

    def __init__(self, folder, tokens, depth, connections=64, path="/verify"):
        self.depth, self.connections = depth, connections
        token_file, self.script = os.path.join(folder, "tokens"), os.path.join(folder, f"depth-{depth}.lua")
        with open(token_file, "w") as out:
            out.write("\n".join(tokens) + "\n")
        with open(self.script, "w") as out:
            out.write(SCRIPT % {"tokens": token_file, "depth": depth, "path": path})

    def run(self, server, seconds):
        pids = server.pids
        before, own_before, start = cpu_seconds(pids), generator_seconds(), time.monotonic()
        wrk = subprocess.run(["taskset", "-c", GENERATOR_CORE, "wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s",
                              "--latency", "-s", self.script, f"http://127.0.0.1:{server.port}/verify"],
                             capture_output=True, text=True, check=True).stdout
        used, took = cpu_seconds(pids) - before, time.monotonic() - start
        own = generator_seconds() - own_before
        if "Non-2xx" in wrk or "Socket errors" in wrk:
            raise SystemExit(f"bench: {server.name} did not answer everything with 200:\n{wrk}")
        requests = int(re.search(r"(\d+) requests in", wrk).group(1))
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", wrk).group(1))
        return {"rate": rate, "cpu_per_million": used / requests * 1e6,
                "server_busy": used / took, "generator_busy": own / took,
                "p50": latency(wrk, "50%"), "p99": latency(wrk, "99%")}


def generator_seconds():
    """CPU time of all generators that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def latency(wrk, percentile):
    """In milliseconds."""
    value, unit = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)", wrk).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def generate(port, token_file, *flags, core=GENERATOR_CORE, binary="build/release/bin/load_generator"):
    """One run of load_generator: what it saw, as bench/load_generator.cpp prints it. Ends the program when an
    answer was not what was expected."""
    run = subprocess.run(generator_command(port, token_file, *flags, core=core, binary=binary),
                         capture_output=True, text=True)
    return outcome_of(run.returncode, run.stdout, run.stderr)


def generator_command(port, token_file, *flags, core=GENERATOR_CORE, binary="build/release/bin/load_generator"):
    return ["taskset", "-c", core, binary, "--port", str(port), "--tokens", token_file, *map(str, flags)]


def outcome_of(status, output, errors):
    if status != 0:
        sys.exit(f"bench: load_generator ended with {status}: {errors}{output}")
    return json.loads(output)


class GeneratedLoad:
    """Closed loop by load_generator; `run` sends it to a server and measures that server, as Load does.
    `behind`: a process whose CPU time is told apart."""

    def __init__(self, token_file, depth, connections=64):
        self.token_file, self.depth, self.connections = token_file, depth, connections

    def fill(self, server, requests):
        """So that caches know what is asked for."""
        generate(server.port, self.token_file, "--depth", 16, "--seconds", 60, "--requests", requests)

    def run(self, server, seconds, behind=None):
        before, start = cpu_seconds(server.pids), time.monotonic()
        behind_before = cpu_seconds(behind.pids) if behind else 0
        seen = generate(server.port, self.token_file, "--depth", self.depth, "--connections", self.connections,
                        "--seconds", seconds)
        used, took = cpu_seconds(server.pids) - before, time.monotonic() - start
        behind_used = cpu_seconds(behind.pids) - behind_before if behind else 0
        return {"rate": seen["rate"], "cpu_per_million": used / seen["answers"] * 1e6,
                "behind_per_million": behind_used / seen["answers"] * 1e6,
                "server_busy": used / took, "behind_busy": behind_used / took,
                "generator_busy": seen["cpu_seconds"] / seen["seconds"], "p50": seen["p50_ms"], "p99": seen["p99_ms"]}
