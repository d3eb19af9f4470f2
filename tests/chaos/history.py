# SPDX-License-Identifier: GPL-3.0-or-later
"""A history: steps that are played one after the other on one test vCenter, and its end.

At the end all oddities are taken away, and two runs without faults follow: the first heals
everything (L1), the second only rotates (L2). Then the judge looks at the whole of it.
"""

import signal
import time
import traceback
import zoneinfo

import shim
from cell import (SOURCE, Cell, Outcome, calls_text, filled_in, open_shop, processor_time,
                  settings, start_standing, wait_for_server)
from harness import is_ours, mark_of, wait_until
from history_judge import HistoryOracle
from local_time import DAY, stamps

JOBS = (f'[job.nightly]\nvms = ["{SOURCE}"]\n'
        f'[job.weekly]\nvms = ["{SOURCE}"]\nset = "weekly"\nprefix = "zw_"\n')

NIGHTLY, WEEKLY = ("--job", "nightly"), ("--job", "weekly")


def run_history(seed, steps, spoil=None):
    """Plays the steps: an Outcome. `spoil(shop)` acts after them, before the end."""
    began, worked, problems, notes = time.monotonic(), processor_time(), [], ""
    try:
        shop = open_shop(Cell(f"history {seed}", generations=seed % 4, keep=2, settings=JOBS))
        try:
            play = History(shop)
            play.steps(steps)
            if spoil:
                spoil(shop)
            problems += [*play.problems, *play.end()]
            problems += shop.oracle.violations()
            notes = "\n".join(map(str, shop.results)) + "\n" + calls_text(shop)
        finally:
            if shop.close() != 0:
                problems.append("the test vCenter ended badly")
    except Exception:  # a history that cannot be played has failed
        problems.append(traceback.format_exc())
    return Outcome(f"history {seed}", problems, time.monotonic() - began,
                   notes if problems else "", processor_time() - worked)


class History:
    """A shop whose history is played."""

    def __init__(self, shop):
        self.shop, self.vcenter = shop, shop.vcenter
        self.keep, self.offset, self.error = shop.keep, 0, 0
        self.began, self.problems = int(time.time()), []
        shop.keeps, shop.gone, shop.played = [(0, self.keep)], set(), []
        shop.oracle = HistoryOracle(shop)

    def steps(self, steps):
        for step in steps:
            self.wait_for_quiet()
            self.set_clock(step["at"] - self.began, self.error)
            method = step["kind"].split(" ")[0]
            self.shop.played.append(step["kind"])
            getattr(self, method)(step)
            self.shop.do("clear_rules")

    def wait_for_quiet(self):
        def quiet():
            return all(task.get("over", task["state"] not in ("running", "queued"))
                       for task in self.vcenter.state()["tasks"])
        wait_until(quiet, "the end of all tasks", 30)
        wait_for_server(self.vcenter)
        self.vcenter.remember("quiet")

    def set_clock(self, offset, error=0):
        """Both clocks go on to so many seconds from now; the server's has an error."""
        self.offset = offset
        self.shop.do("clock", offsetSeconds=offset + error)

    def environment(self, zone):
        return {**shim.variables(self.shop, clock=self.offset), "TZ": zone}

    # -- runs of the program

    def backup(self, step):
        """With a rule or without."""
        job = WEEKLY if step["weekly"] else NIGHTLY
        if "rule" not in step:
            return self.run("backup", *job, zone=step["zone"])
        process = start_standing(self.shop, "backup", *job, env=self.environment(step["zone"]))
        self.shop.do("rule", rule=filled_in(step["rule"], process.pid, self.shop))
        process.signal(signal.SIGCONT)
        return self.ended(process.wait(60), step["zone"])

    def run(self, *words, zone="UTC"):
        return self.ended(self.shop.run(*words, env=self.environment(zone), limit=60), zone)

    def ended(self, result, zone):
        """Each name that it gave must have the local time of its run."""
        result.keep = self.keep
        now = time.time() + self.offset
        right = stamps(zoneinfo.ZoneInfo(zone), now - result.seconds - 2, now)
        for line in result.of_type("backup"):
            name = line.get("generation")
            if name and name.rpartition("-")[2] not in right:
                self.problems.append(f"'{name}' has none of the local times {sorted(right)} of "
                                     f"{zone}")
        return result

    def clean(self, step):
        self.run("clean", *(WEEKLY if step["weekly"] else NIGHTLY), zone=step["zone"])

    def prune(self, step):
        self.run("prune", *(WEEKLY if step["weekly"] else NIGHTLY), zone=step["zone"])

    def generation(self, step):
        """One of the generations that are there, or None."""
        found = self.vcenter.generation_vms(SOURCE)
        return found[int(step["which"] * len(found))] if found else None

    def mark_verb(self, step):
        vm = self.generation(step)
        if vm:
            self.shop.may_change(vm["name"], "extraConfig", "annotation")
            self.run(step["kind"], vm["name"], zone=step["zone"])

    pin = unpin = release = mark_verb

    # -- what people do

    def edit(self, step):
        what, number = step["edit"], len(self.shop.played)
        if what == "snapshot":
            self.shop.do("snapshot", vm=SOURCE, name=f"before patch {number}", description="mine")
        elif what == "write":
            self.shop.do("write", vm=SOURCE)
        elif self.generation(step):
            self.edit_generation(what, self.generation(step), number)

    def edit_generation(self, what, vm, number):
        moref, name = vm["id"], vm["name"]
        if what.startswith("power"):
            self.shop.do("power", vm=moref, state=what.split(" ")[1])
        elif what == "rename":
            self.shop.do("rename", vm=moref, name=f"mine-{number}")
            self.shop.may_change(f"mine-{number}", *self.shop.changeable.get(name, ()))
        elif what == "copy":
            self.shop.do("copy", vm=moref, name=f"copy-{number}", folder="backup")
        elif what == "move out":
            self.shop.do("move", vm=moref, folder="")
        elif vm["power"] == "off":
            self.shop.gone.add(moref)
            self.shop.do("destroy", vm=moref)

    def clock(self, step):
        """The server's clock is wrong from now on, until it is set again."""
        self.error = step["seconds"]
        self.set_clock(self.offset, self.error)

    def configure(self, step):
        self.keep = step["keep"]
        self.shop.keep = min(self.shop.keep, self.keep)
        self.shop.keeps.append((self.vcenter.last_call(), self.keep))
        self.shop.configure(settings(Cell("", keep=self.keep, settings=JOBS)))

    def restart(self, _):
        self.shop.do("restart", downMs=0)

    # -- the end

    def end(self):
        """Sentences about what two runs without faults leave."""
        self.wait_for_quiet()
        self.set_clock(self.offset + DAY)
        for vm in self.vcenter.state()["vms"]:
            if mark_of(vm) and vm["power"] != "off":
                self.shop.do("power", vm=vm["id"], state="off")
            for snapshot in vm["snapshots"]:
                if not is_ours(snapshot):
                    self.shop.do("remove_snapshot", vm=vm["id"], snapshot=snapshot["id"])
        for job in (NIGHTLY, WEEKLY):
            yield from self.heals(job)

    def heals(self, job):
        first = self.run("backup", *job)
        reported = first.out + first.err
        if first.exit_code != 0:
            yield f"L1: a run without faults ends with {first.exit_code}: {first.err.strip()}"
            return
        for vm in self.vcenter.state()["vms"]:
            if any(map(is_ours, vm["snapshots"])):
                yield f"L1: '{vm['name']}' still has a snapshot of ours"
            mine = mark_of(vm).get("set") == ("weekly" if job == WEEKLY else "default")
            if mine and mark_of(vm).get("state") == "copying" and vm["name"] not in reported:
                yield f"L1: '{vm['name']}' is left in state 'copying', and not a word of it"
        self.set_clock(self.offset + DAY)
        since = self.vcenter.last_call()
        second = self.run("backup", *job)
        if second.exit_code != 0:
            yield f"L2: the second run without faults ends with {second.exit_code}: {second.err}"
        yield from self.more_than_rotation(first, second, since)

    def more_than_rotation(self, first, second, since):
        """One snapshot, one copy, one removal, one commit, and at most one deletion."""
        changes = [call["method"] for call in self.vcenter.changes(since)]
        deletions = changes.count("Destroy_Task")
        rest = sorted(one for one in changes if one != "Destroy_Task")
        if rest != ["CloneVM_Task", "CreateSnapshot_Task", "ReconfigVM_Task",
                    "RemoveSnapshot_Task"]:
            yield f"L2: the second run without faults sent {changes}"
        warned = any(line.get("warnings") for line in first.of_type("backup"))
        if deletions > 1 and not warned:
            yield f"L2: the second run without faults deleted {deletions}"
        for line in second.lines:
            if line.get("healed"):
                yield f"L2: the second run without faults healed: {line['healed']}"
