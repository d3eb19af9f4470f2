#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the fuzz targets: first the kept corpus, then new inputs for a while.

usage: run.py BUILD [--seconds N] [--jobs N] [--only TARGET]...

BUILD is a build folder made with clang++ and VMROTATE_FUZZ=ON. What is found new is added to
BUILD/corpus, from which the next run goes on. An input that breaks something is kept in
BUILD/found, and belongs into tests/fuzz/corpus once the program is mended.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LIMITS = ["-timeout=25", "-rss_limit_mb=2048", "-max_len=20000", "-print_final_stats=1"]


class Target:
    def __init__(self, program, build):
        self.program = program
        self.name = os.path.basename(program).removeprefix("fuzz_")
        self.seeds = os.path.join(HERE, "corpus", self.name)
        self.grown = os.path.join(build, "corpus", self.name)
        self.found = os.path.join(build, "found", self.name + "-")
        os.makedirs(self.grown, exist_ok=True)
        os.makedirs(os.path.dirname(self.found), exist_ok=True)

    def run(self, *options):
        dictionary = os.path.join(HERE, self.name + ".dict")
        if os.path.exists(dictionary):
            options = (*options, "-dict=" + dictionary)
        command = [self.program, *LIMITS, f"-artifact_prefix={self.found}", *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False, text=True, errors="replace")
        return done.returncode, done.stdout

    def replay(self):
        seeds = sorted(glob.glob(os.path.join(self.seeds, "*")))
        if not seeds:
            return f"{self.seeds} is empty"
        code, output = self.run(*seeds)
        return "" if code == 0 else f"a kept input breaks it:\n{output[-6000:]}"

    def explore(self, seconds):
        code, output = self.run(f"-max_total_time={seconds}", self.grown, self.seeds)
        runs = re.search(r"number_of_executed_units: (\d+)", output)
        coverage = re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)", output)
        edges, inputs = coverage[-1] if coverage else ("0", "0")
        print(f"  {self.name:12} {runs.group(1) if runs else '?':>9} runs"
              f" {edges:>6} edges {inputs:>6} inputs", flush=True)
        if code == 0 and runs and int(runs.group(1)) > 0:
            return ""
        return f"a new input breaks it, kept as {self.found}*:\n{output[-6000:]}"

    def test(self, seconds):
        return self.replay() or (self.explore(seconds) if seconds else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--seconds", type=int, default=60, help="for each target; 0: replay only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", action="append", metavar="TARGET")
    options = parser.parse_args()

    sources = set(os.listdir(os.path.join(HERE, "corpus")))
    wanted = set(options.only) if options.only else sources
    programs = {name: os.path.join(options.build, "tests", "fuzz", "fuzz_" + name)
                for name in wanted}
    missing = [path for path in programs.values() if not os.path.exists(path)]
    if missing:
        sys.exit(f"not built: {', '.join(missing)}")
    targets = [Target(programs[name], options.build) for name in sorted(programs)]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        problems = list(pool.map(lambda target: target.test(options.seconds), targets))
    for target, problem in zip(targets, problems):
        if problem:
            print(f"fuzz: {target.name}: {problem}")
    return 1 if any(problems) else 0


if __name__ == "__main__":
    sys.exit(main())
