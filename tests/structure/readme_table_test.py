#!/usr/bin/env python3
"""Fails unless the README's configuration table is what `latchkey serve --help-markdown` prints.

usage: readme_table_test.py README LATCHKEY
"""

import subprocess
import sys

BEGIN, END = "<!-- made by: latchkey serve --help-markdown -->\n", "<!-- end -->"


def main(readme, latchkey):
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    if BEGIN not in text or END not in text:
        sys.exit(f"{readme}: the markers around the configuration table are gone")
    written = text.split(BEGIN)[1].split(END)[0]
    printed = subprocess.run([latchkey, "serve", "--help-markdown"], capture_output=True, text=True, check=True).stdout
    if written != printed:
        sys.exit(f"{readme}: the configuration table is not what `latchkey serve --help-markdown` prints")


main(*sys.argv[1:])
