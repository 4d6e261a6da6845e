"""The document of GET /api/v2/openapi.json, as something that requests and replies can be held against."""

import copy
import re

import jsonschema

FORMATS = jsonschema.FormatChecker(formats=())
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
FORMATS.checks("uuid")(lambda value: not isinstance(value, str) or UUID.fullmatch(value))
FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or TIME.fullmatch(value))

METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"]


def closed(schema):
    """The same schema, refusing members that it does not name: what a reply has must be described."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: value if key in ("if", "then", "else", "examples") else closed(value) for key, value in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


class Operation:
    def __init__(self, path, method, described):
        self.path, self.method, self.described = path, method.upper(), described
        self.id, self.tag = described["operationId"], described["tags"][0]
        self.needs_credential = bool(described["security"]) and {} not in described["security"]

    def body_media(self):
        return next(iter(self.described.get("requestBody", {}).get("content", {})), None)


class DescribedApi:
    def __init__(self, document):
        self.document = document
        self.components = document["components"]
        self.closed_components = {**self.components, "schemas": {
            name: closed(schema) for name, schema in self.components["schemas"].items()}}
        self.operations = {}
        for path, item in document["paths"].items():
            for method in item:
                operation = Operation(path, method, item[method])
                if operation.id in self.operations:
                    raise ValueError(f"two operations are called {operation.id}")
                self.operations[operation.id] = operation

    def resolved(self, part):
        while "$ref" in part:
            found = self.document
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part

    def fault_of_value(self, schema, value, components):
        checker = jsonschema.Draft202012Validator({**schema, "components": components}, format_checker=FORMATS)
        fault = jsonschema.exceptions.best_match(checker.iter_errors(value))
        return fault and f"{'/'.join(map(str, fault.absolute_path)) or 'the body'}: {fault.message[:300]}"

    def fault_of_request(self, operation, value):
        schema = operation.described["requestBody"]["content"][operation.body_media()]["schema"]
        return self.fault_of_value(schema, value, self.components)

    def faults_of_reply(self, operation, reply, parse):
        described = operation.described["responses"].get(str(reply.status))
        if described is None:
            yield f"status {reply.status} is not documented"
            return
        described = self.resolved(described)
        yield from self.faults_of_headers(described.get("headers", {}), reply)
        content = described.get("content", {})
        if operation.method == "HEAD" or not reply.body:
            if content and operation.method != "HEAD":
                yield f"status {reply.status} has no body"
            return
        media = {name.split(";")[0]: one for name, one in content.items()}
        if reply.media() not in media:
            yield f"status {reply.status} has a body of {reply.media()}, documented: {list(media) or 'none'}"
            return
        value = parse(reply.body) if reply.media() == "application/json" else reply.body.decode()
        fault = self.fault_of_value(media[reply.media()]["schema"], value, self.closed_components)
        if fault:
            yield f"status {reply.status}: {fault}"

    def faults_of_headers(self, described, reply):
        names = {name.lower(): self.resolved(one) for name, one in described.items()}
        for name, one in names.items():
            value = reply.headers.get(name)
            if value is None:
                if one.get("required"):
                    yield f"status {reply.status}: {name} is missing"
                continue
            fault = self.fault_of_value(one["schema"], value, {})
            if fault:
                yield f"status {reply.status}: {name}: {fault}"
        for name in reply.headers:
            if name.startswith("x-latchkey-") and name not in names:
                yield f"status {reply.status}: {name} is not documented"

    def faults_of_document(self):
        """What a reader of the document alone could complain of."""
        jsonschema.Draft202012Validator.check_schema(copy.deepcopy(self.components["schemas"]))
        for name, schema in self.components["schemas"].items():
            jsonschema.Draft202012Validator.check_schema(schema)
            for example in schema.get("examples", []):
                fault = self.fault_of_value(schema, example, self.components)
                if fault:
                    yield f"the example of {name}: {fault}"
        used = set()
        yield from self.faults_of_references(self.document, used)
        for kind, members in self.components.items():
            for name in members:
                if kind != "securitySchemes" and f"#/components/{kind}/{name}" not in used:
                    yield f"components/{kind}/{name} is used nowhere"
        tags = {tag["name"] for tag in self.document["tags"]}
        for operation in self.operations.values():
            yield from self.faults_of_operation(operation, tags)

    def faults_of_references(self, part, used):
        if isinstance(part, list):
            for one in part:
                yield from self.faults_of_references(one, used)
        if not isinstance(part, dict):
            return
        if isinstance(part.get("$ref"), str):
            used.add(part["$ref"])
            try:
                self.resolved(part)
            except KeyError:
                yield f"{part['$ref']} leads nowhere"
        for one in part.values():
            yield from self.faults_of_references(one, used)

    def faults_of_operation(self, operation, tags):
        described = operation.described
        declared = {one["name"] for one in map(self.resolved, described.get("parameters", [])) if one["in"] == "path"}
        if declared != set(re.findall(r"\{(\w+)\}", operation.path)):
            yield f"{operation.id}: its path parameters are not those of {operation.path}"
        if not described["summary"] or not set(described["tags"]) <= tags:
            yield f"{operation.id}: no summary, or an unknown tag"
        if operation.method.lower() not in METHODS:
            yield f"{operation.id}: {operation.method} is no method"
        for one in described["security"]:
            if not set(one) <= set(self.components["securitySchemes"]):
                yield f"{operation.id}: unknown credentials {one}"
        if not any(status.startswith("2") for status in described["responses"]):
            yield f"{operation.id}: nothing to succeed with"
