"""The kinds of faults: what each does to the servers of a scene while they are under load. Each returns, in a list,
what was wrong while it lasted; what is wrong afterwards is for the caller to look at."""

import os
import resource
import signal
import socket
import time

FEW_DESCRIPTORS = 64


class Kind:
    def __init__(self, name, play, share):
        self.name, self.play, self.share = name, play, share

    def times_of(self, times):
        return max(1, round(times * self.share))


def kinds_for(store):
    if store == "sqlite":
        return [Kind("kill -9", kill, 1), Kind("no space for files", fill_disk, 0.05),
                Kind("no descriptors", exhaust_descriptors, 0.025)]
    return [Kind("kill -9", kill, 0.5), Kind("kill -9 of Redis", kill_redis, 0.25),
            Kind("kill -9 of both", kill_both, 0.25), Kind("Redis stands still", stop_redis, 0.025),
            Kind("wrong types in Redis", plant_wrong_types, 0.05)]


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
        deadline = time.monotonic() + 10
        before = scene.load.counts()[1]
        while scene.load.counts()[1] == before and time.monotonic() < deadline:
            time.sleep(0.05)
        scene.pause()

    scene.load.run(hurt)
    wrong = [] if scene.server.is_running() else ["the server ended when no file could grow"]
    if scene.random.random() < 0.5 and not wrong:
        scene.server.stop()
    elif not wrong:
        scene.server.kill()
    scene.server.limits = {}
    scene.server.start()
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
