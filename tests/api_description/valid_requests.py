"""Every operation, asked for what it is there for, and for the refusals that are its own."""

from running_server import OWNER

PASSWORD = "Correct-Horse-7-Battery"


def all_valid_requests(send):
    owner = send("login", 201, body={"email": OWNER["email"], "password": OWNER["password"]}).value["session_token"]
    server_info(send, owner)
    users(send, owner)
    refused_to_lesser_callers(send, owner)
    sessions(send)
    tokens(send, owner)
    keys(send, owner)
    verification(send, owner)
    audit(send, owner)
    return owner


def server_info(send, owner):
    for operation in ("health", "ready", "metrics", "latencyCheck", "apiRoot", "buildInfo", "listScopes"):
        send(operation, 200)
    etag = send("apiDescription", 200).headers["etag"]
    send("apiDescription", 304, headers=[("If-None-Match", etag)])
    send("apiDescription", 200, headers=[("If-None-Match", '"0"')])
    page(send)
    send("entitlements", 200, token=owner)
    checks = {"mine": {"action": "create", "object": {"resource_type": "api_key", "owner_id": "me"}}}
    send("checkAuthorization", 200, token=owner, body={"checks": checks})
    send("checkAuthorization", 400, token=owner, fits=False, body={"checks": {"x": {"object": {}, "action": "read"}}})


def new_user(send, owner, username, **more):
    body = {"email": f"{username}@example.com", "username": username, "password": PASSWORD, **more}
    send("createUser", 201, token=owner, body=body)
    return send("login", 201, body={"email": body["email"], "password": PASSWORD}).value["session_token"]


def refused_to_lesser_callers(send, owner):
    """Who may see a thing, but not do this to it."""
    auditor = new_user(send, owner, "auditor", roles=["auditor"])
    new_user(send, owner, "victim")
    for operation in ("createSessionKey", "deleteUser"):
        send(operation, 403, token=auditor, path={"user": "victim"})
    for operation in ("suspendUser", "activateUser"):
        send(operation, 500, token=auditor, path={"user": "victim"})  # as Coder says it
    send("setUserRoles", 403, token=auditor, path={"user": "victim"}, body={"roles": []})
    send("setUserPassword", 404, token=auditor, path={"user": "victim"}, body={"password": PASSWORD})
    blind = send("createToken", 201, token=owner, body={"scopes": ["user:read"]}).value["key"]
    send("introspectToken", 403, token=blind, body={"token": blind})
    send("deleteKey", 404, token=blind, path={"keyid": blind[:10]})


def page(send):
    for operation, asset in (("page", "index.html"), ("pageAsset", "style.css"), ("pageAsset", "icon.svg"), ("pageAsset", "app.js"),
                             ("pageView", "tokens.js")):
        etag = send(operation, 200, path={"asset": asset}).headers["etag"]
        send(operation, 304, path={"asset": asset}, headers=[("If-None-Match", etag)])
    for operation in ("pageAsset", "pageView"):
        send(operation, 404, path={"asset": "no-such-file"})
    send("pageSession", 200)


def users(send, owner):
    member = new_user(send, owner, "alice", name="Alice Example", roles=["auditor"])
    send("createUser", 409, token=owner,
         body={"email": "alice@example.com", "username": "alice", "password": PASSWORD})
    send("createUser", 201, token=owner, body={"username": "robot", "login_type": "none", "service_account": True})
    send("createUser", 400, token=owner, fits=False, body={"username": "x" * 40})
    send("createUser", 403, token=member, body={"email": "x@example.com", "username": "x", "password": PASSWORD})
    send("listUsers", 200, token=owner, query={"q": "status:active", "limit": "10"})
    send("listUsers", 400, token=owner, query={"limit": "many"})
    send("getUser", 200, token=member)
    send("getUser", 404, token=owner, path={"user": "nobody"})
    send("getUserRoles", 200, token=member)
    send("setUserRoles", 200, token=owner, path={"user": "alice"}, body={"roles": ["user-admin", "auditor"]})
    send("setUserRoles", 400, token=owner, path={"user": "alice"}, fits=False, body={"roles": ["emperor"]})
    send("suspendUser", 200, token=owner, path={"user": "alice"})
    send("suspendUser", 400, token=owner)
    send("getUser", 401, token=member)
    send("activateUser", 200, token=owner, path={"user": "alice"})
    send("setUserPassword", 204, token=owner, path={"user": "alice"}, body={"password": "Another-Horse-8-Battery"})
    send("setUserPassword", 400, token=owner, path={"user": "alice"}, body={"password": "short"})
    new_user(send, owner, "leaver")
    send("deleteUser", 403, token=owner)
    send("deleteUser", 200, token=owner, path={"user": "leaver"})


def sessions(send):
    send("hasFirstUser", 200)
    send("createFirstUser", 409, body={"email": "x@example.com", "username": "x", "password": PASSWORD})
    send("login", 401, body={"email": OWNER["email"], "password": "wrong"})
    session = send("login", 201, body={"email": OWNER["email"], "password": OWNER["password"]}).value["session_token"]
    cookies = [("Cookie", f"coder_session_token={session}")]
    send("logout", 400, headers=cookies)  # forged: no X-CSRF-TOKEN
    send("logout", 200, token=session)
    send("logout", 401, token=session)
    send("validatePassword", 200, body={"password": PASSWORD})
    send("validatePassword", 200, body={"password": "abc"})
    send("authenticationMethods", 200)


def tokens(send, owner):
    token = send("createToken", 201, token=owner, body={
        "token_name": "ci", "lifetime": 3600 * 10**9, "scopes": ["user:read", "api_key:*"],
        "allow_list": ["*:*"]}).value["key"]
    send("createToken", 409, token=owner, body={"token_name": "ci"})
    send("createToken", 403, token=token, body={"scopes": ["coder:all"]})
    send("createToken", 201, token=owner, body={})
    send("createToken", 400, token=owner, fits=False, body={"lifetime": "24h"})
    send("createToken", 400, token=owner, body={"scopes": ["no:such"]})
    send("listTokens", 200, token=owner, query={"include_all": "true", "include_expired": "true", "limit": "1"})
    send("listTokens", 400, token=owner, query={"after_id": "?"})
    send("tokenConfig", 200, token=owner)
    send("getTokenByName", 200, token=owner, path={"keyname": "ci"})
    send("getTokenByName", 404, token=owner)


def keys(send, owner):
    key = send("createSessionKey", 201, token=owner).value["key"]
    kept = send("createToken", 201, token=owner, body={"token_name": "kept"}).value["key"]
    send("getKey", 200, token=owner, path={"keyid": key[:10]})
    send("getKey", 404, token=owner)
    send("expireKey", 204, token=owner, path={"keyid": kept[:10]})
    send("expireKey", 404, token=owner)
    send("deleteKey", 204, token=owner, path={"keyid": key[:10]})
    send("deleteKey", 404, token=owner, path={"keyid": key[:10]})


def verification(send, owner):
    weak = send("createToken", 201, token=owner, body={"scopes": ["user:read"]}).value["key"]
    for operation in list(send.api.operations.values()):
        if operation.path.startswith("/verify"):
            send(operation.id, 200, token=owner)
            send(operation.id, 200, token=weak, query={"scope": ["user:read"]})
            send(operation.id, 401)
            send(operation.id, 401, token="abcdefghij-abcdefghijklmnopqrstuv")
            send(operation.id, 403, token=weak, query={"scope": ["api_key:create"], "mode": "strict"})
            if "{path}" in operation.path:
                send(operation.id, 400, token=owner, path={"path": "../x"})
    send("verifyTokens", 200, body={"tokens": [owner, weak, "nonsense"]})
    send("verifyTokens", 400, fits=False, body={})
    send("introspectToken", 200, token=owner, body={"token": weak})
    send("introspectToken", 200, token=owner, body={"token": "nonsense"})
    send("introspectToken", 400, token=owner, fits=False, body={})
    send("revokeToken", 200, body={"token": weak, "token_type_hint": "access_token"})
    send("revokeToken", 400, fits=False, body={})


def audit(send, owner):
    member = send("login", 201, body={"email": "alice@example.com", "password": "Another-Horse-8-Battery"})
    send("setUserRoles", 200, token=owner, path={"user": "alice"}, body={"roles": []})
    send("searchAudit", 403, token=member.value["session_token"])
    seen = send("searchAudit", 200, token=owner, query={"limit": "200"}).value["audit_logs"]
    send("searchAudit", 200, token=owner, query={"q": "action:create", "after_id": seen[3]["id"], "offset": "1"})
    send("searchAudit", 400, token=owner, query={"q": "no:such"})
    send("activity", 403, token=member.value["session_token"])
    send("activity", 200, token=owner)
    send("verifyAuditChain", 403, token=member.value["session_token"])
    send("verifyAuditChain", 200, token=owner)
    if len(seen) < 20:
        raise AssertionError("the audit trail holds too little to be an example")
