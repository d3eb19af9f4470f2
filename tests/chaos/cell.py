# SPDX-License-Identifier: GPL-3.0-or-later
"""Cells: a run of vmrotate with one fault in it, and what must be true afterwards.

    from cell import Cell, run_cell

    cell = Cell("A/CloneVM_Task/dropReply/1",
                rules=[{"method": "CloneVM_Task", "action": "dropReply"}])
    outcome = run_cell(cell)
    assert not outcome.problems, outcome

`run_cell` does this, always in the same order:

1. It opens a shop with a test vCenter of its own, in a steady state: `generations` complete
   generations of `source`, of which `keep` are to stay. They are put there by control
   actions, with the mark of a generation that a real run made. `world` is the vCenter's
   configuration, `settings` more lines of [defaults] in vmrotate.toml; `prepare(shop)` does
   what else is to be done.
2. It starts `command` in a process that stands still, so that its pid is known before its
   first call; gives the vCenter the `rules` and `orders` (a rule that signals and names no pid
   gets this one), and lets it go. `during(shop, process)` can act meanwhile.
3. It waits for the end: within `limit` seconds (S7), with one of the `exits`.
4. Every rule must have been hit and every order taken (L3).
5. `mend(shop)` puts the world right again, rules are cleared, the server is waited for, and the
   same command runs once more: now everything must be healed (L1). A third run may only rotate (L2).
   `heal=False` leaves that out: then `judge(shop, result)` may say what is wrong instead.
6. The oracle of judge.py judges the whole of it from log, history and state (S1 to S12).

`judge(shop, result)` gets the result of the run with the fault and yields sentences; so can
`healed(shop, result)` after the first run without one. What a cell breaks on purpose it
declares by `allow`: the names of the oracle's rules. A cell that does not apply has
`not_applicable` with the reason. `long=True` leaves a cell to `--long`.

A matrix is a module `matrix_NAME.py` in this folder with LETTER, TITLE and a function
`cells()` that makes a list of cells with names "LETTER/..."; `drawn(options)` may make more, by
what the command line says. Nothing else is to be registered. `record(...)` gives the calls of a
run without faults to make cells from.
"""

import dataclasses
import functools
import re
import resource
import signal
import ssl
import time
import traceback
import urllib.request
from typing import Callable, Optional

import paths  # noqa: F401  (finds tests/e2e)
from harness import Shop, is_ours, mark_of, wait_until
from judge import ChaosOracle

SOURCE = "avocado2"

#: Stands still until SIGCONT, then becomes the program: its pid is known before its first call.
STANDS_STILL = ("/bin/sh", "-c", 'kill -STOP $$; exec "$@"', "sh")

SIGNALS = ("kill", "term", "stop")


@dataclasses.dataclass
class Cell:
    name: str
    rules: list = dataclasses.field(default_factory=list)
    orders: list = dataclasses.field(default_factory=list)
    world: dict = dataclasses.field(default_factory=dict)
    settings: str = ""
    vcenter_settings: str = ""
    generations: int = 2
    keep: int = 2
    source: str = SOURCE
    command: tuple = ("backup", SOURCE)
    env: dict = dataclasses.field(default_factory=dict)
    prepare: Optional[Callable] = None
    during: Optional[Callable] = None
    mend: Optional[Callable] = None
    judge: Optional[Callable] = None
    healed: Optional[Callable] = None
    exits: Optional[set] = None  #: None: any documented one; a signal that kills is negative
    limit: float = 60.0
    heal: bool = True
    grace: str = "1s"
    allow: tuple = ()
    long: bool = False
    not_applicable: str = ""


@dataclasses.dataclass
class Outcome:
    name: str
    problems: list
    seconds: float
    notes: str = ""
    worked: float = 0.0  #: seconds of processor time: its vCenter's and the program's too


def run_cell(cell):
    """Runs a cell: an Outcome, whatever happens."""
    began, worked = time.monotonic(), processor_time()
    problems, notes = [], ""
    try:
        shop = open_shop(cell)
        try:
            Play(cell, shop).run(problems)
            notes = "\n".join(str(result) for result in shop.results) + "\n" + calls_text(shop)
        finally:
            if shop.close() != 0:
                problems.append("the test vCenter ended badly")
    except Exception:  # a cell that cannot be played has failed
        problems.append(traceback.format_exc())
    return Outcome(cell.name, problems, time.monotonic() - began, notes if problems else "",
                   processor_time() - worked)


def processor_time():
    """Seconds that this process has worked, and those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def calls_text(shop):
    """The calls that matter, for people."""
    lines = []
    for call in shop.vcenter.log():
        if call["action"] or call["method"].endswith("_Task") or call["fault"]:
            lines.append("  {seq:4} {ms:6} ms {method} of '{target}' ({this}) {task} {fault} "
                         "{action}".format(**call).rstrip())
    return "\n".join(lines)


# -- the steady state

def open_shop(cell):
    """A shop in the steady state that the cell asks for, with short waits."""
    world = {"copyMs": 20, **cell.world}
    shop = Shop(world)
    try:
        shop.oracle = ChaosOracle(shop)
        shop.allow(*cell.allow)
        shop.keep = cell.keep
        shop.configure(settings(cell))
        add_generations(shop, cell.source, cell.generations)
        if cell.prepare:
            cell.prepare(shop)
    except BaseException:
        shop.close()
        raise
    return shop


def settings(cell):
    lines = ["[vcenter]", 'retry_for = "2s"', cell.vcenter_settings, "[defaults]",
             f"keep = {cell.keep}", 'task_wait = "3s"', f'grace = "{cell.grace}"']
    return "\n".join([*lines, cell.settings, ""])


@functools.lru_cache(maxsize=None)
def model_generation():
    """A generation's VM as /state shows it, made by a real run, beside its source."""
    shop = Shop({"copyMs": 0})
    try:
        result = shop.backups(1)[0]
        made = shop.vcenter.vm(result.lines[0]["generation"])
        return made, shop.vcenter.vm(SOURCE)
    finally:
        shop.close()


def add_generations(shop, source, count, first=1):
    """Puts complete generations of a source there, without running anything."""
    if not count:
        return  # the source may not be there yet
    made, its_source = model_generation()
    vm = shop.vcenter.vm(source)
    for number in range(first, first + count):
        name = f"zz_{source}-{number:02}-20260101{number:02}00"
        uuid = f"00000000-0000-4000-8000-{number:012}"
        mark = {key: value for key, value in made["extraConfig"].items()
                if key.startswith("vmrotate.")}
        mark.update({
            "vmrotate.seq": str(number), "vmrotate.slot": str(number), "vmrotate.self": uuid,
            "vmrotate.run": f"{number:032x}", "vmrotate.source": vm["instanceUuid"],
            "vmrotate.source-name": source, "vmrotate.stem": source,
            "vmrotate.taken": f"2026-01-01T{number:02}:00:00Z",
            "vmrotate.disks": " ".join(f"{disk['controller']}={disk['capacity']}"
                                       for disk in vm["disks"])})
        shop.do("add_vm", name=name, folder="backup", datastore=made["datastores"][0],
                host=made["host"], power="off", instanceUuid=uuid, extraConfig=mark,
                annotation=made["annotation"].replace(its_source["name"], source),
                disks=[{"gb": disk["capacity"] >> 30} for disk in vm["disks"]])
    wrong = len(shop.vcenter.generation_vms(source)) - (first - 1 + count)
    if wrong:
        raise AssertionError("the steady state is not what was wanted")


def record(world=None, generations=2, keep=2, command=("backup", SOURCE), rules=()):
    """The calls of a run that nothing disturbs: [{"method":, "nth":, ...}], in order."""
    cell = Cell("record", world=world or {}, generations=generations, keep=keep,
                command=command)
    shop = open_shop(cell)
    try:
        for rule in rules:
            shop.do("rule", rule=rule)
        since = shop.vcenter.last_call()
        result = shop.run(*command, env={"TZ": shop.another_minute()})
        if not rules and result.exit_code != 0:
            raise AssertionError(f"the run to record went wrong:\n{result}")
        calls, counts = shop.vcenter.log(body=True, since=since), {}
        for call in calls:
            counts[call["method"]] = counts.get(call["method"], 0) + 1
            call["nth"] = counts[call["method"]]
        return calls
    finally:
        shop.close()


# -- one cell

class Play:
    """A cell in its shop."""

    def __init__(self, cell, shop):
        self.cell, self.shop, self.vcenter = cell, shop, shop.vcenter

    def run(self, problems):
        cell, shop = self.cell, self.shop
        since = self.vcenter.last_call()
        result = self.faulted(problems)
        problems += self.wrong_end(result)
        problems += self.not_hit(since)
        if cell.judge:
            problems += cell.judge(shop, result) or []
        shop.do("clear_rules")
        if cell.mend:
            cell.mend(shop)
        if cell.heal:
            wait_for_server(self.vcenter)
            self.wait_for_quiet()
            problems += self.heals()
        problems += shop.oracle.violations()

    def faulted(self, problems):
        """The run with the fault in it."""
        cell, shop = self.cell, self.shop
        process = start_standing(shop, *cell.command,
                                 env={"TZ": shop.another_minute(), **cell.env})
        for order in cell.orders:
            shop.do("next", **order)
        for rule in cell.rules:
            shop.do("rule", rule=filled_in(rule, process.pid, shop))
        process.signal(signal.SIGCONT)
        if cell.during:
            cell.during(shop, process)
        try:
            return process.wait(cell.limit)
        except AssertionError as late:
            problems.append(f"S7: {late}")
            process.process.kill()
            return process.wait()

    def wrong_end(self, result):
        allowed = self.cell.exits
        if allowed is not None and result.exit_code not in allowed:
            yield f"exit code {result.exit_code}, not one of {sorted(allowed)}"

    def not_hit(self, since):
        """L3. Rules that another rule makes count as well."""
        calls = self.vcenter.log(since=since)
        for one in self.vcenter._ask("/rules")["rules"] if self.cell.rules else []:
            if not one["hits"]:
                yield f"L3: the fault was never met: {one['rule']}"
            if one.get("error"):
                yield f"L3: the fault could not be made: {one['error']}: {one['rule']}"
        for order in self.cell.orders:
            if not any(call["method"] == order["method"] for call in calls):
                yield f"L3: no task took the order {order}"

    def wait_for_quiet(self):
        """Until what the run with the fault began has come to its end."""
        def quiet():
            return all(task.get("over", task["state"] not in ("running", "queued"))
                       for task in self.vcenter.state()["tasks"])
        wait_until(quiet, "the end of all tasks", 20)
        time.sleep(float(self.cell.grace.rstrip("s")) + 0.05 if self.other_machine() else 0)

    def other_machine(self):
        return "STATE_DIRECTORY" in self.cell.env

    def heals(self):
        """L1 and L2: two runs without faults."""
        cell, shop = self.cell, self.shop
        before = {vm["id"] for vm in self.vcenter.generation_vms(cell.source)}
        for law in ("L1", "L2"):
            since = self.vcenter.last_call()
            result = shop.run(*cell.command, env={"TZ": shop.another_minute()},
                              limit=cell.limit)
            problems = [f"{law}: {one}" for one in self.not_healed(result, before)]
            if law == "L2":
                problems += [f"L2: {one}" for one in self.more_than_rotation(result, since)]
            elif cell.healed:
                problems += cell.healed(shop, result) or []
            yield from problems
            before = {vm["id"] for vm in self.vcenter.generation_vms(cell.source)}
            if problems:
                return

    def not_healed(self, result, before):
        cell = self.cell
        if result.exit_code != 0:
            yield f"a run without faults ends with {result.exit_code}: {result.err.strip()}"
            return
        now = self.vcenter.generation_vms(cell.source)
        if not {vm["id"] for vm in now} - before:
            yield "there is no new generation"
        if len(now) != cell.keep:
            yield f"there are {len(now)} generations, not {cell.keep}"
        for vm in self.vcenter.state()["vms"]:
            if mark_of(vm).get("state") == "copying":
                yield f"'{vm['name']}' is left in state 'copying'"
            if any(map(is_ours, vm["snapshots"])):
                yield f"'{vm['name']}' still has a snapshot of ours"

    def more_than_rotation(self, result, since):
        changes = [call["method"] for call in self.vcenter.changes(since)]
        marks = 1 if self.vcenter.config.get("honourExtraConfig", True) else 2
        wanted = sorted(["CreateSnapshot_Task", "CloneVM_Task", "RemoveSnapshot_Task",
                         "Destroy_Task", *["ReconfigVM_Task"] * marks])
        if sorted(changes) != wanted:
            yield f"the second run without faults sent {changes}"
        for line in result.lines:
            if line.get("healed"):
                yield f"the second run without faults healed: {line['healed']}"


def wait_for_server(vcenter):
    """Until whoever is away has come back: a night lies between two runs, and a run that began
    at once would meet what is left of the fault."""
    def answers():
        try:
            urllib.request.urlopen(f"https://{vcenter.server}/sdk/vimServiceVersions.xml",
                                   timeout=1, context=ssl._create_unverified_context()).close()
            return True
        except OSError:
            return False
    wait_until(answers, "the server's answer", 20)


def filled_in(rule, pid, shop):
    """A rule with what is known only now."""
    rule = dict(rule)
    if rule["action"] in SIGNALS and not rule.get("pid"):
        rule["pid"] = pid
    if rule.get("writeCert") == "@other":
        rule["writeCert"] = shop.vcenter.ca_file + ".other"
    if "rule" in rule.get("do", {}):
        rule["do"] = {**rule["do"], "rule": filled_in(rule["do"]["rule"], pid, shop)}
    return rule


def start_standing(shop, *words, env=None):
    """Starts vmrotate so that it stands still until SIGCONT; its pid is the program's."""
    process = shop.start(*words, env=env, wrapper=STANDS_STILL)
    process._json = True  # the wrapper writes nothing
    stat = f"/proc/{process.pid}/stat"

    def stands():
        with open(stat, encoding="utf-8", errors="replace") as file:
            return re.search(r"\) (\w)", file.read()).group(1) == "T"
    wait_until(stands, "the process that is to stand still")
    return process
