"""Makes the first user and many tokens on a running server, which is named by its port or by its socket file."""

import contextlib
import http.client
import json
import secrets
import socket

EMAIL, PASSWORD = "bench@example.com", "Correct-Horse-7-Battery"


def connect(door):
    if isinstance(door, int):
        return socket.create_connection(("127.0.0.1", door), 30)
    local = socket.socket(socket.AF_UNIX)
    local.connect(door)
    return local


def call(door, method, path, body=None, token=None):
    connection = http.client.HTTPConnection("127.0.0.1", timeout=30)
    connection.sock = connect(door)
    headers = {"Coder-Session-Token": token} if token else {}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"bench: {method} {path} answered {answer.status}: {text.decode()}")
    return json.loads(text) if text else None


def sign_in(door):
    call(door, "POST", "/api/v2/users/first", {"email": EMAIL, "username": "bench", "password": PASSWORD})
    return call(door, "POST", "/api/v2/users/login", {"email": EMAIL, "password": PASSWORD})["session_token"]


def make_tokens(door, session, count, connections=8, window=32):
    """`count` fresh tokens of the signed-in user. Over several connections, since a server makes one create after the
    other of those that come over the same."""
    head = f"POST /api/v2/users/me/keys/tokens HTTP/1.1\r\nHost: bench\r\nCoder-Session-Token: {session}\r\n"
    mark, tokens = secrets.token_hex(4), []

    def request(number):  # with a name of its own: those that the server makes up may meet
        body = f'{{"token_name":"{mark}-{number}"}}'
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}"

    with contextlib.ExitStack() as opened:
        sockets = [opened.enter_context(connect(door)) for _ in range(connections)]
        answers = [opened.enter_context(one.makefile("rb")) for one in sockets]
        while len(tokens) < count:
            sent = []
            for one in sockets:
                first = len(tokens) + sum(sent)
                sent.append(min(window, count - first))
                one.sendall("".join(map(request, range(first, first + sent[-1]))).encode())
            for lines, number in zip(answers, sent):
                tokens.extend(read_key(lines) for _ in range(number))
    return tokens


def read_key(answers):
    status = answers.readline()
    if b" 201 " not in status:
        raise SystemExit(f"bench: a create answered {status!r}")
    length = 0
    while (line := answers.readline().strip()):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(answers.read(length))["key"]
