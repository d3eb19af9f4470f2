# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix C: a run is killed, asked to stop, or stands still, at each of its calls.

C/kill/WHERE     the next run of the same machine heals at once, even while the copy goes on
C/clean/WHERE    `clean --dry-run` tells what `clean` then does
C/other/WHERE    another machine says busy while the run may live, and heals when it is dead
C/server/WHERE   the server restarts before the next run, and what became of the copy differs
C/twice/...      the run that heals is killed, or asked to stop, too
C/term/WHERE     the run itself leaves nothing
C/stop/WHERE     the run stands still for twice as long as a session lives, and goes on
"""

import functools
import random
import signal
import time

from cell import Cell, Play
from harness import is_ours, mark_of
from kill_points import MOMENTS, points
from standing import start_standing
from steady import settings

LETTER, TITLE = "C", "killed at each step"

KILLED = {-signal.SIGKILL}
LONGER = {"copyMs": 1200}  # than the next run needs to begin
HELD = {"copyMs": 60000}   # until the server has restarted
#: What may be at work is not left; what was not yet looked for when the signal came is not named.
UNSEEN = ("leaves nothing unsaid",)
LIMIT = 180.0              # seconds; a run stands still for some of them
#: Calls that make what a dead run leaves: after each of them the ground is another.
MAKERS = {"CreateSnapshot_Task", "CloneVM_Task", "RemoveSnapshot_Task", "ReconfigVM_Task",
          "Destroy_Task"}


def cells():
    every = points()
    made = []
    for point in every:
        maker = point.method in MAKERS
        made += [
            play("kill", point, healed_at_once, long=not point.heavy, world=LONGER),
            play("clean", point, healed_by_clean, long=not (maker and point.moment == "replied")),
            play("other", point, healed_by_another, env={"STATE_DIRECTORY": "other-machine"},
                 allow=UNSEEN,
                 long=not (maker and point.moment == "executed")),
            stopped(point, "term", ends_by_itself, {0, 143}, maker and point.moment != "before"),
            stopped(point, "stop", healed_at_once, {0}, maker and point.moment == "replied",
                    contMs=6000),
        ]
        copies = ("goOn", "lost", "half") if point in copying(every) else ("goOn",)
        made += [play(f"server/{one}", point, functools.partial(server_restarts, copies=one),
                      world=HELD if requests_copy(point) else LONGER,
                      long=not (maker and point.moment == "replied"))
                 for one in copies]
    return made


def requests_copy(point):
    """Whether a copy is sure to be under way then."""
    return point.method == "CloneVM_Task" and point.moment != "before"


def copying(every):
    """The points between the request for the copy and what comes when it has ended."""
    names = [(point.method, point.moment) for point in every]
    return every[names.index(("CloneVM_Task", "executed")):
                 names.index(("RemoveSnapshot_Task", "before"))]


def drawn(options):
    return twice(points(), options)


def play(kind, point, judge, **fields):
    """A run that is killed there, and what comes then."""
    cell = Cell(f"C/{kind}/{point.name}", rules=[point.rule("kill")], exits=KILLED, heal=False,
                limit=LIMIT, **fields)
    cell.judge = functools.partial(judge, cell)
    return cell


def stopped(point, action, judge, exits, in_ci, **more):
    world = {"idleSeconds": 3} if action == "stop" else {}
    cell = Cell(f"C/{action}/{point.name}", rules=[point.rule(action, **more)], exits=exits,
                world=world, heal=False, limit=LIMIT, long=not in_ci)
    cell.judge = functools.partial(judge, cell)
    return cell


def twice(every, options):
    """Pairs, drawn by a seed: where the first run dies, and at which of its calls the next."""
    chance = random.Random(options.seed)
    calls = len(every) // 3
    made = {}
    while len(made) < options.double_kills:
        first, number = chance.choice(every), chance.randint(1, calls)
        moment, action = chance.choice(MOMENTS), chance.choice(("kill", "kill", "kill", "term"))
        judge = functools.partial(struck_again, number=number, moment=moment, action=action)
        cell = play(f"twice/{action}-{number}-{moment}", first, judge,
                    allow=UNSEEN if action == "term" else (),
                    world=chance.choice((LONGER, {})), long=len(made) >= 20)
        made.setdefault(cell.name, cell)
    return list(made.values())


# -- what is there after a run was cut short

def remains(shop):
    """What a run left: its snapshot, and its unfinished copy."""
    return our_snapshots(shop) + unfinished(shop)


def unfinished(shop):
    return [vm["name"] for vm in shop.vcenter.state()["vms"]
            if mark_of(vm).get("state") == "copying"]


def our_snapshots(shop):
    return [one["name"] for vm in shop.vcenter.state()["vms"] for one in vm["snapshots"]
            if is_ours(one)]


def heals(cell, shop):
    """L1 and L2, whatever still goes on."""
    shop.do("clear_rules")
    yield from Play(cell, shop).heals()


def healed_at_once(cell, shop, result):
    yield from heals(cell, shop)


def ends_by_itself(cell, shop, result):
    left = remains(shop)
    if left:
        yield f"after SIGTERM it left {left}:\n{result}"
    yield from heals(cell, shop)


def struck_again(cell, shop, result, number, moment, action):
    shop.do("clear_rules")
    process = start_standing(shop, *cell.command, env={"TZ": shop.another_minute()})
    shop.do("rule", rule={"nth": number, "moment": moment, "action": action, "pid": process.pid})
    process.signal(signal.SIGCONT)
    again = process.wait(cell.limit)
    if again.exit_code not in (KILLED if action == "kill" else {0, 143}):
        yield f"the second run, struck at call {number}, ended otherwise:\n{again}"
    if action == "term" and our_snapshots(shop) and again.exit_code == 0:
        yield f"the second run left {our_snapshots(shop)}:\n{again}"
    shop.do("clear_rules")
    if len(shop.generations(cell.source)) + len(unfinished(shop)) > cell.keep + 1:
        yield from held_back(cell, shop)
    yield from heals(cell, shop)


def held_back(cell, shop):
    """Two dead runs owe two deletions, and a run makes no more than two: the brake says so. What
    they left unfinished may become a generation yet."""
    result = shop.run(*cell.command, env={"TZ": shop.another_minute()}, limit=cell.limit)
    made = len(shop.generations(cell.source))
    if result.exit_code != 0 or remains(shop) or made > cell.keep + 1:
        yield f"it did not heal, {remains(shop)} is left and {made} generations:\n{result}"
    if made > cell.keep and not result.of_type("backup")[0]["warnings"]:
        yield f"there are {made} generations, and nobody was told:\n{result}"


def server_restarts(cell, shop, result, copies):
    shop.do("clear_rules")
    if cell.world == HELD:
        shop.vcenter.wait_for_copy()
    shop.do("restart", downMs=0, copies=copies, fullSize=True)  # a half one looks whole
    shop.do("speed", **LONGER)
    yield from heals(cell, shop)


# -- another machine

def with_grace(cell, shop, grace):
    shop.configure(settings(cell).replace(f'grace = "{cell.grace}"', f'grace = "{grace}"'))


def healed_by_another(cell, shop, result):
    """Nothing is touched while the other machine's run may be at work."""
    shop.do("clear_rules")
    Play(cell, shop).wait_for_quiet()
    if remains(shop):
        with_grace(cell, shop, "1h")
        since = shop.vcenter.last_call()
        early = shop.run(*cell.command, env={"TZ": shop.another_minute()}, limit=cell.limit)
        changes = [call["method"] for call in shop.vcenter.changes(since)]
        if early.exit_code != 11 or changes:
            yield f"a run that may live was not respected, {changes} was sent:\n{early}"
        with_grace(cell, shop, cell.grace)
        time.sleep(float(cell.grace.rstrip("s")) + 0.1)
    yield from heals(cell, shop)


# -- clean

def healed_by_clean(cell, shop, result):
    """What the dry run tells is what is done, and then nothing is left to do."""
    shop.do("clear_rules")
    Play(cell, shop).wait_for_quiet()
    since = shop.vcenter.last_call()
    told = shop.run("clean", cell.source, "--dry-run", limit=cell.limit)
    changes = [call["method"] for call in shop.vcenter.changes(since)]
    if told.exit_code != 0 or changes:
        yield f"the dry run sent {changes}:\n{told}"
        return
    done = shop.run("clean", cell.source, limit=cell.limit)
    left = remains(shop)
    if done.exit_code != 0 or left:
        yield f"{left} is left:\n{done}"
        return
    yield from differences(told.of_type("clean_plan")[0], done.of_type("clean")[0])
    since = shop.vcenter.last_call()
    again = shop.run("clean", cell.source, limit=cell.limit)
    changes = [call["method"] for call in shop.vcenter.changes(since)]
    if again.exit_code != 0 or changes or again.summary["changed"]:
        yield f"a second clean sent {changes}:\n{again}"
    yield from heals(cell, shop)


def differences(plan, line):
    """Between the plan and what was done."""
    words = {"remove": "removed the snapshot", "finish": "finished",
             "undo": "deleted the unfinished copy"}
    planned = [f"{words.get(step['remedy'], step['remedy'])} '{step['name']}'"
               for step in plan["recovery"]]
    done = [text.partition(":")[0] for text in line["healed"]]
    if planned != done:
        yield f"the dry run said {planned}, and {done} was done"
    expiring = [one["name"] for one in plan["decisions"] if one["fate"] == "expire"]
    if expiring != line["expired"]:
        yield f"the dry run said that {expiring} would expire, and {line['expired']} did"
