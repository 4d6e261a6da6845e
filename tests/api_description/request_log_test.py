#!/usr/bin/env python3
"""What `--log-requests` writes: a line for each request with its id, and nothing that may be secret.

usage: request_log_test.py LATCHKEY
"""

import json
import sys

from running_server import OWNER, RunningServer


def lines_and_ids(program, which):
    """Asks a server some things; returns its log, the ids of its answers and what may not be in the log."""
    with RunningServer(program, ["--log-format", "json", "--log-requests", which]) as server:
        replies = []

        def ask(*words, **names):
            replies.append(server.ask(*words, **names))
            return replies[-1]

        login = json.dumps({"email": OWNER["email"], "password": OWNER["password"]}).encode()
        session = json.loads(ask("POST", "/api/v2/users/login", body=login).body)["session_token"]
        signed = [("Coder-Session-Token", session), ("User-Agent", 'x"\n'.strip())]
        ask("GET", "/api/v2/users/me", headers=signed)
        ask("GET", f"/api/v2/users/me/keys/tokens/{session}", headers=signed)  # as `coder tokens view` does
        ask("GET", f"/api/v2/users/me?coder_session_token={session}")
        ask("GET", f"/no/such/{session}")
        verified = len(replies)
        ask("GET", f"/verify/{session}?x={session}", headers=signed)
        ask("GET", "/verify")
        server.log.seek(0)
        lines = [json.loads(line) for line in server.log.read().decode().splitlines() if line.startswith("{")]
        ids = [reply.headers["x-coder-request-id"] for reply in replies]
        text = json.dumps(lines)
        hidden = [secret for secret in (session, session[11:], OWNER["password"]) if secret in text]
        return [line for line in lines if line["message"] == "request" and line["route"] != "/healthz"], ids, verified, hidden


def faults(program):
    for which in ("none", "api", "all"):
        lines, ids, verified, hidden = lines_and_ids(program, which)
        wanted = {"none": [], "api": ids[:verified], "all": ids}[which]
        if [line["request_id"] for line in lines] != wanted:
            yield f"{which}: {len(lines)} lines for {len(wanted)} requests, or not their ids"
        if hidden:
            yield f"{which}: a secret is in the log"
        if which == "all":
            told = [(line["method"], line["route"], line["status"]) for line in lines]
            if told != [("POST", "/api/v2/users/login", 201), ("GET", "/api/v2/users/{user}", 200),
                        ("GET", "/api/v2/users/{user}/keys/tokens/{keyname}", 404),
                        ("GET", "/api/v2/users/{user}", 200), ("GET", "", 404),
                        ("GET", "/verify", 200), ("GET", "/verify", 401)]:
                yield f"all: {told}"
            if not lines[1]["user_id"] or lines[0]["user_id"] or not lines[1]["seconds"] > 0:
                yield "all: the user or the time is wrong"


def main(program):
    noticed = list(faults(program))
    print("\n".join(noticed) or "a line for each request, and no secret in any")
    return 1 if noticed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
