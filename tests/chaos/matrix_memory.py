# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix M, memory: the n-th allocation of a run fails, once.

Allocations are counted from main(), `new` and `malloc` alike, so that the libraries' are among
them. Whatever fails: the program ends by itself, with a documented code and a sentence; what it
began is undone, or put right by the next run. The numbers are spread evenly over the run, more
of them with --long; a thread may take another one's turn, so the same number need not be the same
allocation again.
"""

import functools
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
    """So many numbers over a run; of the shortest path the first ones too: all verbs begin so."""
    last = int(allocations(command) * 0.97)  # threads differ a little
    first = range(1, 1 + (share // 3 if command == "version" else 0))
    return sorted({*first, *(last * part // share for part in range(1, share + 1))})


def numbers(command, is_long):
    """Those of CI; those that --long has more of."""
    short, long = (spread(command, share) for share in SHARES[command])
    return [number for number in long if number not in short] if is_long else short


def short_path(chosen, is_long):
    """Many numbers in one cell: it needs no server."""
    def judge(shop, _):
        for number in chosen:
            ended = version(shop, number)
            if ended.returncode not in (0, 1) or ended.returncode and \
                    "vmrotate: " not in ended.stderr:
                yield (f"allocation {number} failed, and it ended with {ended.returncode}: "
                       f"{ended.stderr.strip()[:200]}")
        if not shim.was_hit(shop):
            yield "L3: no allocation failed"

    return Cell(f"M/version/{chosen[0]}-{chosen[-1]}", command=("credential", "list"),
                generations=0, heal=False, judge=judge, long=is_long)


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


def cells(options):
    made = []
    for is_long in (False, True) if options.long else (False,):
        chosen = numbers("version", is_long)
        made += [short_path(chosen[at:at + CHUNK], is_long)
                 for at in range(0, len(chosen), CHUNK)]
        for command in ("list", "backup"):
            made += [cell(command, number, is_long) for number in numbers(command, is_long)]
    return made
