# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix D, a backup's files: each call about each file that a backup reads or writes fails once
in every way that such a call can, and once the process is killed behind it.

A run that nothing disturbs is recorded first: its calls are the rows, so that a file which the
program begins to use brings its own. What must hold:

* the lock cannot be had: exit 1, before any request that changes something;
* the configuration cannot be read: exit 2, and nobody was contacted;
* the logon cannot be read: exit 12, and nobody tried to log in;
* anything else is no reason to fail: the run's result stands.
"""

import dataclasses
import functools
import os

import shim
from cell import Cell
from steady import SOURCE, open_shop
from vcenter import LOGS, READS

#: Much like EIO, as far as the program can tell.
LONG = ("ENOSPC", "EDQUOT")

LETTER, TITLE = "D", "files of a backup"


@dataclasses.dataclass(frozen=True)
class Kind:
    """A file that the program needs, and what it means not to have it."""
    name: str
    exit_code: int  #: where it cannot be had; 0: the run goes on without
    forbidden: str  #: what must not be sent then


LOCK = Kind("lock", 1, "changes")
CONFIGURATION = Kind("configuration", 2, "anything")
LOGON = Kind("logon", 12, "Login")
OTHER = Kind("other", 0, "nothing")


def kind_of(path):
    if "/hints-" in path:
        return OTHER
    if "/locks" in path or path.startswith("state"):
        return LOCK
    if path.endswith("vmrotate.toml"):
        return CONFIGURATION
    if path in ("credentials", "credentials.key", "credentials.key.next"):
        return LOGON
    return OTHER


def exits(kind, call, fault):
    """The codes that this may end with."""
    if fault == "kill":
        return {-9}
    if call == "close" or kind.exit_code == 0:
        return {0}  # all is read, or written, or let go of
    if fault in ("EINTR", "short") or call == "stat":
        return {0, kind.exit_code}  # it may be tried again, or another call tells
    if kind is LOCK and call == "read":
        return {0, kind.exit_code}  # a lock without an old id gets a new one
    return {kind.exit_code}


def sent_in_spite(kind, shop, since):
    """What was sent although the file could not be had."""
    calls = [call["method"] for call in shop.vcenter.log(since=since)]
    if kind.forbidden == "changes":
        return [method for method in calls if method not in READS | LOGS]
    return [method for method in calls if kind.forbidden in ("anything", method)]


def not_heeded(kind, shop):
    """What a configuration that was left out shows itself by."""
    count = len(shop.generations(SOURCE))
    if kind is CONFIGURATION and count != Cell.keep:
        yield f"the configuration was not heeded: there are {count} generations"


def cell(call, path, number, fault, before):
    """`before` prepares the shop; the fault comes to the run after that."""
    kind, env, began = kind_of(path), {}, {}
    def prepare(shop):
        before(shop)
        env.update(shim.variables(shop, call=call, path=path, nth=number, fault=fault))
        began["seq"] = shop.vcenter.last_call()

    def judge(shop, result):
        if not shim.was_hit(shop):
            yield "L3: the fault was never met"
        if result.exit_code == kind.exit_code != 0:
            sent = sent_in_spite(kind, shop, began["seq"])
            if sent:
                yield f"without its {kind.name} it sent {sent}"
            if "vmrotate: " not in result.err or "defect of vmrotate" in result.err:
                yield f"no clear sentence: {result.err}"
        if result.exit_code == 0:
            yield from not_heeded(kind, shop)

    shown = os.path.basename(path).replace("*", "ID")
    return Cell(f"D/{kind.name}/{before.__name__}/{shown}/{call}/{number}/{fault}", env=env,
                prepare=prepare, judge=judge, exits=exits(kind, call, fault),
                long=fault in LONG)


def first(shop):
    """The state folder is still empty."""


def later(shop):
    """The files of an earlier run are there."""
    result = shop.run("backup", SOURCE, env={"TZ": shop.another_minute()})
    if result.exit_code != 0:
        raise AssertionError(f"the earlier run went wrong:\n{result}")


@functools.lru_cache(maxsize=None)
def calls_of_a_run(before):
    """The calls about files of a run that nothing disturbs."""
    def run(shop):
        return shop.run("backup", SOURCE, env={"TZ": shop.another_minute(), **shim.variables(shop)})

    return shim.calls_in(shim.log_of(open_shop(Cell("record")), run, before))


def cells():
    return [cell(call, path, number, fault, before)
            for before in (first, later)
            for call, path, number in calls_of_a_run(before)
            if before is first or kind_of(path) is LOCK  # the others are no different then
            for fault in shim.FAULTS[call]]
