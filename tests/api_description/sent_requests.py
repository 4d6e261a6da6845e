"""Sends documented requests to a server and holds every reply against the document."""

import json
import urllib.parse

UNKNOWN = "abcdefghij-abcdefghijklmnopqrstuv"  # a token that there is not
PATH_EXAMPLES = {"user": "me", "keyid": "abcdefghij", "keyname": "no-such-token", "asset": "style.css", "path": "any/where"}


class Sender:
    """`seen`: for each operation the statuses it was answered with; `faults`: what was not as documented."""

    def __init__(self, api, server):
        self.api, self.server = api, server
        self.seen = {}
        self.faults = []

    def __call__(self, operation_id, expect=None, token=None, path=None, query=None, body=None, headers=None, fits=True):
        """`body`: a value for the operation's media type, or bytes as they are. `fits`: whether the document allows
        the value. Returns the reply, with its JSON as `value`."""
        operation = self.api.operations[operation_id]
        sent, content = self.encoded(operation, body, fits)
        all_headers = [*content, *(headers or [])]
        if token:
            all_headers.append(("Coder-Session-Token", token))
        reply = self.server.ask(operation.method, self.target(operation, path, query), all_headers, sent)
        for fault in self.api.faults_of_reply(operation, reply, json.loads):
            self.faults.append(f"{operation_id}: {fault}")
        if expect is not None and reply.status != expect:
            self.faults.append(f"{operation_id}: answered {reply.status}, expected {expect}: {reply.body[:200]!r}")
        self.seen.setdefault(operation_id, set()).add(reply.status)
        reply.value = json.loads(reply.body) if reply.body and reply.media() == "application/json" else None
        return reply

    def encoded(self, operation, body, fits):
        if body is None or isinstance(body, bytes):
            return body, []
        is_allowed = self.api.fault_of_request(operation, body) is None
        if is_allowed != fits:
            self.faults.append(f"{operation.id}: the document {'allows' if is_allowed else 'forbids'} {body}")
        media = operation.body_media()
        if media == "application/x-www-form-urlencoded":
            return urllib.parse.urlencode(body).encode(), [("Content-Type", media)]
        return json.dumps(body).encode(), [("Content-Type", media)]

    @staticmethod
    def target(operation, path, query):
        target = operation.path
        for name, example in PATH_EXAMPLES.items():
            value = (path or {}).get(name, example)
            target = target.replace("{" + name + "}", urllib.parse.quote(value, safe="/" if name == "path" else ""))
        return target + ("?" + urllib.parse.urlencode(query, doseq=True) if query else "")
