# SPDX-License-Identifier: GPL-3.0-or-later
"""The preloaded library of the folder shim: what goes wrong in the process itself.

VMROTATE_TEST_SHIM names it, as ctest does; without the variable it is built here, once. It comes
before a sanitizer's library, which then must not insist on being the first.
"""

import functools
import glob
import os
import re
import subprocess
import tempfile

from paths import HERE
from vcenter import program

#: What each call can be made to do. Only what a kernel does: a close that fails has closed.
FAULTS = {
    "open": ("EIO", "ENOSPC", "EDQUOT", "EINTR", "EACCES", "kill"),
    "read": ("EIO", "EINTR", "short", "kill"),
    "write": ("EIO", "ENOSPC", "EDQUOT", "EINTR", "short", "kill"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT", "EINTR", "kill"),
    "rename": ("EIO", "ENOSPC", "EDQUOT", "EACCES", "kill"),
    "link": ("EIO", "ENOSPC", "EDQUOT", "EACCES", "kill"),
    "unlink": ("EIO", "EACCES", "kill"),
    "flock": ("EIO", "EINTR", "kill"),
    "close": ("EIO", "ENOSPC", "EDQUOT", "EINTR", "kill"),
    "mkdir": ("EIO", "ENOSPC", "EDQUOT", "EACCES", "kill"),
    "stat": ("EIO", "EACCES", "kill"),
    "truncate": ("EIO", "ENOSPC", "EDQUOT", "EINTR", "kill"),
    "chmod": ("EIO", "EACCES", "kill"),
}


@functools.lru_cache(maxsize=None)
def library():
    """Where it is."""
    built = os.environ.get("VMROTATE_TEST_SHIM")
    if built:
        return os.path.abspath(built)
    path = os.path.join(tempfile.mkdtemp(prefix="vmrotate-shim-"), "shim.so")
    subprocess.run(["cc", "-std=gnu17", "-O1", "-g", "-fPIC", "-fexceptions", "-shared", "-o", path,
                    *sorted(glob.glob(os.path.join(HERE, "shim", "*.c")))], check=True)
    return path


def variables(shop, **told):
    """The environment of a process that the library is preloaded into; the words are those of
    shim.h, in small letters and without SHIM_."""
    sanitizer = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"),
                                       "verify_asan_link_order=0", "detect_leaks=0"]))
    base = {"LD_PRELOAD": library(), "ASAN_OPTIONS": sanitizer, "SHIM_PROGRAM": os.path.realpath(
        program("VMROTATE")), "SHIM_ROOT": shop.folder, "SHIM_LOG": log_file(shop)}
    return {**base, **{f"SHIM_{key.upper()}": str(value) for key, value in told.items()}}


def log_of(shop, run, before=lambda shop: None):
    """What the library saw in a run that nothing disturbs; the shop is closed then."""
    try:
        before(shop)
        result = run(shop)
        if result.exit_code != 0:
            raise AssertionError(f"the run to record went wrong:\n{result}")
        return log(shop)
    finally:
        shop.close()


def log_file(shop):
    return os.path.join(shop.vcenter.folder, "shim.log")


def log(shop):
    """Its lines, each as a list of words."""
    try:
        with open(log_file(shop), encoding="utf-8") as file:
            return [line.split() for line in file]
    except FileNotFoundError:
        return []


def was_hit(shop):
    return any(line[0] == "FAULT" for line in log(shop))


def pattern_of(path):
    """What fits a path in another run too, where a part of it was drawn."""
    name = re.sub(r"[0-9a-f-]{36}\.lock$", "*.lock", path)
    return re.sub(r"\.new-[0-9a-f]+$", ".new-*", name)


def calls_in(lines):
    """[(call, pattern of the path, number)]: each call about a file, and the how-manieth of its
    kind it was."""
    counted, calls = {}, []
    for call, path, _ in (line for line in lines if len(line) == 3):
        path = pattern_of(path)
        counted[call, path] = counted.get((call, path), 0) + 1
        calls.append((call, path, counted[call, path]))
    return calls
