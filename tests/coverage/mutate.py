#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mutate.py COUNT [SEED [FOLDER]]: makes small mistakes in src/, one at a time, and looks whether a
unit test notices.

A mistake is a turned comparison or condition, a statement left out, a number off by one or another
truth value, in a line that the last `make coverage` saw run. Works in a copy under build/mutate. Each
mistake that no test of TESTS noticed is printed: either it changes nothing that anybody could see, or
a test is missing.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys

PLACE = "build/mutate"
TESTS = {  # in the order in which they find most
    "base": "arena loop line backoff base64 hash random token_bucket err informer_calls",
    "json": "sieve reader writer sieve_model project",
    "net": "http url request host tls tls_below tls_error exchange client tls_sweeps",
    "object": "project kind record heap selector status quantity time bytes informer",
    "client": "kubeconfig config token exchange client informer_edges",
    "cache": "informer_calls informer_server informer delta_fifo indexer informer_edges",
}
CHANGES = [
    (r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "),
    (r" >= ", " > "), (r" && ", " || "), (r" \|\| ", " && "), (r" \+ 1\b", " + 2"), (r" - 1\b", ""),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r" \+= ", " -= "), (r" \+ ", " - "),
    (r"\bif \((.*)\)( \{)?$", r"if (!(\1))\2"), (r"\breturn ([a-z_>.-]+);", r"return !\1;"),
    (r"^(\s+)(?!return|break|continue|goto|struct|const|kedge_err \w+ =|size_t|u?int|bool|char|static)"
     r"[^=]*( = |\().*;$", r"\1;"),
]


def mutants(report, folder):
    """(file, line number, new text) of every mistake that could be made."""
    for entry in json.load(open(report))["files"]:
        if not entry["file"].startswith(folder) or not entry["file"].endswith(".c"):
            continue
        lines = open(entry["file"]).read().split("\n")
        for line in entry["lines"]:
            text = lines[line["line_number"] - 1]
            if line["count"] == 0 or "_Static_assert" in text:
                continue
            for old, new in CHANGES:
                changed = re.sub(old, new, text, count=1)
                if changed != text:
                    yield entry["file"], line["line_number"], text, changed


def quiet(*command, seconds=120):
    try:
        return subprocess.run(command, cwd=PLACE, stdout=subprocess.DEVNULL, timeout=seconds,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def noticed(folder):
    """The test that fails, "the compiler", or None."""
    programs = [f"build/tests/unit/{test}" for test in TESTS[folder].split()]
    if not quiet("make", "CFLAGS=-O0", *programs):
        return "the compiler"
    return next((p for p in programs if not quiet(p, seconds=40)), None)


def main(count, seed="1", folder="src/"):
    shutil.rmtree(PLACE, ignore_errors=True)
    for name in ("src", "include", "port", "tests", "examples"):
        shutil.copytree(name, f"{PLACE}/{name}")
    shutil.copy("Makefile", PLACE)
    every = list(mutants("build/coverage/report.json", folder))
    picked = random.Random(int(seed)).sample(every, min(int(count), len(every)))
    tried = survived = 0
    for name, number, text, changed in picked:
        path = os.path.join(PLACE, name)
        original = open(path).read()
        lines = original.split("\n")
        lines[number - 1] = changed
        open(path, "w").write("\n".join(lines))
        by = noticed(name.split("/")[1])
        open(path, "w").write(original)
        tried += by != "the compiler"
        print(f"{tried} {name}:{number}: {by}", file=sys.stderr, flush=True)
        if by is None:
            survived += 1
            print(f"{name}:{number}:\n-{text}\n+{changed}", flush=True)
    print(f"{survived} of {tried} mistakes were not noticed (seed {seed})")


main(*sys.argv[1:])
