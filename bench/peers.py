"""The servers that verification is measured against, each with what it needs: one worker, one core, kept connections.

Those that check know the same tokens as Latchkey, and `check` shows of each that it refuses what it must."""

import http.client
import os
import shutil
import socket
import tempfile

from processes import PROGRAMS, SERVER_CORE, Server, free_port, start_redis

MODULES = "/usr/lib/nginx/modules"
LUA_MODULES = [f"{MODULES}/ndk_http_module.so", f"{MODULES}/ngx_http_lua_module.so"]
SERVER_FOLDERS = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"  # not in everybody's PATH


def program(name):
    """Its path, or nothing."""
    return shutil.which(name, path=SERVER_FOLDERS)


def start_limit(token_file):
    folder, port = tempfile.mkdtemp(prefix="latchkey-bench-"), free_port()
    return Server("the limit", [os.path.join(PROGRAMS, "epoll_limit"), str(port), token_file], port, folder)


def start_nginx(name, http_lines, location_lines, modules=(), listen_flags=""):
    folder, port = tempfile.mkdtemp(prefix="latchkey-bench-"), free_port()
    os.chmod(folder, 0o755)  # for the worker, which is nobody where this is root
    configuration = os.path.join(folder, "nginx.conf")
    loaded = " ".join(f"load_module {module};" for module in modules)
    with open(configuration, "w") as out:
        out.write(f"""
{loaded}
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    {http_lines}
    server {{ listen 127.0.0.1:{port} {listen_flags}; location / {{ {location_lines} }} }}
}}
""")
    return Server(name, [program("nginx"), "-c", configuration], port, folder)


def start_constant():
    """Answers every request with a constant: no check at all."""
    return start_nginx("nginx return 200", "", "return 200;")


def start_map(folder, tokens):
    """Compares with the plain text of the tokens, held in a hash table of the configuration."""
    path = os.path.join(folder, "nginx-map")
    with open(path, "w") as out:
        out.writelines(f'"Bearer {token}" 1;\n' for token in tokens)
    size = 2 * len(tokens) + 1024
    table = (f"map_hash_max_size {size}; map_hash_bucket_size 256;"
             f" map $http_authorization $good {{ default 0; include {path}; }}")
    return start_nginx("nginx map", table, "if ($good) { return 200; } return 401;")


def start_haproxy(folder, tokens):
    """Compares with the plain text of the tokens, held in a tree."""
    path, port = os.path.join(folder, "haproxy-map"), free_port()
    with open(path, "w") as out:
        out.writelines(f"{token} bench\n" for token in tokens)
    home = tempfile.mkdtemp(prefix="latchkey-bench-")
    configuration = os.path.join(home, "haproxy.cfg")
    with open(configuration, "w") as out:
        out.write(f"""
global
    nbthread 1
    maxconn 4096
defaults
    mode http
    timeout client 600s
    timeout http-keep-alive 600s
    timeout http-request 600s
frontend tokens
    bind 127.0.0.1:{port}
    http-request return status 200 if {{ http_auth_bearer,map_str({path}) -m found }}
    http-request return status 401
""")
    return Server("HAProxy map", [program("haproxy"), "-db", "-f", configuration], port, home)


def start_lua(tokens, running):
    """nginx asks Redis for each token; both on one core, which is all that the others have."""
    redis = start_redis(SERVER_CORE)
    running.append(redis)
    store_in(redis.port, tokens)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "redis_check.lua")
    with open(script) as lines:
        text = lines.read()
    settings = f"init_by_lua_block {{ redis_port = {redis.port} }}"
    server = start_nginx("nginx+Lua+Redis", settings, f"content_by_lua_block {{\n{text}\n}}", LUA_MODULES)
    server.behind = redis
    return server


def store_in(port, tokens, window=1000):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        answers = connection.makefile("rb")
        for at in range(0, len(tokens), window):
            some = tokens[at:at + window]
            connection.sendall("".join(f"SET token:{token} bench EX 604800\r\n" for token in some).encode())
            for _ in some:
                if answers.readline() != b"+OK\r\n":
                    raise SystemExit("bench: Redis did not take a token")


def start_peers(folder, tokens, token_file, running):
    """All that are installed, in the order in which they are shown. Appends to `running` what has been started, so that
    the caller can stop it whatever happens."""
    peers = []

    def add(name, needs, start):
        lacking = [need for need in needs if not (os.path.exists(need) if "/" in need else program(need))]
        if lacking:
            print(f"left out: {name}, since {', '.join(lacking)} is not installed")
            return
        peers.append(start())
        running.append(peers[-1])

    add("the limit", [], lambda: start_limit(token_file))
    add("nginx return 200", ["nginx"], start_constant)
    add("nginx map", ["nginx"], lambda: start_map(folder, tokens))
    add("HAProxy map", ["haproxy"], lambda: start_haproxy(folder, tokens))
    add("nginx+Lua+Redis", ["nginx", "redis-server", *LUA_MODULES], lambda: start_lua(tokens, running))
    return peers


def answer_to(server, token):
    """Status and header fields."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request("GET", "/verify", headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        return answer.status, answer.getheaders()
    finally:
        connection.close()


def check(server, tokens):
    """Ends the program unless good tokens are accepted and others are not."""
    for token in (tokens[0], tokens[len(tokens) // 2], tokens[-1]):
        other = "7" if token[-1] != "7" else "8"
        cases = {token: 200, token[:-1] + other: 401, "0000000000" + token[10:]: 401, "": 401}
        for sent, wanted in cases.items():
            wanted = 200 if server.name == "nginx return 200" else wanted
            status, _ = answer_to(server, sent)
            if status != wanted:
                raise SystemExit(f"bench: {server.name} answers {status} instead of {wanted}: it does not check")


def check_likeness(latchkey, limit, token):
    """The limit sends the lines that Latchkey sends, and as many bytes."""
    ours, theirs = answer_to(latchkey, token), answer_to(limit, token)
    if [name for name, _ in ours[1]] != [name for name, _ in theirs[1]]:
        raise SystemExit(f"bench: the limit answers with other lines than Latchkey:\n{theirs[1]}\n{ours[1]}")
    sizes = [sum(len(name) + len(value) for name, value in fields) for _, fields in (ours, theirs)]
    if abs(sizes[0] - sizes[1]) > 6:  # the fraction of an instant may be shorter
        raise SystemExit(f"bench: the limit's answer is shorter or longer than Latchkey's: {sizes}")
