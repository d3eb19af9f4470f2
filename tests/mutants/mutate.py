#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks the code that deletes, one place at a time, and looks whether a test turns red.

usage: mutate.py BUILD [--list] [--sample N] [--seed N] FILE...

BUILD is a Ninja build folder of this very source folder, best without sanitizers. Each mutant
is written into the source file, which is put back afterwards: let nobody else build meanwhile.
For each: build `unit_tests`, run it up to the first failure. One that does not compile does not
count. The survivors are printed; they want a test, or a reason.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import time

# what is found -> what stands there instead
SWAPS = [
    (r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "),
    (r" >= ", " > "), (r" && ", " || "), (r" \|\| ", " && "), (r"(?<=[(\s])!(?=[\w(])", ""),
    (r" \+ ", " - "), (r" - ", " + "), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"\b0\b", "1"), (r"\b1\b", "2"), (r"\+\+", "--"), (r"\bcontinue;", "break;"),
    (r"std::max\b", "std::min"), (r"std::min\b", "std::max"), (r"\bnone_of\b", "any_of"),
    (r"\bany_of\b", "none_of"), (r"\ball_of\b", "any_of"),
]
STATEMENT = re.compile(r"^(\s+)(?!return\b|const\b|auto\b|using\b|case\b|else\b|throw\b|#)"
                       r"([A-Za-z_][\w.:>\-\[\]]*(\(|\s*[-+]?=|\+\+).*;)$")
CONDITION = re.compile(r"^(\s+(?:\}? ?else )?if \()(.*)(\)(?: \{)?)$")
RETURN = re.compile(r"^(\s+)return (?!\{\}|none;|true;|false;|std::nullopt)(.+);$")
THROW = re.compile(r"^(\s+)throw .*;$")


def code_of(line):
    """The line without its strings and its comment, at the same length."""
    line = re.sub(r'"(?:\\.|[^"\\])*"', lambda m: '"' + "~" * (len(m.group()) - 2) + '"', line)
    return re.sub(r"//.*", lambda m: "~" * len(m.group()), line)


def mutants_of(path):
    """(line number, what is done, the new line) for each."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    for number, line in enumerate(lines):
        code = code_of(line)
        if not line.strip() or line.lstrip().startswith(("//", "#", "namespace", "using")):
            continue
        for pattern, other in SWAPS:
            for found in re.finditer(pattern, code):
                yield number, f"'{found.group()}' -> '{other}'", \
                    line[:found.start()] + other + line[found.end():]
        if STATEMENT.match(code):
            yield number, "statement removed", STATEMENT.match(code).group(1) + ";"
        if CONDITION.match(code):
            match = CONDITION.match(line)
            for value in ("true", "false"):
                yield number, f"condition {value}", match.group(1) + value + match.group(3)
        if RETURN.match(code):
            yield number, "returns nothing", RETURN.match(code).group(1) + "return {};"
        if THROW.match(code):
            yield number, "throw removed", THROW.match(code).group(1) + ";"


def outcome(build, filters):
    """What becomes of the mutant that stands in the sources."""
    done = subprocess.run(["ninja", "-C", build, "unit_tests"], capture_output=True, check=False)
    if done.returncode:
        return "does not compile"
    program = os.path.join(build, "tests", "unit_tests")
    try:
        done = subprocess.run([program, "--abort-after=1", *filters], capture_output=True,
                              check=False, timeout=120)
    except subprocess.TimeoutExpired:
        return "killed"
    return "killed" if done.returncode else "survives"


def try_one(options, path, mutant):
    number, what, new_line = mutant
    with open(path, encoding="utf-8") as file:
        original = file.read()
    lines = original.split("\n")
    old_line, lines[number] = lines[number], new_line
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        result = outcome(options.build, options.filter)
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(original)
    if result == "survives":
        print(f"{path}:{number + 1}: {what}\n    {old_line.strip()}", flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--sample", type=int, help="so many at random, instead of all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--filter", action="append", default=[], help="option of doctest")
    options = parser.parse_args()

    mutants = [(path, mutant) for path in options.files for mutant in mutants_of(path)]
    if options.sample and options.sample < len(mutants):
        mutants = random.Random(options.seed).sample(mutants, options.sample)
    if options.list:
        for path, (number, what, line) in mutants:
            print(f"{path}:{number + 1}: {what}: {line.strip()}")
        print(f"{len(mutants)} mutants")
        return 0
    if outcome(options.build, options.filter) != "survives":
        sys.exit("the tests are not green without a mutant")
    begin = time.monotonic()
    results = [try_one(options, path, mutant) for path, mutant in mutants]
    outcome(options.build, ["--no-run"])
    counted = len(results) - results.count("does not compile")
    killed = results.count("killed")
    print(f"{killed} of {counted} mutants are killed ({100 * killed / max(counted, 1):.1f} %), "
          f"{len(results) - counted} do not compile, {time.monotonic() - begin:.0f} s")
    return 0 if killed == counted else 1


if __name__ == "__main__":
    sys.exit(main())
