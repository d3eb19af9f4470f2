# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix R: two runs on one source, and one that was taken for dead and comes back.

R/machine/...    two processes of one machine: the lock file decides
R/machines/...   of two machines: the snapshot decides. Where each of them stands still while the
                 other one goes on is said, so every cell is one order of events
R/revenant/...   a run stands still, another machine heals what it left, then it goes on
"""

import functools
import signal
import time

from cell import SOURCE, Cell, Play, filled_in, start_standing
from harness import wait_until
from kill_points import points
from matrix_kills import LIMIT, MAKERS, heals, remains

LETTER, TITLE = "R", "two runs at once"

COMMAND = ("backup", SOURCE)
OTHER = {"STATE_DIRECTORY": "other-machine"}
DOCUMENTED = {0, 1, 4, 11}
#: The snapshots of both may be there for a moment: the one that came later withdraws. And what
#: is there while the other one is at work is not left.
BOTH = ("one snapshot of ours", "leaves nothing unsaid")
#: These look at the world when one has ended, and the other one may be at work by then; or
#: take whatever was sent since a run began for that run's.
ALONE = ("success is true", "exit code is honest", "read before deletion")


def cells():
    every = points()
    made = []
    for point in every:
        if point.moment == "replied" and point.method != "Logout":
            heavy = point.method in MAKERS or point.method == "Login"
            made += [race("machine", {}, point, None, long=not heavy),
                     race("machines", OTHER, point, None, long=not heavy)]
    names = [point.method for point in every]
    snapshot = names.index("CreateSnapshot_Task")
    replied = [point for point in every if point.moment == "replied"]
    looks = replied[:snapshot // 3]  # whoever stands still there holds up nobody
    made += [race("machines", OTHER, first, second,
                  long=first != looks[-1] or second.method not in MAKERS)
             for first in looks[-3:] for second in replied[snapshot // 3 - 1:-1]]
    for point in every:
        heavy = point.method in MAKERS and point.moment != "before"
        made.append(revenant(point, long=not heavy))
    return made


# -- two at once

def race(kind, env, first, second, long):
    """The first run stands still at one call until the second one stands still at another, or
    ends; then the first one goes on to its end, and then the second."""
    other = {}
    name = f"R/{kind}/{first.name}" + (f"+{second.name}" if second else "")
    cell = Cell(name, rules=[first.rule("stop")], exits={0, 11}, world={"copyMs": 300},
                heal=False, grace="1h", limit=LIMIT, long=long,
                allow=(BOTH if env else BOTH[1:]) + ALONE)
    cell.during = functools.partial(run_both, env=env, at=second, other=other)
    cell.judge = functools.partial(judge_race, cell, other=other)
    return cell


def run_both(shop, process, env, at, other):
    wait_until(lambda: stands(process), "the stop of the first one", LIMIT)
    second = start_standing(shop, *COMMAND, env={"TZ": shop.another_minute(), **env})
    if at:
        shop.do("rule", rule=filled_in(at.rule("stop"), second.pid, shop))
    second.signal(signal.SIGCONT)
    if at:
        wait_until(lambda: stands(second) or not second.is_running(), "the second one", LIMIT)
    else:
        wait_until(lambda: not second.is_running() or shop.vcenter.calls("CloneVM_Task"),
                   "the second one", LIMIT)
    process.signal(signal.SIGCONT)
    wait_until(lambda: not process.is_running(), "the end of the first one", LIMIT)
    second.signal(signal.SIGCONT)
    other["run"] = second


def judge_race(cell, shop, result, other):
    """One wins, and the other says busy; or it takes its turn when the first one has let go."""
    second = other["run"].wait(cell.limit)
    both = f"\n{result}\n{second}"
    codes = sorted((result.exit_code, second.exit_code))
    if codes not in ([0, 11], [0, 0]):
        yield f"the two ended with {codes}:{both}"
    if remains(shop):
        yield f"{remains(shop)} is left:{both}"
    made = len(shop.generations(cell.source))
    if made != cell.keep:
        yield f"there are {made} generations, not {cell.keep}:{both}"
    yield from heals(cell, shop)


# -- taken for dead

def revenant(point, long):
    cell = Cell(f"R/revenant/{point.name}", rules=[point.rule("stop")], exits=DOCUMENTED,
                world={"copyMs": 200}, heal=False, limit=LIMIT, long=long,
                allow=BOTH)
    healer = {}
    cell.during = functools.partial(heal_meanwhile, cell, healer=healer)
    cell.judge = functools.partial(judge_revenant, cell, healer=healer)
    return cell


def heal_meanwhile(cell, shop, process, healer):
    wait_until(lambda: stands(process) or not process.is_running(), "the stop", LIMIT)
    Play(cell, shop).wait_for_quiet()
    time.sleep(float(cell.grace.rstrip("s")) + 0.1)
    healer["result"] = shop.run(*cell.command, limit=LIMIT,
                                env={"TZ": shop.another_minute(), **OTHER})
    process.signal(signal.SIGCONT)


def stands(process):
    with open(f"/proc/{process.pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def judge_revenant(cell, shop, result, healer):
    """The oracle sees to it that nothing is damaged; here: that the work was done."""
    both = f"\n{result}\n{healer['result']}"
    if healer["result"].exit_code != 0:
        yield f"the other machine did not heal:{both}"
    if remains(shop):
        yield f"{remains(shop)} is left:{both}"
    yield from heals(cell, shop)
