# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays random histories of a shop, each on a test vCenter of its own.

    python3 tests/chaos/histories.py --count 20          # the seeds 1 to 20
    python3 tests/chaos/histories.py --seed 17           # one again; told at length if it fails
    python3 tests/chaos/histories.py --year              # 365 nights on one vCenter
    python3 tests/chaos/histories.py --long              # 5,000 histories, and the year

VMROTATE and VMROTATE_TEST_VCENTER name the two programs. A history is drawn from its seed
alone: the same seed gives the same steps. One that fails is played again with steps left out,
as long as it fails, to show the fewest that are needed.
"""

import argparse
import multiprocessing
import os
import random
import sys
import time

import paths  # noqa: F401  (finds tests/e2e)
import shim
from cell import model_generation
from history import run_history
from history_steps import draw, told
from history_year import run_year

#: One of 6 to 10 steps takes 1.5 seconds of processor time, so these are three minutes of two
#: processors with the program as it is shipped.
COUNT = 200

#: Histories wait, for a task that has vanished half a minute: so many at once fill a processor.
AT_ONCE = 3


def options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, metavar="N", help="so many, with the seeds 1 to N")
    parser.add_argument("--seed", type=int, action="append", help="one history; may be repeated")
    parser.add_argument("--steps", type=int, help="so many in each instead of 6 to 10")
    parser.add_argument("--leave-out", default="", metavar="1,4", help="without these steps")
    parser.add_argument("--jobs", type=int, default=AT_ONCE * os.cpu_count(), metavar="N")
    parser.add_argument("--tries", type=int, default=20, help="plays to minimise a failure with")
    parser.add_argument("--year", action="store_true", help="365 nights instead")
    parser.add_argument("--nights", type=int, default=365, help="of the year")
    parser.add_argument("--long", action="store_true",
                        default=bool(os.environ.get("VMROTATE_TEST_LONG")))
    return parser.parse_args()


def steps_of(seed, count):
    """[(number, step)] of a seed."""
    chance = random.Random(seed)
    return list(enumerate(draw(chance, count or chance.randint(6, 10)), 1))


def without(steps, numbers):
    return [step for number, step in steps if number not in numbers]


def minimise(seed, steps, left_out, tries, play=run_history):
    """The numbers of all steps that a failure does not need, found within so many plays."""
    out = set(left_out)
    for number, _ in reversed(steps):
        if number in out:
            continue
        if tries <= 0:
            break
        tries -= 1
        if play(seed, without(steps, out | {number})).problems:
            out.add(number)
    return out


def play(work):
    """One seed, and what is to be told of it."""
    seed, count, left_out, tries = work
    steps = steps_of(seed, count)
    outcome = run_history(seed, without(steps, left_out))
    if not outcome.problems:
        return outcome, len(steps), ""
    out = minimise(seed, steps, left_out, tries)
    return outcome, len(steps), failure(seed, count, steps, out, outcome)


def failure(seed, count, steps, out, outcome):
    command = f"python3 tests/chaos/histories.py --seed {seed}"
    command += f" --steps {count}" if count else ""
    shorter = f" --leave-out {','.join(map(str, sorted(out)))}" if out else ""
    lines = [f"FAILED history {seed}", f"  replay: {command}", f"  shorter: {command}{shorter}"]
    lines += [f"  {'-' if number in out else '*'} {number}. {told(step)}"
              for number, step in steps]
    return "\n".join([*lines, *(f"  {one}" for one in outcome.problems)])


def play_all(chosen, seeds):
    """The number of histories that failed."""
    left_out = {int(one) for one in chosen.leave_out.split(",") if one}
    work = [(seed, chosen.steps, left_out, chosen.tries) for seed in seeds]
    model_generation()  # once, for all processes
    began, failed, steps, worked = time.monotonic(), [], 0, 0.0
    with multiprocessing.get_context("fork").Pool(chosen.jobs) as pool:
        for outcome, count, text in pool.imap_unordered(play, work):
            steps, worked = steps + count, worked + outcome.worked
            if text:
                failed.append(outcome.name)
                print(text + ("\n" + outcome.notes if len(work) == 1 else ""), flush=True)
    print(f"{len(work)} histories, {steps} steps, in {(time.monotonic() - began) / 60:.1f} min "
          f"with {chosen.jobs} processes, {worked / len(work):.2f} s of processor time each; "
          f"{len(failed)} failed")
    return len(failed)


def main():
    chosen = options()
    failed = 0
    shim.library()  # once, for all processes
    if chosen.year or chosen.long and not chosen.seed:
        problems = run_year(chosen.nights)
        failed += bool(problems)
        print("\n".join([f"a year of {chosen.nights} nights: "
                         f"{'FAILED' if problems else 'as it should be'}", *problems]), flush=True)
    if not chosen.year:
        count = chosen.count or (5000 if chosen.long else COUNT)
        failed += play_all(chosen, chosen.seed or range(1, count + 1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
