#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the program as it is shipped: is it hardened, and free of what is only for tests?

usage: hardening.py BUILD

BUILD is a build folder of Ninja, of any build type but Debug, without sanitizers.
"""

import os
import platform
import re
import subprocess
import sys

SANITIZERS = ("__asan_", "__ubsan_", "__tsan_", "__gcov_", "__sanitizer_")
MUST_NOT_STAND_IN_IT = ("VMROTATE_MUTANT", "this guard is a mutant", "broken law",
                        "SENT.log", "RECV.log")
COMPILED_WITH = ("-fstack-protector-strong", "-fstack-clash-protection",
                 "-ftrivial-auto-var-init=zero", "-fno-delete-null-pointer-checks", "-fPIE",
                 "-D_FORTIFY_SOURCE=3", "-D_GLIBCXX_ASSERTIONS")
LEAST_COMMANDS = 25  # several sources may be one unit
LEAST_LANDING_PADS = 1000


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def elf_problems(program):
    """What its headers and its symbols say."""
    headers = output_of("readelf", "-W", "-h", "-l", "-d", program)
    symbols = output_of("readelf", "-W", "--dyn-syms", program)
    stack = re.search(r"GNU_STACK.*", headers)
    writable_code = re.search(r"LOAD .* RWE ", headers)
    wanted = {
        "is no PIE": re.search(r"Type:\s+DYN", headers) and re.search(r"FLAGS_1.*PIE", headers),
        "has no RELRO": "GNU_RELRO" in headers,
        "does not bind at once": "BIND_NOW" in headers or re.search(r"FLAGS_1.*NOW", headers),
        "has an executable stack": stack and "RWE" not in stack.group(),
        "has memory to write and to execute": not writable_code,
        "has a path to libraries": not re.search(r"\((RPATH|RUNPATH)\)", headers),
        "has no stack protector": "__stack_chk_fail" in symbols,
        "has no fortified calls": re.search(r" __\w+_chk@", symbols),
        "was built with a sanitizer": not any(name in symbols for name in SANITIZERS),
    }
    return [problem for problem, holds in wanted.items() if not holds]


def landing_pad_problems(program):
    """-fcf-protection: every function that may be jumped to begins with one. The program's note
    says so too, but only where the distribution's own start files have it."""
    if platform.machine() != "x86_64":
        return []
    with open(program, "rb") as file:
        pads = file.read().count(b"\xf3\x0f\x1e\xfa")
    return [] if pads >= LEAST_LANDING_PADS else [f"has {pads} landing pads only"]


def content_problems(program):
    """Words of the tests, and of gSOAP's debug logs, which would write passwords. gSOAP's own
    library always knows the names of these logs; only a debug build of it opens them."""
    with open(program, "rb") as file:
        content = file.read()
    problems = [f"has '{word}' in it" for word in MUST_NOT_STAND_IN_IT if word.encode() in content]
    for library in re.findall(r"=> (\S*gsoap\S*)", output_of("ldd", program)):
        if "soap_open_logfile" in output_of("readelf", "-W", "--dyn-syms", library):
            problems.append(f"uses a debug build of gSOAP, {library}")
    return problems


def command_problems(build):
    """What cannot be read from the program: how each of its sources was compiled."""
    commands = [line for line in output_of("ninja", "-C", build, "-t", "commands",
                                           "vmrotate").splitlines() if " -c " in line]
    problems = [] if len(commands) >= LEAST_COMMANDS else [f"was made by {len(commands)} commands only"]
    compiler = commands[0].split(" -")[0].split()[-1] if commands else "c++"
    for flag in COMPILED_WITH:
        if flag.startswith("-f") and not is_known(compiler, flag):
            print(f"hardening: {compiler} does not know {flag}")
            continue
        without = [line.split()[-1] for line in commands if f" {flag} " not in line]
        if without:
            problems.append(f"has {len(without)} sources without {flag}, such as {without[0]}")
    return problems


def is_known(compiler, flag):
    check = [compiler, "-Werror", flag, "-x", "c++", "-fsyntax-only", "/dev/null"]
    return subprocess.run(check, capture_output=True, check=False).returncode == 0


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = sys.argv[1]
    program = os.path.join(build, "cli", "vmrotate")
    problems = (elf_problems(program) + landing_pad_problems(program) +
                content_problems(program) + command_problems(build))
    for problem in problems:
        print(f"hardening: {program} {problem}")
    if not problems:
        print(f"hardening: {program} is as it must be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
