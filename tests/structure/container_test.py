#!/usr/bin/env python3
"""Holds the container files to what they promise; building the image is for `./dev image`.

usage: container_test.py TREE
"""

import os
import sys

import yaml


def faults_of_compose(compose):
    for name, service in compose["services"].items():
        if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
            yield f"{name}: its file system is not read-only, or it keeps capabilities"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name}: may gain privileges"
        if not {"cpus", "memory", "pids"} <= set(service.get("deploy", {}).get("resources", {}).get("limits", {})):
            yield f"{name}: has no limits"
        for secret in service.get("secrets", []):
            if secret not in compose["secrets"]:
                yield f"{name}: there is no secret {secret}"
        for volume in service.get("volumes", []):
            if volume.split(":")[0] not in compose["volumes"]:
                yield f"{name}: {volume} is no named volume"
        for variable, value in service.get("environment", {}).items():
            if variable.endswith("PASSWORD") or "://:" in str(value):
                yield f"{name}: {variable} is a secret outside of a file"
        for port in service.get("ports", []):
            if not port.startswith("127.0.0.1:"):
                yield f"{name}: {port} faces the world without being asked to"
    for name, secret in compose["secrets"].items():
        if not secret["file"].startswith("./secrets/"):
            yield f"{name}: is not in ./secrets, which git leaves out"


def faults_of_dockerfile(text):
    last = text[text.rindex("\nFROM "):]
    users = [line.split()[1] for line in last.splitlines() if line.startswith("USER ")]
    if not users or users[-1] in ("root", "0"):
        yield "Dockerfile: runs as root"
    if text.count("\nFROM ") < 2 or "HEALTHCHECK" not in last or "g++" in last:
        yield "Dockerfile: needs a stage that builds and a small one that runs and tells its health"


def read(tree, name):
    with open(os.path.join(tree, name), encoding="utf-8") as file:
        return file.read()


def main(tree):
    compose = yaml.safe_load(read(tree, "compose.yaml"))
    faults = [*faults_of_compose(compose), *faults_of_dockerfile(read(tree, "Dockerfile"))]
    if read(tree, ".dockerignore") != read(tree, ".containerignore"):
        faults.append(".dockerignore and .containerignore differ")
    if "/secrets/" not in read(tree, ".gitignore").splitlines():
        faults.append(".gitignore: secrets could be committed")
    planted = {"secrets": {}, "volumes": {}, "services": {"bad": {
        "secrets": ["none"], "volumes": ["/etc:/etc"], "ports": ["80:80"], "environment": {"X_PASSWORD": "x"}}}}
    if len(list(faults_of_compose(planted))) != 7 or len(list(faults_of_dockerfile("\nFROM a\nUSER root"))) != 2:
        faults.append("planted faults are not noticed")
    print("\n".join(faults) or "the container files are as they should be")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
