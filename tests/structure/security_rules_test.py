#!/usr/bin/env python3
"""Keeps tests/security_rules.md from rotting: every test that it names must be in the file that it names, every
rule must have a row, and only the function that may mint tokens mints them (rule 14).

    security_rules_test.py TREE        one line for each breach, exit status 1 if there is any
    security_rules_test.py --self-test plants each breach and sees it found
"""

import os
import re
import sys
import tempfile

TABLE = "tests/security_rules.md"
RULES = 35
ROW = re.compile(r"^\| (\d+) \|(.*)\|$", re.MULTILINE)
# `tests/wire/x_test.cpp`: "the name of a test"
NAMED = re.compile(r'`(tests/[\w/]+\.(?:cpp|py))`: "([^"]+)"')
TEST_CASE = re.compile(r'\bTEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
# Who may call what makes tokens: a function that is found elsewhere is a second way to mint.
MINTING = {
    "mint_token": {"auth/token.hpp", "auth/token.cpp", "auth/key_minting.cpp"},
    "print_token": {"auth/token.hpp", "auth/token.cpp", "auth/key_minting.cpp"},
    "mint_key": {"auth/key_minting.hpp", "auth/key_minting.cpp", "auth/key_creation.cpp", "auth/user_sessions.cpp",
                 "auth/revocation_canary.cpp"},
}


def text_of(tree, path):
    with open(os.path.join(tree, path), encoding="utf-8") as file:
        return file.read()


def tests_in(tree, path):
    """Names of the tests in a file; for a Python file those of its functions, as words."""
    if not os.path.exists(os.path.join(tree, path)):
        return set()
    text = text_of(tree, path)
    if path.endswith(".py"):
        return {name.replace("_", " ") for name in re.findall(r"^def (\w+)", text, re.MULTILINE)}
    return {"".join(re.findall(r'"((?:[^"\\]|\\.)*)"', parts)) for parts in TEST_CASE.findall(text)}


def every_named_test_exists(tree):
    named = NAMED.findall(text_of(tree, TABLE))
    if len(named) < RULES:
        yield f"{TABLE}: names {len(named)} tests only"
    for path, name in named:
        if name not in tests_in(tree, path):
            yield f'{TABLE}: no test "{name}" in {path}'


def every_rule_has_a_row(tree):
    rows = {int(number): row for number, row in ROW.findall(text_of(tree, TABLE))}
    for number in range(1, RULES + 1):
        row = rows.get(number)
        if row is None:
            yield f"{TABLE}: rule {number} has no row"
        elif not NAMED.search(row) and "does not apply" not in row:
            yield f"{TABLE}: rule {number} names no test and does not say that it does not apply"


def only_one_function_can_mint(tree):
    for root in ("auth", "server", "storage"):
        for folder, _, names in os.walk(os.path.join(tree, root)):
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), tree)
                if not path.endswith((".cpp", ".hpp")):
                    continue
                text = text_of(tree, path)
                for function, allowed in MINTING.items():
                    if path not in allowed and re.search(rf"\b{function}\s*\(", text):
                        yield f"{path}: {function}() is a second way to mint"


CHECKS = [every_named_test_exists, every_rule_has_a_row, only_one_function_can_mint]


def breaches(tree):
    return [breach for check in CHECKS for breach in check(tree)]


def self_test():
    row = '| {} | a rule | how | `tests/a_test.cpp`: "it holds" |\n'
    good = "".join(row.format(number) for number in range(1, RULES + 1))
    planted = [  # the table, the source, what must be said
        (good, "int main();", None),
        (good.replace("it holds", "it held", 1), "", 'no test "it held"'),
        (good.replace("a_test.cpp", "b_test.cpp", 1), "", "in tests/b_test.cpp"),
        (good.replace("| 7 |", "| seven |"), "", "rule 7 has no row"),
        (good.replace('`: "it holds"', "` shows it", 1) + row.format(36), "", "rule 1 names no test"),
        (good, "auto token = mint_token(prefix);", "a second way to mint"),
        (good, "auto text = print_token(id, secret);", "a second way to mint"),
    ]
    failures = 0
    for table, source, expected in planted:
        with tempfile.TemporaryDirectory() as tree:
            for path, text in ((TABLE, table), ("server/x.cpp", source),
                               ("tests/a_test.cpp", 'TEST_CASE("it "\n          "holds", "[a]")')):
                os.makedirs(os.path.dirname(os.path.join(tree, path)), exist_ok=True)
                with open(os.path.join(tree, path), "w", encoding="utf-8") as file:
                    file.write(text)
            found = breaches(tree)
        if not (found == [] if expected is None else len(found) == 1 and expected in found[0]):
            failures += 1
            print(f"expected {expected or 'nothing'}, found {found}")
    print(f"{len(planted) - failures} of {len(planted)} planted trees judged rightly")
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = breaches(sys.argv[1])
    print("\n".join(found) or "the table of security rules holds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
