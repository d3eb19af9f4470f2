# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix K, the sealed file of logons: each call of `credential add` and `credential remove` about
it, its key and its folder fails once in every way, and once the process is killed behind it.

Whatever happens, the store holds the old logons or the new ones, files are for their owner only,
a failure has a sentence and exit code 12, and the same command works the next time. What is
renamed or linked into place was synced before, and its folder after.
"""

import functools
import os
import stat

import shim
from cell import Cell, open_shop
from vcenter import USER

LETTER, TITLE = "K", "the sealed file of logons"

FOLDER = "vault"
OTHER = "other@vsphere.local"
SECRET = "Another1!-canary-5d0e"

LONG = ("ENOSPC", "EDQUOT")


def store(shop):
    return os.path.join(shop.folder, FOLDER, "credentials")


def credential(shop, verb, *words, env=None):
    stdin = SECRET + "\n" if verb == "add" else None
    more = ("--password-stdin", "--no-verify") if verb == "add" else ()
    return shop.run("credential", verb, *words, *more, "--store", store(shop), stdin=stdin,
                    env=env)


def nothing(shop):
    """No store yet."""


def one_logon(shop):
    if credential(shop, "add", "--user", USER).exit_code != 0:
        raise AssertionError("the first logon could not be stored")


#: what: (what is there before, the command, the users before, the users after)
CHANGES = {
    "first": (nothing, ("add", "--user", USER), set(), {USER}),
    "another": (one_logon, ("add", "--user", OTHER), {USER}, {USER, OTHER}),
    "pin": (one_logon, ("add", "--user", USER, "--fingerprint", ":".join(["AB"] * 32)),
            {USER}, {USER}),
    "remove": (one_logon, ("remove", "--user", USER), {USER}, set()),
}


def users(shop):
    listed = credential(shop, "list")
    if listed.exit_code != 0:
        raise AssertionError(f"the store cannot be read any more:\n{listed}")
    return {line["user"] for line in listed.of_type("credential")}


def open_files(shop):
    """Files of the store that others than their owner may use."""
    for folder, _, files in os.walk(os.path.join(shop.folder, FOLDER)):
        for file in files:
            mode = stat.S_IMODE(os.lstat(os.path.join(folder, file)).st_mode)
            if mode & 0o077:
                yield f"'{file}' has mode {mode:o}"


def wrong_end(result, call, fault):
    code = result.exit_code
    if fault == "kill":
        if code != -9:
            yield f"it was to be killed, and ended with {code}"
    elif code not in (0, 12):
        yield f"exit code {code}, neither 0 nor 12: {result.err}"
    elif code == 12 and ("vmrotate: " not in result.err or "defect" in result.err):
        yield f"no clear sentence: {result.err}"
    elif code == 0 and fault in ("EIO", "ENOSPC", "EDQUOT") and call in ("write", "fsync"):
        yield f"{call} failed with {fault}, and it says that all is well"


def cell(change, call, path, number, fault):
    before, words, old, new = CHANGES[change]
    ended = {}

    def prepare(shop):
        shop.secrets.append(SECRET)
        before(shop)
        env = shim.variables(shop, call=call, path=path, fault=fault, nth=number)
        ended["result"] = credential(shop, *words, env=env)

    def judge(shop, listed):
        if not shim.was_hit(shop):
            yield "L3: the fault was never met"
        result = ended["result"]
        yield from wrong_end(result, call, fault)
        yield from open_files(shop)
        now = users(shop)
        if now not in ([new] if result.exit_code == 0 else [old, new]):
            yield f"after exit code {result.exit_code} the store has the logons of {now}"
        again = credential(shop, *words)
        if again.exit_code != 0 or users(shop) != new:
            yield f"the same command again:\n{again}"

    shown = path.removeprefix(FOLDER + "/").replace("*", "X")
    is_long = fault in LONG or path == FOLDER or change in ("pin", "remove")
    return Cell(f"K/{change}/{shown}/{call}/{number}/{fault}", prepare=prepare, judge=judge,
                command=("credential", "test"), heal=False, generations=0, long=is_long)


def order_cell(change):
    """Synced before it is put in its place, and the folder after."""
    before, words, *_ = CHANGES[change]

    def prepare(shop):
        shop.secrets.append(SECRET)
        before(shop)
        credential(shop, *words, env=shim.variables(shop))

    def judge(shop, _):
        calls = [(call, path) for call, path, _ in shim.calls_in(shim.log(shop))]
        placed = [number for number, (call, _) in enumerate(calls) if call in ("rename", "link")]
        if not placed:
            yield "nothing was put in its place"
        for number in placed:
            before_it = calls[:number]
            written = max(at for at, (call, _) in enumerate(before_it) if call == "write")
            if ("fsync", before_it[written][1]) not in before_it[written:]:
                yield f"{calls[number]} came before the data were synced: {before_it}"
            if ("fsync", FOLDER) not in calls[number:]:
                yield f"the folder was not synced after {calls[number]}"

    return Cell(f"K/{change}/order", prepare=prepare, judge=judge, generations=0, heal=False,
                command=("credential", "test"))


@functools.lru_cache(maxsize=None)
def recorded(change):
    """The calls about files of a change that nothing disturbs."""
    before, words, *_ = CHANGES[change]
    shop = open_shop(Cell("record", generations=0))
    try:
        before(shop)
        result = credential(shop, *words, env=shim.variables(shop))
        if result.exit_code != 0:
            raise AssertionError(f"the change to record went wrong:\n{result}")
        return [one for one in shim.calls_in(shim.log(shop)) if one[1].startswith(FOLDER)]
    finally:
        shop.close()


def cells():
    made = [order_cell(change) for change in ("first", "another", "pin", "remove")]
    for change in CHANGES:
        made += [cell(change, call, path, number, fault)
                 for call, path, number in recorded(change)
                 for fault in shim.FAULTS[call]]
    return made
