# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the judge about what a run says at its end (S6)."""

import paths  # noqa: F401  (finds tests/e2e)
from chronicle import is_good, key_of
from vcenter import is_generation, is_ours, mark_of


class Honesty:
    """A part of `ChaosOracle`; `self.history` and `self.shop` are there."""

    RULES = {
        "exit code is honest": "_exit_code_is_honest",
        "leaves nothing unsaid": "_leaves_nothing_unsaid",
    }

    def _exit_code_is_honest(self):
        """Zero means: a generation is new, our snapshot is gone, as many stay as are wanted."""
        runs = [moment for moment in self.history if moment["what"] == "run"]
        results = [one for one in self.shop.results if one.arguments[:1] != ["credential"]]
        for result, moment in zip(results, runs):
            if result.exit_code != 0 or result.arguments[0] != "backup" or \
                    "--dry-run" in result.arguments:
                continue
            for problem in self._not_done(result, moment["state"]["vms"]):
                yield f"vmrotate {' '.join(result.arguments[:2])} ended with 0, and {problem}"

    def _not_done(self, result, vms):
        backed_up = result.of_type("backup")
        if not backed_up:
            yield "names no VM"
        for line in backed_up:
            for vm in vms:
                if vm["name"] == line["vm"] and any(map(is_ours, vm["snapshots"])):
                    yield f"our snapshot is on '{vm['name']}'"
                if vm["name"] == line["vm"] and vm["consolidationNeeded"]:
                    yield f"'{vm['name']}' has disks to consolidate"
            made = [vm for vm in vms if vm["name"] == line.get("generation") and is_good(vm)]
            if not made:
                yield f"'{line.get('generation')}' is no good generation"
                continue
            others = [vm for vm in vms if is_generation(vm) and key_of(vm) == key_of(made[0]) and
                      not mark_of(vm).get("pinned")]
            if len(others) > self.shop.keep and not line["warnings"]:
                yield f"{len(others)} generations are there, not {self.shop.keep}"

    def _leaves_nothing_unsaid(self):
        """A run that ends by itself names the snapshot and the copy that it could not remove."""
        runs = [moment for moment in self.history if moment["what"] == "run"]
        results = [one for one in self.shop.results if one.arguments[:1] != ["credential"]]
        for result, moment in zip(results, runs):
            if result.exit_code < 0:
                continue
            said = result.out + result.err
            left = [snapshot["name"] for vm in moment["state"]["vms"]
                    for snapshot in vm["snapshots"] if is_ours(snapshot)]
            left += [vm["name"] for vm in moment["state"]["vms"]
                     if mark_of(vm).get("state") == "copying"]
            for name in left:
                if name not in said:
                    yield (f"vmrotate {' '.join(result.arguments[:2])} ended with "
                           f"{result.exit_code} and did not say that '{name}' is left")
