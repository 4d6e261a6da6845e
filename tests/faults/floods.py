#!/usr/bin/env python3
"""Floods one server over SQLite in many ways, one after the other, and says what it held and what that cost those who
only verify.

usage: floods.py [--binary PATH] [--seconds N] [--connections N] [--kind NAME]

For each kind: what was sent, what the server held or refused, its memory at the end, and the 99th percentile of
/verify over a connection of its own during the flood, against the quiet value of the same run.
"""

import argparse
import multiprocessing
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from servers import EMAIL, PASSWORD, USERNAME, Latchkey
from tracked import Caller, Unanswered

HERE = os.path.dirname(os.path.abspath(__file__))
PIPELINED = 2000
CROWD = 1_000_000  # tokens
LISTERS = 6


class Scene:
    def __init__(self, binary, connections):
        self.folder = tempfile.mkdtemp(prefix="latchkey-floods-")
        self.server = Latchkey(self.folder, binary)
        self.server.start()
        self.connections = connections
        caller = Caller(self.server.port)
        self.session = caller.ask("POST", "/api/v2/users/login", None, {"email": EMAIL, "password": PASSWORD})[1]["session_token"]
        self.token = caller.ask("POST", "/api/v2/users/me/keys/tokens", self.session, {})[1]["key"]

    def crowd(self):
        """A million tokens more, of the first user, whose secrets nobody knows."""
        self.server.stop()
        path = os.path.join(self.folder, "crowd.jsonl")
        with open(path, "w") as lines:
            for number in range(CROWD):
                lines.write(f'{{"key":{{"id":"{number:010d}","hash":"{number:064x}","owner":"{USERNAME}",'
                            f'"lifetime":"720h","name":"token-{number}"}}}}\n')
        subprocess.run([self.server.binary, "import", path, "--store", self.server.store()], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.remove(path)
        self.server.start()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.server.port), 10)

    def resident(self):
        with open(f"/proc/{self.server.process.pid}/statm") as memory:
            return int(memory.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def close(self):
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def p99_while(scene, seconds, flood):
    """p99 of /verify in ms, how many were not answered 200, and what the flood returned. It is a process of its own,
    so that the two do not wait for each other's interpreter."""
    said, told = multiprocessing.Pipe(duplex=False)
    flooding = multiprocessing.Process(target=lambda: told.send(flood(scene, time.monotonic() + seconds)))
    flooding.start()
    caller = Caller(scene.server.port)
    times, wrong = [], 0
    while flooding.is_alive():
        began = time.perf_counter()
        try:
            status, _, _ = caller.ask("GET", "/verify", scene.token)
        except Unanswered:
            status = None
        times.append((time.perf_counter() - began) * 1e3)
        wrong += status != 200
        time.sleep(0.002)
    flooding.join()
    times.sort()
    return times[int(0.99 * (len(times) - 1))], wrong, said.recv() if said.poll() else "the flood failed"


def quiet(scene, end):
    time.sleep(max(0, end - time.monotonic()))
    return "nothing"


def slow_heads(scene, end):
    return slow_senders(scene, end, b"GET /verify HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n", "heads, one line a second")


def slow_bodies(scene, end):
    head = b"POST /api/v2/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
    return slow_senders(scene, end, head, b" " * 16, "bodies, 16 bytes a second")


def slow_senders(scene, end, head, piece, what):
    held = [scene.connect() for _ in range(min(500, scene.connections))]
    for one in held:
        one.sendall(head)
    cut = set()
    while time.monotonic() < end:
        time.sleep(1)
        for one in [each for each in held if each not in cut]:
            try:
                one.sendall(piece)
            except OSError:
                cut.add(one)
    for one in held:
        one.close()
    return f"{len(held)} {what}; {len(cut)} cut off"


def slow_readers(scene, end):
    """Ask for much, read nothing."""
    request = f"GET /api/v2/auth/scopes HTTP/1.1\r\nHost: a\r\nCoder-Session-Token: {scene.token}\r\n\r\n".encode() * 200
    held, sent = [scene.connect() for _ in range(min(200, scene.connections))], 0
    for one in held:
        one.setblocking(False)
    while time.monotonic() < end:
        for one in held:
            try:
                sent += one.send(request)
            except OSError:
                pass
        time.sleep(0.05)
    for one in held:
        one.close()
    return f"{len(held)} that read nothing, {sent // 2**10} KiB of requests"


def hoarded_bodies(scene, end):
    """Nearly a whole body each, and then no more. What is refused would otherwise be kept for half a minute."""
    head = b"POST /api/v2/users/login HTTP/1.1\r\nHost: a\r\nContent-Length: 4000001\r\n\r\n"
    held, refused, most = [], 0, 0
    while time.monotonic() < end:
        one = scene.connect()
        try:
            one.settimeout(0.02)
            one.sendall(head + b" " * 4_000_000)
            one.recv(1)
            refused += 1
        except TimeoutError:
            held.append(one)
            continue
        except OSError:
            refused += 1
        finally:
            most = max(most, scene.resident())
        one.close()
    for one in held:
        one.close()
    return f"{len(held)} bodies of 4 MB that were never whole, {refused} refused, {most:.0f} MiB at most"


def idle(scene, end):
    held = []
    try:
        for _ in range(scene.connections):
            held.append(scene.connect())
    except OSError:
        pass
    while time.monotonic() < end:
        time.sleep(0.1)
    memory = scene.resident()
    for one in held:
        one.close()
    return f"{len(held)} idle connections, {memory:.0f} MiB while held"


def churn(scene, end):
    made = 0
    while time.monotonic() < end:
        try:
            with scene.connect() as one:
                one.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                one.recv(64)
            made += 1
        except OSError:
            pass
    return f"{made} connections opened and closed"


def pipelines(scene, end):
    request = f"GET /verify HTTP/1.1\r\nHost: a\r\nCoder-Session-Token: {scene.token}\r\n\r\n".encode() * PIPELINED
    rounds = 0
    with scene.connect() as one:
        sender = None
        while time.monotonic() < end:
            sender = threading.Thread(target=one.sendall, args=(request,))
            sender.start()
            answers = 0
            while answers < PIPELINED:
                answers += one.recv(1 << 20).count(b"HTTP/1.1 200")
            sender.join()
            rounds += 1
    return f"{rounds} pipelines of {PIPELINED}"


def asked_by_many(scene, end, method, path, body_of, token_of=lambda number: None, callers=16):
    statuses = {}
    lock = threading.Lock()

    def ask(first):
        caller, number = Caller(scene.server.port), first
        while time.monotonic() < end:
            number += callers
            try:
                status, _, _ = caller.ask(method, path, token_of(number), body_of(number))
            except Unanswered:
                status = 0
            with lock:
                statuses[status] = statuses.get(status, 0) + 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(callers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return ", ".join(f"{count} answered {status}" for status, count in sorted(statuses.items()))


def logins(scene, end):
    return asked_by_many(scene, end, "POST", "/api/v2/users/login",
                         lambda number: {"email": f"nobody{number}@example.com", "password": "Wrong-Horse-7"})


def guesses(scene, end):
    return asked_by_many(scene, end, "GET", "/verify", lambda number: None,
                         lambda number: f"{number:010d}-{number:022d}", callers=4)


def lists_of_all(scene, end):
    """Callers who ask for everybody's million tokens at once, half of whom read slowly."""
    request = (f"GET /api/v2/users/me/keys/tokens?include_all=true HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
               f"Coder-Session-Token: {scene.session}\r\n\r\n").encode()
    lock, read, whole = threading.Lock(), [0], [0]

    def list_all(pause):
        while time.monotonic() < end:
            with scene.connect() as one:
                one.sendall(request)
                last = b""
                while block := one.recv(1 << 18):
                    last = (last + block)[-8:]
                    with lock:
                        read[0] += len(block)
                    time.sleep(pause)
                    if pause and time.monotonic() > end:
                        break
                with lock:
                    whole[0] += last.endswith(b"0\r\n\r\n")

    callers = [threading.Thread(target=list_all, args=(0.05 * (number % 2),)) for number in range(LISTERS)]
    before = most = scene.resident()
    for one in callers:
        one.start()
    while any(one.is_alive() for one in callers):
        most = max(most, scene.resident())
        time.sleep(0.05)
    return (f"{LISTERS} callers read {read[0] // 2**20} MiB of lists, {whole[0]} of them whole with {CROWD:,} tokens; "
            f"{before:.0f} MiB before, {most:.0f} at most")


KINDS = [("quiet", quiet), ("slow heads", slow_heads), ("slow bodies", slow_bodies),
         ("hoarded bodies", hoarded_bodies), ("slow readers", slow_readers),
         ("idle connections", idle), ("connection churn", churn), ("huge pipelines", pipelines),
         ("login flood", logins), ("guessing flood", guesses),
         ("lists of all", lists_of_all)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(HERE, "../../build/release/bin/latchkey"))
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--connections", type=int, default=9900)
    parser.add_argument("--kind", help="only the floods whose name holds this; quiet comes first in any case")
    asked = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    scene = Scene(os.path.abspath(asked.binary), min(asked.connections, most - 200))
    failed = 0
    try:
        print(f"{'flood':<18}{'p99, ms':>9}{'to quiet':>10}{'not 200':>9}{'MiB after':>11}  what was sent")
        base = None
        for name, flood in KINDS:
            if asked.kind and asked.kind not in name and name != "quiet":
                continue
            if flood is lists_of_all:
                scene.crowd()
            p99, wrong, told = p99_while(scene, asked.seconds, flood)
            base = base or p99
            print(f"{name:<18}{p99:>9.2f}{p99 / base:>10.1f}{wrong:>9}{scene.resident():>11.1f}  {told}", flush=True)
            failed += wrong > 0 or not scene.server.is_running()
    finally:
        scene.close()
    print("every verification was answered" if not failed else f"{failed} floods kept verifications from being answered")
    return 0 if not failed else 1


if __name__ == "__main__":
    sys.exit(main())
