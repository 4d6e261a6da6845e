"""What only a server in a special state answers: limits that are reached, a store that is gone, no user yet."""

import time
from concurrent.futures import ThreadPoolExecutor

from running_server import DEADLINE, OWNER, RedisServer, RunningServer
from sent_requests import UNKNOWN, Sender

FIRST_USER = {"email": "a@example.com", "username": "a", "password": "Correct-Horse-7-Battery"}
CREDENTIALS = {"email": OWNER["email"], "password": OWNER["password"]}
WITHOUT_STORE = {  # what these must be sent to need the store; others need it for the credential
    "verifyTokens": {"tokens": [UNKNOWN]},
    "revokeToken": {"token": UNKNOWN},
    "createFirstUser": FIRST_USER,
    "login": CREDENTIALS,
}


def special_answers(api, program):
    """A Sender for each special server."""
    for situation in (at_its_limits, without_store, without_user, without_passwords):
        yield situation(api, program)


def until(status, ask, pause=0.0):
    end = time.monotonic() + DEADLINE
    while ask().status != status:
        if time.monotonic() > end:
            raise AssertionError(f"was never answered {status}")
        time.sleep(pause)


def at_its_limits(api, program):
    """429 on every route that is limited, and 428 for those who may not pass the limit by."""
    with RunningServer(program, ["--api-rate-limit", "1", "--guess-limit", "1"]) as server:
        send = Sender(api, server)
        for one in list(api.operations.values()):
            if one.tag == "verification" and one.path.endswith(("/verify", "/{path}")):
                body = WITHOUT_STORE.get(one.id)
                token = None if body else UNKNOWN
                until(429, lambda one=one, token=token, body=body: send(one.id, token=token, body=body))
            elif "428" in one.described["responses"]:
                send(one.id, 428, headers=[("X-Coder-Bypass-Ratelimit", "true")])
                until(429, lambda one=one: send(one.id))
    return send


def without_store(api, program):
    """503 where the document says so, over a Redis that has gone."""
    flags = ["--api-rate-limit", "0", "--cache-lease", "0"]
    with RedisServer() as store, RunningServer(program, flags, store.url) as server:
        send = Sender(api, server)
        owner = send("login", 201, body=CREDENTIALS).value["session_token"]
        store.stop()
        until(503, lambda: send("ready"), pause=0.02)
        asked = [one for one in api.operations.values() if "503" in one.described["responses"] and one.id != "ready"]
        with ThreadPoolExecutor(16) as pool:  # each waits until the server gives up
            for _ in pool.map(lambda one: send(one.id, 503, token=owner, body=WITHOUT_STORE.get(one.id)), asked):
                pass
    return send


def without_user(api, program):
    with RunningServer(program, has_user=False) as server:
        send = Sender(api, server)
        send("hasFirstUser", 404)
        send("createFirstUser", 201, body=FIRST_USER)
        send("hasFirstUser", 200)
    return send


def without_passwords(api, program):
    with RunningServer(program, ["--disable-password-auth"]) as server:
        send = Sender(api, server)
        send("login", 403, body=CREDENTIALS)
    return send
