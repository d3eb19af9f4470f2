# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that stands still before its first call, so that rules can name its process."""

import re

import paths  # noqa: F401  (finds tests/e2e)
from harness import wait_until

#: Stands still until SIGCONT, then becomes the program: its pid is known before its first call.
STANDS_STILL = ("/bin/sh", "-c", 'kill -STOP $$; exec "$@"', "sh")

SIGNALS = ("kill", "term", "stop")


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
