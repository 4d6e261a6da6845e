"""Verification over TLS beside nginx answering a constant over TLS, interleaved in one run, both with the same
certificate and under TLS 1.3; and beside Latchkey without TLS, to show what TLS itself costs."""

import os
import statistics
import subprocess

import machine
from load import closed_loop, fill, write_tokens
from peers import start_nginx
from processes import start_latchkey
from tokens import make_tokens, sign_in
from verdicts import Goal, print_goals, spread

GOAL = 0.95  # of nginx's CPU, as without TLS

PLAIN, OURS, NGINX = "Latchkey, plain", "Latchkey, TLS", "nginx, TLS"


def make_certificate(folder):
    certificate, key = (os.path.join(folder, name) for name in ("tls.pem", "tls.key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "1", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


def start_servers(binary, folder, running):
    """Appends to `running` what has been started, so that the caller can stop it whatever happens."""
    certificate, key = make_certificate(folder)
    running.append(start_latchkey(binary, "--store", "memory:", name=PLAIN))
    door = os.path.join(folder, "latchkey.socket")  # where tokens are made, in clear
    running.append(start_latchkey(binary, "--store", "memory:", "--tls-cert", certificate, "--tls-key", key,
                                  "--listen", f"unix:{door}", name=OURS))
    running[-1].door = door
    running.append(start_nginx(NGINX, f"ssl_certificate {certificate}; ssl_certificate_key {key};"
                                      " ssl_protocols TLSv1.3;", "return 200;", listen_flags="ssl"))
    for server in running[1:]:
        server.speaks_tls = True
    return running


def median(rows, figure):
    return statistics.median(row[figure] for row in rows)


def report(results, depth):
    print(f"\n{depth} request{'s' if depth > 1 else ''} in flight per connection, 64 keep-alive connections")
    print(f"{'':<17}{'requests/s':>12}{'CPU-s/million':>15}{'p50 ms':>9}{'p99 ms':>9}{'spread':>9}{'busy':>7}")
    for name, rows in results.items():
        print(f"{name:<17}{median(rows, 'rate'):>12,.0f}{median(rows, 'cpu_per_million'):>15.2f}"
              f"{median(rows, 'p50'):>9.2f}{median(rows, 'p99'):>9.2f}"
              f"{spread([row['cpu_per_million'] for row in rows]):>9.0%}{median(rows, 'server_busy'):>7.0%}")


def run(options, folder):
    running, quiet = [], machine.Quiet()
    try:
        servers = start_servers(options.binary, folder, running)
        files = {}
        for server in servers[:2]:
            door = getattr(server, "door", server.port)
            made = make_tokens(door, sign_in(door), options.tokens)
            files[server.name] = write_tokens(folder, server.name.replace(" ", "-"), made)
        files[NGINX] = files[OURS]
        made = []
        for depth in (1, 16):
            results = {server.name: [] for server in servers}
            for server in servers:
                fill(server, files[server.name], 2 * options.tokens)  # not counted: every token at least once
            for _ in range(options.rounds):
                for server in servers:
                    results[server.name].append(closed_loop(server, files[server.name], depth, options.seconds))
            report(results, depth)
            ratios = [ours["cpu_per_million"] / theirs["cpu_per_million"]
                      for ours, theirs in zip(results[OURS], results[NGINX])]
            made.append(Goal(f"{depth} in flight: CPU over TLS, as a multiple of nginx's over TLS", ratios, GOAL))
        print_goals(made, quiet.doubt())
    finally:
        for server in reversed(running):
            server.stop()
