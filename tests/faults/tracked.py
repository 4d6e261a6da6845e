"""What the servers were told, and what may therefore be found afterwards. Each worker has a member of its own and
asks one thing at a time about that member's tokens; what was acknowledged must be there, what was not may be."""

import http.client
import itertools
import json
import random
import threading
import time

LIVE, EXPIRED, DELETED = "live", "expired", "deleted"
KEPT_TOKENS = 24  # of each worker; older ones are deleted
ASKING_SECONDS = 20
SETTLING_SECONDS = 20
_numbers = itertools.count()


class Unanswered(Exception):
    """Nobody knows whether the server has done what it was asked."""


class Caller:
    """A kept connection, opened anew after a failure."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def ask(self, method, path, token=None, body=None):
        """Status, body and request id."""
        headers = {"Coder-Session-Token": token} if token else {}
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ASKING_SECONDS)
            self.connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as failure:
            self.close()
            raise Unanswered(str(failure)) from failure
        parsed = json.loads(text) if text and answer.status != 204 else None
        return answer.status, parsed, answer.headers.get("X-Coder-Request-Id")

    def ask_until_answered(self, *what):
        """For a look afterwards: each of the server's threads finds Redis again at its own time."""
        deadline = time.monotonic() + SETTLING_SECONDS
        while (answer := self.ask(*what))[0] == 503 and time.monotonic() < deadline:
            time.sleep(0.05)
        return answer

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Token:
    def __init__(self, name):
        self.name = name
        self.text = None      # unknown where the answer to the creation was lost
        self.id = None
        self.may_be = set()

    def __str__(self):
        return f"token {self.name}"


class Worker:
    def __init__(self, port, session, member, seed):
        self.caller, self.session, self.member = Caller(port), session, member
        self.random = random.Random(seed)
        self.tokens = []
        self.is_active = {True}   # what the member may be
        self.acknowledged = []    # request ids of changes, all of which need an entry in the audit log
        self.answered = self.unanswered = self.refused = 0
        self.wrong = []           # what can never be right, whatever was lost

    @property
    def path(self):
        return f"/api/v2/users/{self.member}"

    def change(self, method, path, expected, body=None):
        """The body of a change that was acknowledged. Raises Unanswered where nobody knows; a 5xx is such an answer."""
        try:
            status, parsed, request_id = self.caller.ask(method, path, self.session, body)
        except Unanswered:
            self.unanswered += 1
            raise
        if status >= 500:
            self.refused += 1
            if status != 503:
                self.wrong.append(f"{method} {path} answered {status}: {parsed}")
            raise Unanswered(f"status {status}")
        self.answered += 1
        if status != expected:
            self.wrong.append(f"{method} {path} answered {status}, not {expected}: {parsed}")
        else:
            self.acknowledged.append(request_id)
        return parsed

    # --- what is asked, one at a time

    def create(self):
        token = Token(f"t{next(_numbers)}")
        self.tokens.append(token)
        token.may_be = {LIVE, DELETED}
        answer = self.change("POST", self.path + "/keys/tokens", 201, {"token_name": token.name})
        token.text = answer["key"]
        token.id = token.text[:10]
        token.may_be = {LIVE}

    def end(self, token, state):
        path = f"{self.path}/keys/{token.id}" + ("/expire" if state == EXPIRED else "")
        token.may_be = token.may_be | {state}
        try:
            self.change("DELETE" if state == DELETED else "PUT", path, 204)
        except Unanswered:
            return
        token.may_be = {state}

    def set_active(self, is_active):
        if self.is_active == {is_active}:
            return
        self.is_active = {True, False}
        self.change("PUT", self.path + ("/status/activate" if is_active else "/status/suspend"), 200)
        self.is_active = {is_active}

    def verify(self, token):
        try:
            status, _, _ = self.caller.ask("GET", "/verify", token.text)
        except Unanswered:
            self.unanswered += 1
            return
        if status == 503:
            self.refused += 1
            return
        self.answered += 1
        may_be_good = LIVE in token.may_be and True in self.is_active
        must_be_good = token.may_be == {LIVE} and self.is_active == {True}
        if (status == 200 and not may_be_good) or (status != 200 and must_be_good):
            self.wrong.append(f"{token}, which may be {sorted(token.may_be)}, was answered {status}")

    def act(self):
        known = [token for token in self.tokens if token.text and len(token.may_be) == 1]
        live = [token for token in known if token.may_be == {LIVE}]
        there = [token for token in known if token.may_be != {DELETED}]
        choice = self.random.random()
        if choice < 0.3 or not live:
            self.create()
        elif choice < 0.4 or len(there) > KEPT_TOKENS:
            self.end(self.random.choice(there), DELETED)
        elif choice < 0.5:
            self.end(self.random.choice(live), EXPIRED)
        elif choice < 0.55:
            self.set_active(self.random.random() < 0.7)
        else:
            self.verify(self.random.choice(known))

    def run(self, should_stop, pause=0):
        while not should_stop.is_set():
            try:
                self.act()
            except Unanswered:
                time.sleep(0.005)
            time.sleep(pause)

    # --- what is found afterwards

    def check(self):
        """Yields what is wrong. Everything is settled afterwards: what is found is what there is."""
        self.caller.close()
        yield from self.wrong
        self.wrong = []
        is_active = yield from self.settled_activity()
        if is_active not in self.is_active:
            yield f"member {self.member} is {member['status']}, which was not acknowledged"
        self.is_active = {is_active}

        _, keys, _ = self.caller.ask_until_answered("GET", self.path + "/keys/tokens?include_expired=true", self.session)
        listed = {key["token_name"]: key for key in keys}
        if len(listed) != len(keys):
            yield "a name is listed twice"
        unknown = set(listed) - {token.name for token in self.tokens}
        if unknown:
            yield f"tokens are listed that nobody asked for: {sorted(unknown)}"
        for token in self.tokens:
            yield from self.check_token(token, listed.get(token.name))
        gone = [token for token in self.tokens if token.may_be == {DELETED}]
        self.tokens = [token for token in self.tokens if token not in gone[:-4]]

    def settled_activity(self):
        """What the member is. Over Redis, where his record and his standing are two writes, a change that was left
        half done is completed by the periodic work, about once a second; until then nothing may be given."""
        probe = next((one for one in self.tokens if one.text and one.may_be == {LIVE}), None)
        deadline = time.monotonic() + SETTLING_SECONDS
        while True:
            _, member, _ = self.caller.ask_until_answered("GET", self.path, self.session)
            is_active = member["status"] == "active"
            if probe is None or len(self.is_active) == 1:
                return is_active
            is_treated_so = self.caller.ask_until_answered("GET", "/verify", probe.text)[0] == 200
            if is_treated_so == is_active:
                return is_active
            if is_treated_so or time.monotonic() > deadline:
                yield f"member {self.member} is shown as active: {is_active}, treated so: {is_treated_so}"
                return is_active
            time.sleep(0.05)

    def check_token(self, token, listing):
        by_name, key, _ = self.caller.ask_until_answered("GET", f"{self.path}/keys/tokens/{token.name}", self.session)
        if (by_name == 200) != (listing is not None):
            yield f"{token} is listed: {listing is not None}, found by its name: {by_name}"
        if token.id is None and key and by_name == 200:
            token.id = key["id"]
        by_id = self.caller.ask_until_answered("GET", f"{self.path}/keys/{token.id}", self.session)[0] if token.id else 404
        if (by_id == 200) != (listing is not None):
            yield f"{token} is listed: {listing is not None}, found by its id: {by_id}"

        state = DELETED
        if listing is not None:
            # All of the run's tokens live for a week: one that does not has been expired.
            state = LIVE if listing["expires_at"] > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 3600)) else EXPIRED
        if state not in token.may_be:
            yield f"{token} is {state}, and may only be {sorted(token.may_be)}"
        token.may_be = {state}
        if token.text is not None:
            good, _, _ = self.caller.ask_until_answered("GET", "/verify", token.text)
            if (good == 200) != (state == LIVE and self.is_active == {True}):
                yield f"{token} is {state}, of a member whose activity is {self.is_active}, and was verified {good}"
        elif state != DELETED:
            # Its secret was never seen. It must go like any other, and leave its name free.
            if self.caller.ask_until_answered("DELETE", f"{self.path}/keys/{token.id}", self.session)[0] != 204:
                yield f"{token} cannot be deleted"
            token.may_be = {DELETED}
        if token.may_be == {DELETED} and token.text is None:
            yield from self.check_name_is_free(token)

    def check_name_is_free(self, token):
        status, answer, _ = self.caller.ask_until_answered("POST", self.path + "/keys/tokens", self.session, {"token_name": token.name})
        if status != 201:
            yield f"the name of {token}, which is not there, cannot be used: {status} {answer}"
            return
        self.caller.ask_until_answered("DELETE", f"{self.path}/keys/{answer['key'][:10]}", self.session)


class Load:
    """Workers, each in a thread, over one server."""

    def __init__(self, server, workers, seed):
        from servers import EMAIL, PASSWORD  # pylint: disable=import-outside-toplevel
        self.server, self.audit_read = server, 0
        self.entries = set()
        caller = Caller(server.port)
        session = caller.ask("POST", "/api/v2/users/login", None, {"email": EMAIL, "password": PASSWORD})[1]["session_token"]
        self.workers = []
        for number in range(workers):
            status, made, _ = caller.ask("POST", "/api/v2/users", session, {
                "username": f"member-{number}", "login_type": "none", "service_account": True, "email": ""})
            if status != 201:
                raise RuntimeError(f"a member could not be made: {status} {made}")
            self.workers.append(Worker(server.port, session, made["id"], seed * 1000 + number))

    def run(self, hurt, pause=0):
        """Under load until `hurt` returns."""
        should_stop = threading.Event()
        threads = [threading.Thread(target=worker.run, args=(should_stop, pause)) for worker in self.workers]
        for thread in threads:
            thread.start()
        try:
            hurt()
        finally:
            should_stop.set()
            for thread in threads:
                thread.join()

    def check(self):
        """Everything that is wrong, in a list; the server is ready and idle."""
        found = []
        for worker in self.workers:
            try:
                found += list(worker.check())
            except Unanswered as failure:
                found.append(f"a check was not answered: {failure}")
        return found + self.check_audit()

    def check_audit(self):
        verdict = self.server.audit_verdict()
        found = [f"the audit log does not verify: {verdict.strip()}"] if verdict else []
        with open(self.server.audit_log, "rb") as log:
            log.seek(self.audit_read)
            for line in log:
                self.entries.add(json.loads(line)["request_id"])
                self.audit_read += len(line)
        for worker in self.workers:
            found += [f"no audit entry for request {one}" for one in worker.acknowledged if one not in self.entries]
            worker.acknowledged = []
        return found

    def counts(self):
        return (sum(worker.answered for worker in self.workers), sum(worker.refused for worker in self.workers),
                sum(worker.unanswered for worker in self.workers))
