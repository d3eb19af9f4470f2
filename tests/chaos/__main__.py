# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the cells: `python3 tests/chaos --help`."""

import argparse
import fnmatch
import multiprocessing
import os
import shlex
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cell import model_generation, run_cell
from matrices import cells_of, matrices
from turns import in_turn, is_meant, on_record, turn_of

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
                        help="of each matrix, one of N parts, another one each day or as "
                        "VMROTATE_CHAOS_TURN says, and what is on record; not with --long")
    parser.add_argument("--seed", type=int, default=1, help="for cells that are drawn")
    parser.add_argument("--double-kills", type=int, default=500, metavar="N",
                        help="so many pairs of strikes in C/twice, drawn from the seed")
    parser.add_argument("--verbose", action="store_true", help="say each cell with its seconds")
    return parser.parse_args()


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


def replay(name, chosen):
    """The command that plays a cell again."""
    words = ["python3 tests/chaos", "--only", shlex.quote(name)]
    if name.startswith("C/twice/"):
        words += ["--seed", str(chosen.seed), "--double-kills", str(chosen.double_kills)]
    return " ".join(words + ["--long"] * chosen.long)


def told(outcome, chosen, at_length):
    return (f"\nFAILED {outcome.name}\n  replay: {replay(outcome.name, chosen)}"
            f"{turn_text(chosen)}\n  " + "\n  ".join(outcome.problems) +
            ("\n" + outcome.notes if at_length else ""))


def turn_text(chosen):
    """Which part of all was played, where not all was."""
    if chosen.share == 1 or chosen.long:
        return ""
    return f"   # of turn {turn_of(chosen.share)} of {chosen.share}"


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


def collect(found, chosen):
    """Fills CELLS."""
    record = on_record() if chosen.share > 1 else frozenset()
    for module in found:
        if chosen.only and not any(one.startswith((module.LETTER + "/", "*")) or
                                   one == module.LETTER for one in chosen.only):
            continue
        mine = [cell for cell in cells_of(module, chosen)
                if is_wanted(cell, chosen) or is_recorded(cell, chosen, record)]
        CELLS.extend(mine if chosen.long or chosen.share == 1 else
                     in_turn(mine, chosen.share, turn_of(chosen.share), record))
    names = [cell.name for cell in CELLS]
    for name in {name for name in names if names.count(name) > 1}:
        sys.exit(f"two cells are called '{name}'")


def is_recorded(cell, chosen, record):
    """What has found something is played though it takes long."""
    return cell.name in record and (not chosen.only or is_meant(cell.name, chosen.only))


def main():
    chosen = options()
    found = matrices()
    collect(found, chosen)
    if chosen.list:
        for cell in CELLS:
            reason = f"   n/a: {cell.not_applicable}" if cell.not_applicable else ""
            print(cell.name + ("  (long)" if cell.long else "") + reason)
        return 0
    if not CELLS:
        sys.exit("there is no such cell")
    model_generation()  # once, for all processes
    began, outcomes = time.monotonic(), {}
    live = [number for number, cell in enumerate(CELLS) if not cell.not_applicable]
    with multiprocessing.get_context("fork").Pool(chosen.jobs) as pool:
        for number, outcome in pool.imap_unordered(play, live):
            outcomes[outcome.name] = outcome
            if outcome.problems:
                print(told(outcome, chosen, len(live) == 1), flush=True)
            elif chosen.verbose:
                print(f"{outcome.name}: {outcome.seconds:.1f} s", flush=True)
    print("\n" + table(found, outcomes))
    failed = sorted(name for name, one in outcomes.items() if one.problems)
    print(f"{len(outcomes)} cells in {(time.monotonic() - began) / 60:.1f} min with "
          f"{chosen.jobs} processes, {len(failed)} failed{turn_text(chosen)}")
    for name in failed:
        print("  FAILED", name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
