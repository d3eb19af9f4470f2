#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes one guard at a time out of the unit tests' program: a test must turn red for each.

usage: run.py PROGRAM GUARDS_HPP [--all]

PROGRAM is the unit tests with change_guard.cpp linked in. The guards are those of the enum
in GUARDS_HPP. Each is left out, and then negated. --all runs every test of the program for
each, and tells how many turn red; without it, the tests of the deleting code run, up to the
first red one.
"""

import argparse
import os
import re
import subprocess
import sys

DELETING = ["-sf=*guards_test.cpp,*expire_test.cpp,*discard*,*deletion*,*rotation_laws_test.cpp"]


def guards_of(header):
    """The enumerators of `enum class Guard`, in their order."""
    with open(header, encoding="utf-8") as file:
        body = re.search(r"enum class Guard \{(.*?)\};", file.read(), re.DOTALL).group(1)
    return re.findall(r"^\s*(\w+)\s*,", re.sub(r"///?.*", "", body), re.MULTILINE)


def run(program, filters, mutant=None):
    """How many test cases ran, and how many of them failed."""
    environment = dict(os.environ)
    environment.pop("VMROTATE_MUTANT", None)
    if mutant:
        environment["VMROTATE_MUTANT"] = mutant
    done = subprocess.run([program, "--no-colors", *filters], env=environment, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = re.search(r"test cases:\s+(\d+) \|\s+(\d+) passed \|\s+(\d+) failed", done.stdout)
    if not found:
        sys.exit(f"no result of '{mutant}':\n{done.stdout[-2000:]}")
    cases, passed, failed = map(int, found.groups())
    if (failed == 0) != (done.returncode == 0):
        sys.exit(f"the result of '{mutant}' is not clear: exit {done.returncode}, {failed} failed")
    return passed + failed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("header")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()

    filters = [] if options.all else DELETING
    guards = guards_of(options.header)
    cases, failed = run(options.program, filters)
    if failed or cases < 10 or len(guards) < 20:
        sys.exit(f"{len(guards)} guards; without a mutant {failed} of {cases} tests fail")
    print(f"{len(guards)} guards, {cases} tests")
    survivors = []
    for number, guard in enumerate(guards):
        for change in ("skip", "negate"):
            limit = [] if options.all else ["--abort-after=1"]
            _, failed = run(options.program, filters + limit, f"{change} {number}")
            if options.all:
                print(f"  {change:6} {guard:16} {failed:3} red")
            if not failed:
                survivors.append(f"{change} {guard}")
    for survivor in survivors:
        print(f"no test notices: {survivor}")
    print(f"{2 * len(guards) - len(survivors)} of {2 * len(guards)} mutants are noticed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
