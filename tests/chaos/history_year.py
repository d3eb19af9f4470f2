# SPDX-License-Identifier: GPL-3.0-or-later
"""A year of nightly backups on one vCenter, in which nothing goes wrong and nothing piles up."""

import time

import shim
from cell import Cell
from harness import Shop, is_ours, mark_of
from steady import SOURCE, settings
from vcenter import is_generation

KEEP = 3
LIMIT = 120.0  # seconds that a night may take, on a machine that has much else to do


def run_year(nights, keep=KEEP):
    """Sentences about what was wrong after a night."""
    shop = Shop({"copyMs": 0}, keep_history=False)
    try:
        shop.configure(settings(Cell("", keep=keep)))
        return list(play_nights(shop, nights, keep))
    finally:
        shop.close()


def play_nights(shop, nights, keep):
    began, start = time.monotonic(), shop.vcenter.state()
    for night in range(1, nights + 1):
        shop.do("clock", offsetSeconds=night * 86400)
        result = shop.run("backup", SOURCE, limit=LIMIT,
                          env=shim.variables(shop, clock=night * 86400))
        shop.results.clear()
        shop.processes.clear()
        problems = list(wrong_after(shop, start, result, min(night, keep), night))
        yield from problems
        if problems:
            return
    print(f"{(time.monotonic() - began) / max(nights, 1):.2f} s a night")


def wrong_after(shop, start, result, wanted, night):
    state, names = shop.vcenter.state(), shop.generations(SOURCE)
    if result.exit_code != 0:
        yield f"night {night}: {result}"
    if state["sessions"] != start["sessions"]:
        yield f"night {night}: {state['sessions']} sessions, not {start['sessions']}"
    if len(names) != wanted:
        yield f"night {night}: the generations are {names}, not {wanted}"
    elif result.summary and not any(line.get("generation") == names[-1] for line in result.lines):
        yield f"night {night}: the newest is {names[-1]}, which this night did not make"
    if any(is_ours(one) for vm in state["vms"] for one in vm["snapshots"]):
        yield f"night {night}: a snapshot of ours is left"
    if len(state["vms"]) != len(start["vms"]) + wanted:
        yield f"night {night}: there are {len(state['vms'])} VMs"
    if any(mark_of(vm) and not is_generation(vm) for vm in state["vms"]):
        yield f"night {night}: a copy is unfinished"
