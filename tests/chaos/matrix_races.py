# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix R: two runs on one source, and one that was taken for dead and comes back.

R/machine/...    two processes of one machine: the lock file decides
R/machines/...   of two machines: the snapshot decides
R/revenant/...   a run stands still, another machine heals what it left, then it goes on
"""

import functools
import signal
import time

from cell import Cell, Play
from harness import wait_until
from kill_points import points
from matrix_kills import LIMIT, MAKERS, heals, remains

LETTER, TITLE = "R", "two runs at once"

OTHER = {"STATE_DIRECTORY": "other-machine"}
DOCUMENTED = {0, 1, 4, 11}
#: The snapshots of both may be there for a moment: the one that came later withdraws. And what
#: is there while the other one is at work is not left.
BOTH = ("one snapshot of ours", "leaves nothing unsaid")
SLOW = 1500  # milliseconds by which a call of one of them comes later


def cells(options):
    every = points()
    made = []
    for point in every:
        if point.moment != "before":
            continue
        heavy = point.method in MAKERS or point.method == "Login"
        for kind, env in (("machine", {}), ("machines", OTHER)):
            made.append(race(kind, env, point, long=not heavy))
    for point in every:
        heavy = point.method in MAKERS and point.moment != "before"
        made.append(revenant(point, long=not heavy))
    return made


# -- two at once

def race(kind, env, point, long):
    """The first one's call is held up there, so that the second one comes by."""
    second = {}
    cell = Cell(f"R/{kind}/{point.method}-{point.nth}",
                rules=[{"method": point.method, "nth": point.nth, "action": "delay",
                        "delayMs": SLOW}],
                exits={0, 11}, world={"copyMs": 2 * SLOW}, heal=False, grace="1h", limit=LIMIT,
                long=long, allow=BOTH if env else BOTH[1:])
    cell.during = functools.partial(start_second, env=env, second=second)
    cell.judge = functools.partial(judge_race, cell, second=second)
    return cell


def start_second(shop, process, env, second):
    wait_until(lambda: shop.vcenter._ask("/rules")["rules"][0]["hits"] or not process.is_running(),
               "the call at which the first one is held up", LIMIT)
    second["run"] = shop.start("backup", "avocado2", env={"TZ": shop.another_minute(), **env})


def judge_race(cell, shop, result, second):
    """One wins, and the other says busy; or it takes its turn when the first one has let go."""
    other = second["run"].wait(cell.limit)
    both = f"\n{result}\n{other}"
    codes = sorted((result.exit_code, other.exit_code))
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
