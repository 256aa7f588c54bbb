#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""table.py REPORT EXCLUDED: the table of lines and branches that ran, from gcovr's JSON.

A row for each file and a total for each folder, with the numbers of the lines that never ran and of
those with a branch that was never taken. EXCLUDED lists what no test can reach, a paragraph each:

    src/base/loop.c: wait_for
        1  if (err != KEDGE_OK && err != KEDGE_ERR_WOKEN)
        0  return err;
    because no port ...

A line is meant by its function and its text, so it may move; the number says how many of its
branches are never taken. A listed line that never runs is left out. What is listed and yet runs, or
is not there, is a failure, so the list cannot rot. The last line is "N passed, N failed", of files:
one passes when all its lines ran and LEAST_BRANCHES percent of its branches, or all but one, were
taken.
"""

import glob
import json
import re
import sys

LEAST_BRANCHES = 95
FLOORS = "base json net object client cache queue tools".split()


class Rule:
    def __init__(self, branches):
        self.branches = branches
        self.used = False


class Sums:
    def __init__(self):
        self.lines = self.ran = self.branches = self.taken = 0
        self.left_out_lines = self.left_out_branches = 0
        self.missing, self.untaken = [], []

    def add(self, other):
        for field, value in vars(self).items():
            if isinstance(value, int):
                setattr(self, field, value + getattr(other, field))

    def good(self):
        """A small file may leave one branch open: that is more than its share already."""
        enough = LEAST_BRANCHES * self.branches <= 100 * self.taken
        return self.ran == self.lines and (enough or self.taken + 1 >= self.branches)

    def row(self, name):
        numbers = [f"{' '.join(map(str, l))}{what}" for l, what in
                   ((self.missing, " never ran"), (self.untaken, " not both ways")) if l]
        return (f"{name:<32}{self.ran:6}/{self.lines:<5}{percent(self.ran, self.lines):>6}"
                f"{self.taken:7}/{self.branches:<5}{percent(self.taken, self.branches):>6}"
                f"  {'; '.join(numbers)}").rstrip()


def percent(part, whole):
    """Rounded down, so that 100 means all."""
    return f"{1000 * part // whole / 10:g}%" if whole else "-"


def read_rules(path):
    """{(file, function, text): rule} of the list."""
    rules = {}
    for paragraph in re.split(r"\n\n+", open(path).read()):
        lines = [l for l in paragraph.strip("\n").split("\n") if l and l[0] != "#"]
        if not lines:
            continue
        place = re.match(r"(\S+\.[ch]): (\w+)$", lines[0])
        texts = [re.match(r"    (\d+)  (\S.*)", l) for l in lines[1:-1]]
        if not place or not all(texts) or not lines[-1].startswith("because "):
            sys.exit(f"{path}: this is no rule:\n{paragraph}")
        for text in texts:
            rules[place.groups() + (text[2].strip(),)] = Rule(int(text[1]))
    return rules


def count(entry, rules):
    """The sums of one file of the report."""
    texts = open(entry["file"]).read().split("\n")
    starts = sorted((f["lineno"], f["name"]) for f in entry["functions"])
    sums = Sums()
    for line in entry["lines"]:
        if line["gcovr/noncode"]:
            continue
        number, ran = line["line_number"], line["count"] > 0
        function = next((f for start, f in reversed(starts) if start <= number), "")
        rule = rules.get((entry["file"], function, texts[number - 1].strip()))
        untaken = sum(b["count"] == 0 for b in line["branches"])
        spared = min(untaken, rule.branches) if rule else 0
        sums.branches += len(line["branches"]) - spared
        sums.left_out_branches += spared
        sums.taken += len(line["branches"]) - untaken
        if rule and (not ran or spared == rule.branches > 0):
            rule.used = True
        if ran or not rule:
            sums.lines += 1
            sums.ran += ran
        else:
            sums.left_out_lines += 1
        if not ran and not rule:
            sums.missing.append(number)
        elif untaken > spared:
            sums.untaken.append(number)
    return sums


def floor_of(folder):
    name = folder.split("/")[1]
    return FLOORS.index(name) if folder.startswith("src/") else len(FLOORS)


def main(report, excluded):
    rules = read_rules(excluded)
    folders = {}
    for entry in json.load(open(report))["files"]:
        folder = "/".join(entry["file"].split("/")[:2])
        folders.setdefault(folder, {})[entry["file"]] = count(entry, rules)

    print(f"{'':<32}{'lines':>18}{'branches':>18}")
    totals, failed = [], []
    for folder, files in sorted(folders.items(), key=lambda f: floor_of(f[0])):
        total = Sums()
        for name, sums in sorted(files.items()):
            print(sums.row(name))
            total.add(sums)
            failed += [] if sums.good() else [name]
        totals.append((folder, total))
    there = {name for files in folders.values() for name in files}
    others = set(glob.glob("src/**/*.c", recursive=True) + glob.glob("port/posix/*.c")) - there
    print("\nWithout a line of code, or not in this build:\n  " + "\n  ".join(sorted(others)))
    print(f"\nLeft out ({excluded}):\n")
    print("".join(l for l in open(excluded) if l[0] != "#").strip())

    print(f"\n{'floor':<32}{'lines':>18}{'branches':>18}")
    everything = Sums()
    for folder, total in totals:
        floor = floor_of(folder)
        print(total.row(f"{floor if floor < len(FLOORS) else '-'}  {folder}"))
        everything.add(total)
    print(everything.row("   all"))
    print(f"   left out, of these files: {everything.left_out_lines} lines,"
          f" {everything.left_out_branches} branches")

    for name in failed:
        print(f"{name}: not every line, or under {LEAST_BRANCHES} % of its branches")
    stale = [f"{k[0]}: {k[1]}: {k[2]}" for k, rule in rules.items() if not rule.used]
    for text in stale:
        print(f"{excluded}: runs, or is not there: {text}")
    bad = len(failed) + len(stale)
    print(f"\n{sum(map(len, folders.values())) - len(failed)} passed, {bad} failed")
    return bad > 0


sys.exit(main(*sys.argv[1:]))
