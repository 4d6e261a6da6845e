#!/usr/bin/env python3
"""Holds server/systemd against the program and, where it is installed, against systemd itself: the configuration
is one that the program takes, the unit starts it with that, and its hardening is not taken back unseen.

    systemd_test.py TREE PROGRAM
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

WANTED = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
          "PrivateDevices": "yes", "DynamicUser": "yes", "CapabilityBoundingSet": "", "RestrictNamespaces": "yes",
          "MemoryDenyWriteExecute": "yes", "SystemCallArchitectures": "native", "UMask": "0077"}
MOST_EXPOSED = 15  # in tenths, of systemd-analyze's scale from 0 to 10


def settings_of(unit):
    lines = (line for line in unit.splitlines() if "=" in line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def faults(tree, program):
    folder = os.path.join(tree, "server", "systemd")
    with open(os.path.join(folder, "latchkey.service")) as text:
        unit = text.read()
    settings = settings_of(unit)
    for name, value in WANTED.items():
        if settings.get(name) != value:
            yield f"{name} is {settings.get(name)!r}, not {value!r}"
    if "serve --config /etc/latchkey/latchkey.conf" not in settings["ExecStart"]:
        yield "the unit does not start the server with its configuration"

    configuration = os.path.join(folder, "latchkey.conf")
    printed = subprocess.run([program, "serve", "--config", configuration, "--print-config"],
                             capture_output=True, text=True, env={})
    if printed.returncode != 0:
        yield f"the program refuses latchkey.conf: {printed.stderr}"
    for path in re.findall(r"= \S*?(/var/\S+)", printed.stdout):
        if not path.startswith("/var/lib/" + settings["StateDirectory"] + "/"):
            yield f"{path} is outside the only place that can be written"

    analyze = shutil.which("systemd-analyze")
    if not analyze:
        return
    with tempfile.TemporaryDirectory() as scratch:
        copy = os.path.join(scratch, "latchkey.service")
        with open(copy, "w") as out:
            out.write(unit.replace("/usr/local/bin/latchkey", program))
        checked = subprocess.run([analyze, "verify", copy], capture_output=True, text=True)
        if checked.returncode != 0 or "latchkey.service" in checked.stderr:
            yield f"systemd-analyze verify: {checked.stderr}"
        rated = subprocess.run([analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", copy],
                               capture_output=True, text=True)
        if rated.returncode != 0:
            yield f"systemd-analyze security: {rated.stdout.splitlines()[-1:]} {rated.stderr}"


def main():
    found = list(faults(*sys.argv[1:3]))
    for fault in found:
        print(fault)
    print("the unit starts the program as it should" if not found else f"{len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
