# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the comparison: what one backup takes, beside the peers. See run.sh.

Every side gets a test vCenter of its own, with the same inventory, and is brought into its
steady state before anything is measured: as many generations as it is to keep. Then the sides
take turns, so that whatever else the machine does hits all of them alike. Figures are medians.
"""

import argparse
import collections
import contextlib
import os
import statistics
import subprocess
import sys
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

from harness import Shop
from vcenter import PASSWORD, USER

KEEP = 3
WAITS = {"WaitForUpdatesEx"}  # for the progress of a task; the first of each task is counted

Use = collections.namedtuple("Use", "wall cpu rss")  # seconds, seconds, MiB


class Side:
    """One way to make a backup, with a vCenter of its own."""

    def __init__(self, tools, inventory, **settings):
        self.tools = tools
        self.shop = Shop({"bulk": inventory, "copyMs": 0, "pageSize": 0, **settings},
                         keep_history=False)
        self.vcenter = self.shop.vcenter
        self.nights = 0
        self.prepare()

    def prepare(self):
        for _ in range(KEEP):
            self.back_up()

    def words(self):
        raise NotImplementedError

    def environment(self):
        """Each run has another stamp in its names, as if a night lay between them."""
        self.nights += 1
        hours, minutes = divmod(self.nights, 60)
        return self.shop.environment(TZ=f"<night>-{hours:02}:{minutes:02}")

    def back_up(self):
        return measured(self.tools, self.words(), self.environment(), self.shop.folder)

    def url(self):
        user, password = (urllib.parse.quote(word, safe="") for word in (USER, PASSWORD))
        return f"https://{user}:{password}@{self.vcenter.server}/sdk"

    def calls(self, since=0):
        return self.vcenter.log(since=since)

    def close(self):
        self.shop.close()


class Vmrotate(Side):
    name = "vmrotate"

    def words(self):
        return [self.tools.vmrotate] + self.shop.arguments(
            ["backup", "avocado2", "--keep", KEEP])



class Pyvmomi(Side):
    name = "pyvmomi"

    def words(self):
        return [self.tools.python, os.path.join(HERE, "peer_pyvmomi.py"), self.url(),
                "avocado2", "NFS_durian", "backup", str(KEEP)]


class Govc(Side):
    name = "govc"

    def environment(self):
        return {**super().environment(), "GOVC": self.tools.govc}

    def words(self):
        return ["bash", os.path.join(HERE, "peer_govc.sh"), self.url(), "avocado2", "NFS_durian",
                "backup", str(KEEP)]


def measured(tools, words, environment, folder):
    """Runs it to its end, which must be a good one."""
    result = os.path.join(folder, "measured")
    output = os.path.join(folder, "output")
    with open(output, "wb") as file:
        subprocess.run([tools.measure, result, *words], env=environment, cwd=folder, check=True,
                       stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    with open(result, encoding="ascii") as file:
        code, wall, cpu, rss = file.read().split()
    if code != "0":
        with open(output, encoding="utf-8", errors="replace") as file:
            sys.exit(f"{os.path.basename(words[0])} failed with exit code {code}:\n{file.read()}")
    return Use(float(wall), float(cpu), int(rss) / 1024)


def median(uses):
    return Use(*(statistics.median(each) for each in zip(*uses)))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Table:
    """Prints a row as soon as it is known."""

    def __init__(self):
        print("| measure | goal | vmrotate | pyvmomi | govc | reached |\n|---|---|---|---|---|---|",
              flush=True)

    def row(self, measure, goal, own, *peers, reached):
        cells = [measure, goal, own, *(list(peers) + ["", ""])[:2],
                 "yes" if reached else "**no**"]
        print("| " + " | ".join(cells) + " |", flush=True)


def against_peers(tools, table):
    with contextlib.ExitStack() as stack:
        sides = [kind(tools, 2000) for kind in (Vmrotate, Pyvmomi, Govc)]
        for side in sides:
            stack.callback(side.close)
        uses = {side.name: [] for side in sides}
        for _ in range(tools.rounds):
            for side in sides:
                uses[side.name].append(side.back_up())
        own, python, go = (median(uses[side.name]) for side in sides)
    what = "one backup, 2,000 VMs: "
    for field, unit, form, shares in (("cpu", "s", "{:.3f}", (10, 5)), ("rss", "MiB", "{:.1f}", (5, None)),
                                      ("wall", "s", "{:.3f}", (2, 3))):
        mine, theirs = getattr(own, field), [getattr(python, field), getattr(go, field)]
        cells = [f"{form.format(value)} {unit} ({value / mine:.1f}x)" for value in theirs]
        goal = ", ".join(f"1/{share} of {name}'s" for share, name in zip(shares, ("pyvmomi", "govc"))
                         if share)
        reached = all(share is None or mine * share <= value
                      for share, value in zip(shares, theirs))
        title = {"cpu": "processor time", "rss": "peak resident memory", "wall": "wall time"}[field]
        table.row(what + title, goal, f"{form.format(mine)} {unit}", *cells, reached=reached)


def traffic(side):
    """The bytes of one backup's calls, and what it took."""
    since = side.vcenter.last_call()
    use = side.back_up()
    calls = side.calls(since)
    return sum(call["asked"] + call["answered"] for call in calls), use, calls


def of_inventories(tools, table):
    small, large = Vmrotate(tools, 100), Vmrotate(tools, 10000)
    few, many, none = [], [], []
    for _ in range(tools.rounds):
        few.append(traffic(small))
        many.append(traffic(large))
    for _ in range(tools.rounds):
        large.shop.forget_hints()
        none.append(large.back_up())
    bytes_of = [statistics.median(each[0] for each in some) for some in (few, many)]
    cpu_of = [statistics.median(each[1].cpu for each in some) for some in (few, many)]
    ratio = [large_one / small_one for small_one, large_one in (bytes_of, cpu_of)]
    table.row("10,000 VMs with a hint: API bytes, beside 100 VMs", "1.2x",
              f"{bytes_of[1]:,.0f} ({ratio[0]:.2f}x)", reached=ratio[0] <= 1.2)
    table.row("the same: processor time", "1.2x", f"{cpu_of[1]:.3f} s ({ratio[1]:.2f}x)",
              reached=ratio[1] <= 1.2)
    use = median(none)
    table.row("10,000 VMs, no hint: processor time, memory", "0.3 s, 32 MiB",
              f"{use.cpu:.3f} s, {use.rss:.1f} MiB", reached=use.cpu <= 0.3 and use.rss <= 32)
    calls = counted(few[-1][2])
    table.row("API calls of one backup with one expiry", "20", str(sum(calls.values())),
              reached=sum(calls.values()) <= 20)
    print("\n".join(f"  {number} {name}" for name, number in calls.items()), file=sys.stderr)
    small.close()
    large.close()


def counted(calls):
    """Calls by name; a wait that is repeated for the same collector and task counts once."""
    found, before = collections.Counter(), None
    for call in calls:
        if not (call["method"] in WAITS and before == call["method"]):
            found[call["method"]] += 1
        before = call["method"]
    return found


def snapshot_held(tools, table):
    side = Vmrotate(tools, 100, copyMs=30)
    since = side.vcenter.last_call()
    for _ in range(tools.long_rounds):
        side.back_up()
    ends = [task["endMs"] for task in side.vcenter.state()["tasks"]
            if task["method"] == "CloneVM_Task"][-tools.long_rounds:]
    sent = [call["ms"] for call in side.calls(since) if call["method"] == "RemoveSnapshot_Task"]
    gaps = [begin - end for end, begin in zip(ends, sent, strict=True)]
    side.close()
    half, most = statistics.median(gaps), percentile(gaps, 0.99)
    table.row(f"snapshot held beyond the copy, of {len(gaps)}: median, p99", "20 ms, 100 ms",
              f"{half:.0f} ms, {most:.0f} ms", reached=half <= 20 and most <= 100)


NIGHT = """[defaults]
datastore = "NFS_durian"
keep = 1
[job.night]
vms = ["vm-*"]
concurrency = {flight}
per_source_datastore = {flight}
per_target_datastore = {flight}
per_host = {flight}
"""


class Night(Vmrotate):
    """A job over many VMs, each of which gets its first generation."""

    def __init__(self, tools, count, flight, **settings):
        vms = [{"name": f"vm-{number:04}", "datastore": "NFS_mango", "host": "esxi-1.example",
                "disksGB": [1]} for number in range(1, count + 1)]
        self.count = count
        super().__init__(tools, 0, vms=vms, **settings)
        self.shop.configure(NIGHT.format(flight=flight))
        self.shop.datastore = None

    def prepare(self):
        pass

    def words(self):
        return [self.tools.vmrotate, *self.shop.arguments(["backup", "night"])]


def makespan(tools, table):
    side = Night(tools, 200, 8, copyMs=2000)
    use = side.back_up()
    made = len(side.shop.vcenter.vms_in("backup"))
    side.close()
    table.row(f"200 VMs, 2 s per clone, 8 at once: wall time ({made} generations)",
              "1.05 x 50 s", f"{use.wall:.1f} s ({use.wall / 50:.2f}x)",
              reached=use.wall <= 52.5 and made == 200)


def many_in_flight(tools, table):
    per_vm, memory = [], 0
    for count in (50, 500):
        side = Night(tools, count, 16, copyMs=200)
        use = side.back_up()
        side.close()
        per_vm.append(use.cpu / count)
        memory = use.rss
    ratio = per_vm[1] / per_vm[0]
    table.row("500 VMs, 16 in flight: processor time for each, beside 50 VMs", "flat",
              f"{per_vm[1] * 1000:.1f} ms ({ratio:.2f}x)", reached=ratio <= 1.1)
    table.row("the same: memory", "48 MiB", f"{memory:.1f} MiB", reached=memory <= 48)


def start_up(tools, table):
    uses = [measured(tools, [tools.vmrotate, "--version"], {"PATH": "/usr/bin"}, tools.folder)
            for _ in range(tools.long_rounds)]
    wall = median(uses).wall * 1000
    table.row("`vmrotate --version`", "5 ms", f"{wall:.1f} ms", reached=wall <= 5)


ROWS = {"peers": against_peers, "inventories": of_inventories, "held": snapshot_held,
        "makespan": makespan, "flight": many_in_flight, "start": start_up}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("measure", "python", "govc", "folder"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--long-rounds", type=int, default=101)
    parser.add_argument("--only", action="append", choices=ROWS, default=[])
    tools = parser.parse_args()
    tools.vmrotate = os.path.abspath(os.environ["VMROTATE"])
    table = Table()
    for name in tools.only or ROWS:
        ROWS[name](tools, table)


if __name__ == "__main__":
    main()
