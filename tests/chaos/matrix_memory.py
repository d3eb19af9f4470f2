# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix M, memory: the n-th allocation of a run fails, once.

Allocations are counted from main(), `new` and `malloc` alike, so that the libraries' are among
them. Whatever fails: the program ends by itself, with a documented code and a sentence; what it
began is undone, or put right by the next run. The numbers are spread evenly over the run, more
of them with --long; a thread may take another one's turn, so the same number need not be the same
allocation again. How many there are is counted anew each time, so the numbers differ from one
program to the next; a cell that is named is made from its name.
"""

import functools
import re
import subprocess

import shim
from cell import SOURCE, Cell, open_shop
from vcenter import program

LETTER, TITLE = "M", "memory"

DOCUMENTED = {0, 1, 2, 3, 4, 10, 11, 12, 13}

#: command: (how many numbers in CI, how many with --long)
SHARES = {"version": (60, 600), "list": (12, 200), "backup": (24, 600)}

CHUNK = 20  # numbers of the short path in one cell


def version(shop, number):
    """The shortest path that there is."""
    return subprocess.run([program("VMROTATE"), "--version"], capture_output=True, text=True,
                          env=shop.environment(**shim.variables(shop, alloc=number)), check=False)


@functools.lru_cache(maxsize=None)
def allocations(command):
    """How many a run that nothing disturbs makes."""
    shop = open_shop(Cell("record"))
    try:
        if command == "version":
            version(shop, 0)
        else:
            result = shop.run(command, SOURCE, env=shim.variables(shop, alloc=0))
            if result.exit_code != 0:
                raise AssertionError(f"the run to record went wrong:\n{result}")
        return int(next(line[1] for line in shim.log(shop) if line[0] == "allocations"))
    finally:
        shop.close()


def spread(command, share):
    """So many numbers over a run."""
    last = int(allocations(command) * 0.97)  # threads differ a little
    return sorted({last * part // share for part in range(1, share + 1)})


def short_path(first, last, step, is_long):
    """Many numbers in one cell: it needs no server."""
    def judge(shop, _):
        for number in range(first, last + 1, step):
            ended = version(shop, number)
            if ended.returncode not in (0, 1) or ended.returncode and \
                    "vmrotate: " not in ended.stderr:
                yield (f"allocation {number} failed, and it ended with {ended.returncode}: "
                       f"{ended.stderr.strip()[:200]}")
        if not shim.was_hit(shop):
            yield "L3: no allocation failed"

    return Cell(f"M/version/{first}-{last} by {step}", command=("credential", "list"),
                generations=0, heal=False, judge=judge, long=is_long)


def short_paths(share, is_long):
    """All verbs begin so: the first allocations one by one, then all over the rest."""
    head, end = share // 3, int(allocations("version") * 0.97)
    made = [short_path(at, min(at + CHUNK - 1, head), 1, is_long)
            for at in range(1, head + 1, CHUNK)]
    step = max(1, (end - head) // (share - head))
    made += [short_path(at, min(at + step * (CHUNK - 1), end), step, is_long)
             for at in range(head + 1, end + 1, step * CHUNK)]
    return made


def cell(command, number, is_long):
    env = {}

    def judge(shop, result):
        if not shim.was_hit(shop):
            yield "L3: no allocation failed"
        if result.exit_code and "vmrotate: " not in result.err:
            yield f"no sentence: {result.err}"

    return Cell(f"M/{command}/{number}", env=env, judge=judge, exits=DOCUMENTED,
                prepare=lambda shop: env.update(shim.variables(shop, alloc=number)),
                command=(command, SOURCE), heal=command == "backup", long=is_long)


def named(name):
    """The cell of such a name, whatever a run makes today; None if none can have it."""
    found = re.fullmatch(r"M/(list|backup)/(\d+)", name)
    if found:
        return cell(found[1], int(found[2]), is_long=False)
    found = re.fullmatch(r"M/version/(\d+)-(\d+) by (\d+)", name)
    return short_path(*map(int, found.groups()), is_long=False) if found else None


def cells():
    return []


def drawn(options):
    """Those that are named are made without a look at how many allocations there are now."""
    asked = [named(name) for name in options.only or ()]
    if asked and all(asked):
        return asked
    made = []
    for is_long in (False, True) if options.long else (False,):
        made += short_paths(SHARES["version"][is_long], is_long)
        for command in ("list", "backup"):
            made += [cell(command, number, is_long)
                     for number in spread(command, SHARES[command][is_long])]
    return list({one.name: one for one in reversed(made)}.values())
