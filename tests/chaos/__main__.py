# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the cells: `python3 tests/chaos --help`."""

import argparse
import fnmatch
import glob
import importlib
import multiprocessing
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cell import knows, model_generation, run_cell
from paths import HERE

CELLS = []  #: inherited by the processes that play them


def options():
    parser = argparse.ArgumentParser(prog="python3 tests/chaos", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the cells and play none")
    parser.add_argument("--only", action="append", metavar="GLOB", help="cells of such a name "
                        "or whose name begins so; repeat it for more")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--long", action="store_true", help="also what takes too long for CI",
                        default=bool(os.environ.get("VMROTATE_TEST_LONG")))
    parser.add_argument("--share", type=int, default=1, metavar="N",
                        help="of each matrix, every Nth cell; not with --long")
    parser.add_argument("--seed", type=int, default=1, help="for cells that are drawn")
    parser.add_argument("--double-kills", type=int, default=500, metavar="N",
                        help="so many pairs of strikes in C/twice, drawn from the seed")
    parser.add_argument("--verbose", action="store_true", help="say each cell with its seconds")
    return parser.parse_args()


def matrices():
    """The modules matrix_*.py of this folder."""
    names = sorted(os.path.splitext(os.path.basename(path))[0]
                   for path in glob.glob(os.path.join(HERE, "matrix_*.py")))
    return [importlib.import_module(name) for name in names]


def is_wanted(cell, chosen):
    if not chosen.only:
        return chosen.long or not cell.long
    if cell.name in chosen.only:
        return True
    matches = any(fnmatch.fnmatchcase(cell.name, one) or cell.name.startswith(one.rstrip("/") + "/")
                  for one in chosen.only)
    return matches and (chosen.long or not cell.long)


def play(number):
    return number, run_cell(CELLS[number])


def told(outcome, at_length):
    return (f"\nFAILED {outcome.name}\n  replay: python3 tests/chaos --only '{outcome.name}'\n  " +
            "\n  ".join(outcome.problems) + ("\n" + outcome.notes if at_length else ""))


def table(found, outcomes):
    """Counts of each matrix, the minutes of all its cells, the processor's seconds of one."""
    lines = [f"{'matrix':34} {'cells':>6} {'passed':>7} {'failed':>7} {'n/a':>5} {'min':>6} "
             f"{'CPU s':>6}"]
    for module in found:
        mine = [cell for cell in CELLS if cell.name.startswith(module.LETTER + "/")]
        if not mine:
            continue
        ended = [outcomes[cell.name] for cell in mine if cell.name in outcomes]
        failed = sum(bool(one.problems) for one in ended)
        away = sum(bool(cell.not_applicable) for cell in mine)
        lines.append(f"{module.LETTER + ' ' + module.TITLE:34} {len(mine):6} "
                     f"{len(ended) - failed:7} {failed:7} {away:5} "
                     f"{sum(one.seconds for one in ended) / 60:6.1f} "
                     f"{sum(one.worked for one in ended) / max(len(ended), 1):6.2f}")
    return "\n".join(lines)


def main():
    chosen = options()
    found = matrices()
    random.seed(chosen.seed)
    for module in found:
        if not chosen.only or any(one.startswith((module.LETTER + "/", "*")) or one == module.LETTER
                                  for one in chosen.only):
            mine = [cell for cell in module.cells(chosen) if is_wanted(cell, chosen)]
            CELLS.extend(mine if chosen.long else mine[::chosen.share])
    names = [cell.name for cell in CELLS]
    for name in {name for name in names if names.count(name) > 1}:
        sys.exit(f"two cells are called '{name}'")
    if chosen.list:
        for cell in CELLS:
            reason = f"   n/a: {cell.not_applicable}" if cell.not_applicable else ""
            print(cell.name + ("  (long)" if cell.long else "") + reason)
        return 0
    if not CELLS:
        sys.exit("there is no such cell")
    model_generation(), knows("defaults", "grace")  # once, for all processes
    began, outcomes = time.monotonic(), {}
    live = [number for number, cell in enumerate(CELLS) if not cell.not_applicable]
    with multiprocessing.get_context("fork").Pool(chosen.jobs) as pool:
        for number, outcome in pool.imap_unordered(play, live):
            outcomes[outcome.name] = outcome
            if outcome.problems:
                print(told(outcome, len(live) == 1), flush=True)
            elif chosen.verbose:
                print(f"{outcome.name}: {outcome.seconds:.1f} s", flush=True)
    print("\n" + table(found, outcomes))
    failed = sorted(name for name, one in outcomes.items() if one.problems)
    print(f"{len(outcomes)} cells in {(time.monotonic() - began) / 60:.1f} min with "
          f"{chosen.jobs} processes, {len(failed)} failed")
    for name in failed:
        print("  FAILED", name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
