#!/usr/bin/env python3
"""Holds the tree to its shape: which way includes point, where third-party headers stop, what files are called
and how long they are, and what may stand at the top.

    structure_test.py TREE        checks a tree; one line for each breach, exit status 1 if there is any
    structure_test.py --self-test plants each breach in a tree of its own and sees it found
"""

import os
import re
import subprocess
import sys
import tempfile

LIBRARIES = ["storage", "auth", "server"]  # each may include those before it
OTHER_ROOTS = ["bench", "tests"]
LONGEST_FILE = 420  # lines
VAGUE = re.compile(r"util|common|helper|manager", re.IGNORECASE)
TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "Dockerfile", "README.md", "compose.yaml", "dev",
             *LIBRARIES, *OTHER_ROOTS}

# A header of a library, and the only files of the three libraries that may include it.
FENCES = [
    (re.compile(r"sqlite3"), re.compile(r"storage/sqlite_")),
    (re.compile(r"botan"), re.compile(r"auth/crypto\.cpp$")),
    (re.compile(r"boost/beast"), re.compile(r"server/")),
    (re.compile(r"hiredis"), re.compile(r"storage/redis_")),
    (re.compile(r"liburing"), re.compile(r"server/socket_ring\.cpp$")),
    (re.compile(r"openssl|boost/asio/ssl"), re.compile(r"server/tls|storage/redis_connection")),
]
TEST_FRAMEWORK = re.compile(r"tests/support/(catch\.hpp|test_main\.cpp)$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
NAMED_TYPE = re.compile(r"^\s*(?:class|struct|enum class|enum|union)\s+(\w+)", re.MULTILINE)
LINKED = re.compile(r"target_link_libraries\(\s*(\w+)([^)]*)\)")
LONG_FILE_KINDS = (".cpp", ".hpp", ".py", ".sh", ".js", ".css", ".html", "CMakeLists.txt", "dev")


def files_of(tree):
    """Paths below `tree`, tracked or about to be; without git all but what the build and a run leave behind."""
    listed = subprocess.run(["git", "-C", tree, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, check=False)
    if listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        return sorted(name for name in names if name and os.path.exists(os.path.join(tree, name)))
    left_behind = re.compile(r"^(build|\.git)(/|$)|^(latchkey\.db|audit\.log)|__pycache__|\.pyc$")
    paths = [os.path.relpath(os.path.join(folder, name), tree)
             for folder, _, names in os.walk(tree) for name in names]
    return sorted(path for path in paths if not left_behind.search(path))


def breaches_of_names(path):
    if VAGUE.search(path):
        yield f"{path}: the name says nothing of what is inside (util, common, helper, manager)"
    top = path.split("/")[0]
    if top not in TOP_LEVEL and not top.startswith("."):
        yield f"{path}: {top} does not belong at the top"


def breaches_of_includes(path, text):
    root = path.split("/")[0]
    for quote, target in INCLUDE.findall(text):
        target_root = target.split("/")[0]
        if quote == '"':
            if target_root not in LIBRARIES + OTHER_ROOTS or ".." in target:
                yield f'{path}: "{target}" is not a full path from the root'
            elif root in LIBRARIES and target_root not in LIBRARIES[: LIBRARIES.index(root) + 1]:
                yield f'{path}: includes upward: "{target}"'
            continue
        if target_root in LIBRARIES + OTHER_ROOTS:
            yield f"{path}: <{target}> is a header of this tree: put it in quotes"
        if "catch2" in target and not TEST_FRAMEWORK.search(path):
            yield f"{path}: <{target}> belongs in tests/support/catch.hpp only"
        for header, fence in FENCES:
            if root in LIBRARIES and header.match(target) and not fence.match(path):
                yield f"{path}: <{target}> is outside its fence ({fence.pattern})"


def breaches_of_links(path, text):
    for target, linked in LINKED.findall(text):
        if target not in LIBRARIES:
            continue
        above = LIBRARIES[LIBRARIES.index(target) + 1:]
        for library in above:
            if re.search(rf"\b{library}\b", linked):
                yield f"{path}: {target} links upward to {library}"


def breaches_of_size(path, text):
    lines = text.count("\n")
    if path.endswith(LONG_FILE_KINDS) and lines > LONGEST_FILE:
        yield f"{path}: {lines} lines, at most {LONGEST_FILE}: split it by meaning"


def breaches_of_type_names(path, text):
    for name in NAMED_TYPE.findall(text):
        if VAGUE.search(name):
            yield f"{path}: the type {name} says nothing of what it is"


def breaches(tree):
    for path in files_of(tree):
        yield from breaches_of_names(path)
        try:
            with open(os.path.join(tree, path), encoding="utf-8") as file:
                text = file.read()
        except UnicodeDecodeError:
            continue  # a corpus file
        yield from breaches_of_size(path, text)
        if path.endswith((".cpp", ".hpp")):
            yield from breaches_of_includes(path, text)
            yield from breaches_of_type_names(path, text)
        if path.endswith("CMakeLists.txt"):
            yield from breaches_of_links(path, text)


# What is planted, and the part of a breach that must be said of it; None: nothing may be said.
PLANTED = [
    ("storage/a.cpp", '#include "auth/b.hpp"\n', "includes upward"),
    ("storage/b.cpp", '#  include "server/c.hpp"\n', "includes upward"),
    ("auth/c.cpp", '#include "server/c.hpp"\n', "includes upward"),
    ("server/d.cpp", '#include "tests/support/catch.hpp"\n', "includes upward"),
    ("server/e.cpp", '#include "config.hpp"\n', "full path"),
    ("server/f.cpp", '#include "server/../auth/g.hpp"\n', "full path"),
    ("server/g.cpp", "#include <auth/g.hpp>\n", "in quotes"),
    ("storage/store.cpp", "#include <sqlite3.h>\n", "outside its fence"),
    ("auth/token.cpp", "#include <botan/hash.h>\n", "outside its fence"),
    ("auth/verb.hpp", "#include <boost/beast/http/verb.hpp>\n", "outside its fence"),
    ("storage/cache.cpp", "#include <hiredis/hiredis.h>\n", "outside its fence"),
    ("server/session.cpp", "#include <openssl/ssl.h>\n", "outside its fence"),
    ("server/shard.cpp", "#include <liburing.h>\n", "outside its fence"),
    ("server/stream.hpp", "#include <boost/asio/ssl/stream.hpp>\n", "outside its fence"),
    ("tests/a_test.cpp", "#include <catch2/catch.hpp>\n", "tests/support/catch.hpp only"),
    ("server/string_utils.cpp", "", "says nothing"),
    ("auth/Common/x.cpp", "", "says nothing"),
    ("server/h.hpp", "class session_manager {};\n", "says nothing"),
    ("server/long.cpp", "\n" * (LONGEST_FILE + 1), "split it"),
    ("source/main.cpp", "", "does not belong"),
    ("notes.txt", "", "does not belong"),
    ("auth/CMakeLists.txt", "target_link_libraries(auth PUBLIC storage\n  PRIVATE server)\n", "links upward"),
    ("storage/sqlite_store.cpp", "#include <sqlite3.h>\n", None),
    ("auth/crypto.cpp", "#include <botan/hash.h>\n", None),
    ("server/request.hpp", "#include <boost/beast/http/verb.hpp>\n", None),
    ("storage/redis_connection.cpp", "#include <openssl/ssl.h>\n#include <hiredis/read.h>\n", None),
    ("server/tls.cpp", '#include <openssl/ssl.h>\n#include "auth/token.hpp"\n#include "storage/store.hpp"\n', None),
    ("tests/support/catch.hpp", "#include <catch2/catch.hpp>\n", None),
    ("tests/b_test.cpp", "#include <boost/beast/http.hpp>\n#include <sqlite3.h>\n", None),
    ("server/edge.cpp", "\n" * LONGEST_FILE, None),
    ("server/CMakeLists.txt", "target_link_libraries(server PUBLIC auth)\n", None),
    (".ci/run", "", None),
]


def self_test():
    failures = 0
    for path, text, expected in PLANTED:
        with tempfile.TemporaryDirectory() as tree:
            full = os.path.join(tree, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
            found = list(breaches(tree))
        is_right = not found if expected is None else len(found) == 1 and expected in found[0]
        if not is_right:
            failures += 1
            print(f"planted {path}: expected {expected or 'nothing'}, found {found}")
    print(f"{len(PLANTED) - failures} of {len(PLANTED)} planted files judged rightly")
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if not files_of(sys.argv[1]):
        sys.exit(f"no files in {sys.argv[1]}")
    found = list(breaches(sys.argv[1]))
    print("\n".join(found) or "the tree keeps its shape")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
