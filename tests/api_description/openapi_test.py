#!/usr/bin/env python3
"""Holds the server to its own description: starts it, sends every documented request with valid and with invalid
input, and checks each reply's status, media type, header fields and body.

usage: openapi_test.py TREE LATCHKEY
"""

import copy
import json
import re
import sys
import time

from described_api import DescribedApi
from running_server import RunningServer
from sent_requests import UNKNOWN, Sender
from special_servers import special_answers
from valid_requests import all_valid_requests

NEVER_PROVOKED = {"500"}  # a fault of the server's own
HARD_TO_PROVOKE = {"verifyAuditChain": {"409"}}  # two checks at once


def described_by(server):
    reply = server.ask("GET", "/api/v2/openapi.json")
    assert reply.status == 200, reply.status
    return json.loads(reply.body)


def rows_of(tree):
    """The server's table of routes, as its source has it."""
    with open(f"{tree}/server/router.cpp", encoding="utf-8") as file:
        rows = re.findall(r'^    \{(\w+), +"([^"]+)", +\w+, +\w+, +\w+(?:, audience::\w+)?\},$', file.read(), re.MULTILINE)
    assert len(rows) > 30, "the table of routes is not where it was"
    return {(method.rstrip("_").upper(), path) for method, path in rows}


def faults_of_routes(api, rows):
    described = {(one.method, one.path) for one in api.operations.values() if not one.path.startswith("/verify")}
    yield from (f"{method} {path} is not documented" for method, path in sorted(rows - described))
    yield from (f"{method} {path} is documented, and no route" for method, path in sorted(described - rows))


def faults_of_methods(api, server):
    """What a path allows is what is documented for it."""
    for path, item in api.document["paths"].items():
        if path.startswith("/verify"):
            continue
        allowed = {method.upper() for method in item} | ({"HEAD"} if "get" in item else set())
        reply = server.ask("PATCH", Sender.target(next(iter(
            one for one in api.operations.values() if one.path == path)), None, None))
        told = set(reply.headers.get("allow", "").split(", "))
        if reply.status != 405 or told != allowed:
            yield f"{path}: allows {sorted(told)} ({reply.status}), documented are {sorted(allowed)}"


def send_invalid_requests(send, owner):
    """What is wrong in the same way everywhere."""
    too_large = b"[" + b" " * (5 << 20)
    for one in list(send.api.operations.values()):
        statuses = one.described["responses"]
        if not one.path.startswith("/verify"):
            send(one.id, 400, token=owner, headers=[("Authorization", "Bearer a"), ("Authorization", "Bearer b")])
        if one.needs_credential:
            send(one.id, 401)
            send(one.id, 401, token="nonsense")
            send(one.id, 401, headers=[("Authorization", f"Bearer {UNKNOWN}")])
        if "{user}" in one.path:
            send(one.id, 404, token=owner, path={"user": "nobody"})
        if one.body_media() == "application/json":
            for body in (b"", b"{", b"[]", b'{"a":', b'"text"'):
                send(one.id, 400, token=owner, body=body)
        elif one.body_media():
            for body in (b"", b"token=", b"token=a&token=b", b"token=%zz"):
                send(one.id, 400, token=owner, body=body)
        if "413" in statuses:
            send(one.id, 413, token=owner, body=too_large)


def faults_of_coverage(api, seen):
    for one in api.operations.values():
        missing = set(one.described["responses"]) - NEVER_PROVOKED - HARD_TO_PROVOKE.get(one.id, set()) - {str(status) for status in seen.get(one.id, ())}
        if missing:
            yield f"{one.id}: documented, but not seen in this test: {sorted(missing)}"


def planted_faults(api, rows, server):
    """Breaks the document in several ways; each must be noticed."""
    def broken(change):
        document = copy.deepcopy(api.document)
        change(document)
        return DescribedApi(document)

    def unlist(document):
        del document["paths"]["/api/v2/users/{user}/roles"]["put"]

    def invent(document):
        document["paths"]["/api/v2/invented"] = {"get": dict(
            document["paths"]["/healthz"]["get"], operationId="invented")}

    def forget_member(document):
        del document["components"]["schemas"]["BuildInfo"]["properties"]["version"]

    def forget_status(document):
        del document["paths"]["/api/v2/buildinfo"]["get"]["responses"]["200"]

    for change in (unlist, invent):
        if not list(faults_of_routes(broken(change), rows)) or not list(faults_of_methods(broken(change), server)):
            yield f"{change.__name__}: was not noticed"
    for change in (forget_member, forget_status):
        send = Sender(broken(change), server)
        send("buildInfo")
        if not send.faults:
            yield f"{change.__name__}: was not noticed"


def main(tree, program):
    began = time.monotonic()
    with RunningServer(program, ["--api-rate-limit", "0"]) as server:
        api = DescribedApi(described_by(server))
        rows = rows_of(tree)
        faults = [*api.faults_of_document(), *faults_of_routes(api, rows), *faults_of_methods(api, server)]
        sender = Sender(api, server)
        owner = all_valid_requests(sender)
        send_invalid_requests(sender, owner)
        faults += planted_faults(api, rows, server)
    seen = {}
    for one in [sender, *special_answers(api, program)]:
        faults += one.faults
        for operation, statuses in one.seen.items():
            seen.setdefault(operation, set()).update(statuses)
    faults += faults_of_coverage(api, seen)
    print(len(api.operations), "operations,", sum(map(len, seen.values())), "different answers")
    print("\n".join(dict.fromkeys(faults)) or f"as described ({time.monotonic() - began:.1f} s)")
    return 1 if faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
