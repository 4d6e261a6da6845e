#!/usr/bin/env python3
"""Fails if the Grafana dashboard draws what a running server does not expose, or by a label that it has not.

usage: dashboard_test.py DASHBOARD LATCHKEY
"""

import json
import re
import sys
import time

from running_server import DEADLINE, RedisServer, RunningServer

NAME = re.compile(r"\b(?:latchkey|process)_\w+")
SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? \S+$', re.MULTILINE)
LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')
GIVEN_BY_PROMETHEUS = {"instance", "job"}


def labels_by_name(text):
    found = {}
    for name, labels in SAMPLE.findall(text):
        found.setdefault(name, set()).update(label for label in LABEL.findall(labels))
    return found


def exposed(program):
    """Of a server with the memory store and of one over Redis whose canary has run."""
    found = {}
    flags = ["--canary-interval", "20ms", "--api-rate-limit", "0"]
    with RedisServer() as redis, RunningServer(program, flags, redis.url) as shared, RunningServer(program) as alone:
        end = time.monotonic() + DEADLINE
        while True:
            texts = [server.ask("GET", "/metrics").body.decode() for server in (shared, alone)]
            if "latchkey_revocation_delay_longest" in texts[0] and "latchkey_keys{" in texts[1]:
                break
            if time.monotonic() > end:
                raise RuntimeError("the canary does not run, or keys are not counted")
            time.sleep(0.02)
        for text in texts:
            for name, labels in labels_by_name(text).items():
                found.setdefault(name, set()).update(labels)
    return found


def faults(dashboard, found):
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            expression = target["expr"]
            names = NAME.findall(expression)
            if not names:
                yield f"{panel['title']}: {expression} asks for nothing"
            for name in names:
                if name not in found:
                    yield f"{panel['title']}: nothing exposes {name}"
            used = re.findall(r"[{,](\w+)=~?\"", expression)
            for group in re.findall(r"\bby \(([^)]*)\)", expression):
                used += re.split(r",\s*", group)
            used += re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
            known = GIVEN_BY_PROMETHEUS.union(*(found.get(name, set()) for name in names))
            for label in set(used) - known:
                yield f"{panel['title']}: {label} is no label of {', '.join(names)}"


def main(path, program):
    with open(path, encoding="utf-8") as file:
        dashboard = json.load(file)
    found = exposed(program)
    planted = {"panels": [{"title": "planted", "targets": [
        {"expr": 'sum by (colour) (latchkey_no_such_total{shade="1"})', "legendFormat": "{{hue}}"}]}]}
    if len(list(faults(planted, found))) != 4:
        sys.exit("planted faults are not noticed")
    noticed = list(faults(dashboard, found))
    print("\n".join(noticed) or f"{len(dashboard['panels'])} panels, all of them of figures that there are")
    return 1 if noticed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
