"""The kinds of faults: what each does to the servers of a scene while they are under load. Each returns, in a list,
what was wrong while it lasted; what is wrong afterwards is for the caller to look at."""

import errno
import os
import resource
import signal
import socket
import threading
import time

from tracked import Caller

FEW_DESCRIPTORS = 64
STEP_SECONDS = 1800          # of the wall clock
SHORT_SECONDS = 2            # a lifetime that ends while the clock is set back
SYNC_SECONDS = 0.3           # of one slow sync
MOST_BODIES = 200            # of one size
ANSWERS_MEANWHILE = 100      # that a caller must get while syncs are slow; without them it gets thousands


class Kind:
    def __init__(self, name, play, share):
        self.name, self.play, self.share = name, play, share

    def times_of(self, times):
        return max(1, round(times * self.share))


def kinds_for(store):
    of_machine = [Kind("a write fails", fail_writes, 0.5), Kind("a sync fails", fail_syncs, 0.1),
                  Kind("slow syncs", slow_syncs, 0.05), Kind("no descriptors", exhaust_descriptors, 0.025),
                  Kind("no memory", exhaust_memory, 0.1), Kind("clock steps", step_clock, 0.05)]
    if store == "sqlite":
        return [Kind("kill -9", kill, 1), Kind("no space for files", fill_disk, 0.05)] + of_machine
    return [Kind("kill -9", kill, 0.5), Kind("kill -9 of Redis", kill_redis, 0.25),
            Kind("kill -9 of both", kill_both, 0.25), Kind("Redis stands still", stop_redis, 0.025),
            Kind("wrong types in Redis", plant_wrong_types, 0.05)] + of_machine


def wait_for(is_so, seconds=10):
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_so()


def go_on(scene, what):
    """After a fault that is over: in half of the cases the same process must recover, in the others it is ended."""
    if not scene.server.is_running():
        scene.server.start()
        return ["the server ended when " + what]
    if scene.random.random() < 0.5:
        scene.server.wait_until_ready()
        return []
    start_again(scene)
    return []


def start_again(scene):
    if scene.random.random() < 0.5:
        scene.server.stop()
    else:
        scene.server.kill()
    scene.server.start()


def kill(scene):
    def hurt():
        scene.pause()
        scene.server.kill()

    scene.load.run(hurt)
    scene.server.start()
    return []


def kill_redis(scene):
    def hurt():
        scene.pause()
        scene.redis.kill()
        scene.pause(0.1)
        scene.redis.start()
        scene.pause(0.1)

    scene.load.run(hurt)
    scene.server.wait_until_ready()
    return []


def kill_both(scene):
    def hurt():
        scene.pause()
        for one in scene.random.sample([scene.server, scene.redis], 2):
            one.kill()

    scene.load.run(hurt)
    scene.redis.start()
    scene.server.start()
    return []


def stop_redis(scene):
    def hurt():
        scene.pause()
        scene.redis.process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        scene.redis.process.send_signal(signal.SIGCONT)
        scene.pause()

    scene.load.run(hurt)
    scene.server.wait_until_ready()
    return []


def fill_disk(scene):
    """No file may grow beyond what the largest is now and a little: the audit log, the database or its journal meets
    the bound, whichever comes first. The server must refuse changes, go on answering, and lose nothing."""
    scene.server.stop()
    sizes = [os.path.getsize(os.path.join(scene.folder, name)) for name in os.listdir(scene.folder)]
    scene.server.limits = {resource.RLIMIT_FSIZE: max(sizes) + scene.random.randrange(1000, 40_000)}
    scene.server.start()

    def hurt():
        before = scene.load.counts()[1]
        wait_for(lambda: scene.load.counts()[1] != before)
        scene.pause()

    scene.load.run(hurt)
    wrong = [] if scene.server.is_running() else ["the server ended when no file could grow"]
    scene.server.limits = {}
    start_again(scene)
    return wrong


def exhaust_descriptors(scene):
    """More connections than the process may have descriptors. Those it has must go on, and others be taken again as
    soon as there is room."""
    scene.server.stop()
    scene.server.limits = {resource.RLIMIT_NOFILE: FEW_DESCRIPTORS}
    scene.server.start()
    held = []

    def hurt():
        scene.pause()
        for _ in range(2 * FEW_DESCRIPTORS):
            held.append(socket.create_connection(("127.0.0.1", scene.server.port), 5))
        time.sleep(0.5)
        for one in held:
            one.close()

    scene.load.run(hurt)
    wrong = [] if scene.server.is_running() else ["the server ended when it had no descriptors left"]
    if not wrong:
        scene.server.wait_until_ready()
        scene.server.stop()
    scene.server.limits = {}
    scene.server.start()
    return wrong


def plant_wrong_types(scene):
    """Some of the keys become lists for a while. Whoever meets one is refused, nothing breaks, and nothing that was
    not good becomes so."""
    redis = scene.redis
    keys = sorted(redis.ask("KEYS", "lk:*"))
    planted = {}
    for key in scene.random.sample(keys, min(len(keys), 40)):
        life, value = redis.ask("PTTL", key), redis.ask("DUMP", key)
        if value is None:
            continue
        planted[key] = (max(life, 0), value)
        redis.ask("DEL", key)
        redis.ask("RPUSH", key, "not", "ours")

    wrong = []
    for worker in scene.load.workers:
        for token in [one for one in worker.tokens if one.text]:
            status, _, _ = worker.caller.ask("GET", "/verify", token.text)
            may_be_good = "live" in token.may_be and True in worker.is_active
            if status not in (200, 401, 503) or (status == 200 and not may_be_good):
                wrong.append(f"{token} was answered {status} over planted keys")
        for path in ["/keys/tokens", "/keys/tokens?include_expired=true", ""]:
            status, answer, _ = worker.caller.ask("GET", worker.path + path, worker.session)
            if status not in (200, 401, 404, 503):
                wrong.append(f"GET {worker.path + path} was answered {status} over planted keys: {answer}")
    if not scene.server.is_running():
        wrong.append("the server ended over planted keys")
    for key, (life, value) in planted.items():
        redis.ask("DEL", key)
        redis.ask("RESTORE", key, life, value)
    scene.server.wait_until_ready()
    scene.load.run(scene.pause)
    return wrong


def fail_writes(scene):
    """One of the next writes to a file fails, a later one in each round, and perhaps those that follow. What cannot be
    kept must be refused, and the same process recover."""
    hooks = scene.server.hooks
    error = scene.random.choice([errno.ENOSPC, errno.EIO, errno.EDQUOT])
    has_failed = []

    def hurt():
        hooks.set(write_error=error, writes_passed=next(scene.write_numbers), writes_failed=scene.random.choice([1, 3, 1000]))
        has_failed.append(wait_for(lambda: hooks.get("faults_seen") != 0))
        scene.pause()
        hooks.clear()
        scene.pause()

    scene.load.run(hurt)
    wrong = [] if has_failed == [True] else ["nothing was written that could have failed"]
    return wrong + go_on(scene, "a write failed")


def fail_syncs(scene):
    """fsync(2) fails once or a few times. One that succeeds after it proves nothing, so that the server must be started
    again, on the same files, before it has to be ready."""
    hooks = scene.server.hooks

    def hurt():
        scene.pause()
        hooks.set(syncs_failed=scene.random.choice([1, 2, 5]))
        wait_for(lambda: hooks.get("faults_seen") != 0)
        scene.pause()
        hooks.clear()

    scene.load.run(hurt)
    wrong = [] if scene.server.is_running() else ["the server ended when a sync failed"]
    start_again(scene)
    return wrong


def slow_syncs(scene):
    """A disk that takes its time. Changes wait for it; verifications must not."""
    hooks = scene.server.hooks
    answers = []

    def verify(should_stop):
        caller = Caller(scene.server.port)
        while not should_stop.is_set():
            answers.append(caller.ask("GET", "/verify", scene.load.workers[0].session)[0])

    def hurt():
        hooks.set(sync_delay=int(SYNC_SECONDS * 1e6))
        wait_for(lambda: hooks.get("faults_seen") != 0)
        should_stop = threading.Event()
        verifying = threading.Thread(target=verify, args=(should_stop,))
        verifying.start()
        time.sleep(2)
        should_stop.set()
        verifying.join()
        hooks.clear()

    scene.load.run(hurt)
    wrong = go_on(scene, "syncs were slow")
    if answers.count(200) != len(answers) or len(answers) < ANSWERS_MEANWHILE:
        wrong.append(f"while syncs were slow, {answers.count(200)} of {len(answers)} verifications were answered with 200")
    return wrong


def exhaust_memory(scene):
    """The process may have no page more, while callers send what needs memory. Connections are dropped for it; where
    not even a few bytes are left, for a thread that writes, the process may end. Nothing may be lost by either."""
    pid = scene.server.process.pid
    held, dropped = [], []

    def hurt():
        scene.pause()
        unlimited = resource.prlimit(pid, resource.RLIMIT_AS)
        resource.prlimit(pid, resource.RLIMIT_AS, (1, unlimited[1]))
        for size in [3_000_000, 300_000, 30_000, 3_000]:
            if scene.server.is_running():
                fill_memory(scene.server.port, size, held, dropped)
        scene.pause()
        if scene.server.is_running():
            resource.prlimit(pid, resource.RLIMIT_AS, unlimited)
        for one in held:
            one.close()

    scene.load.run(hurt)
    wrong = [] if dropped else [f"memory for {len(held)} bodies was found where there was none"]
    if scene.server.is_running():
        return wrong + go_on(scene, "it had no memory left")
    scene.server.start()
    return wrong


def fill_memory(port, size, held, dropped):
    """Holds connections in the middle of a body, which the server has to keep, until it drops one."""
    for _ in range(MOST_BODIES):
        one = socket.socket()
        one.settimeout(0.05)
        try:
            one.connect(("127.0.0.1", port))
            one.sendall(b"POST /api/v2/users/first HTTP/1.1\r\nHost: faults\r\nContent-Length: %d\r\n\r\n" % (size + 1))
            one.sendall(b" " * size)
            one.recv(1)
        except TimeoutError:
            held.append(one)
            continue
        except OSError:
            pass
        dropped.append(size)
        one.close()
        return


def step_clock(scene):
    """The wall clock goes half an hour forward, back, and half an hour further back. No token may live longer for it,
    and none that was expired meanwhile live again when the server starts with the right time."""
    hooks, worker = scene.server.hooks, scene.load.workers[0]
    wrong = []

    def hurt():
        scene.pause()
        hooks.set(clock_offset=STEP_SECONDS * 1_000_000)
        scene.pause()
        caller = Caller(scene.server.port)
        status, made, _ = caller.ask("POST", "/api/v2/users/me/keys/tokens", worker.session, {"lifetime": SHORT_SECONDS * 10**9})
        made_at = time.monotonic()
        hooks.set(clock_offset=0)
        scene.pause()
        hooks.set(clock_offset=-STEP_SECONDS * 1_000_000)
        if status != 201 or caller.ask("GET", "/verify", made["key"])[0] != 200:
            wrong.append(f"a token could not be made while the clock was ahead: {status} {made}")
            return
        time.sleep(max(0, made_at + SHORT_SECONDS + 0.05 - time.monotonic()))
        if caller.ask("GET", "/verify", made["key"])[0] != 401:
            wrong.append("a token lived longer because the clock was set back")

    scene.load.run(hurt)
    hooks.clear()
    if not scene.server.is_running():
        wrong.append("the server ended when the clock was stepped")
    start_again(scene)
    return wrong
