# SPDX-License-Identifier: GPL-3.0-or-later
"""Histories are what their seed says, and their judge sees what is done in one on purpose."""

import types
import unittest
import zoneinfo

import paths  # noqa: F401  (finds tests/e2e)
from cell import SOURCE
from harness import mark_of
from histories import minimise, steps_of
from history import NIGHTLY, run_history
from history_judge import HistoryOracle
from history_steps import SPAN
from local_time import changes, stamps
from test_oracle import Vandal

SEED = 3  # begins with three generations


def destroys_a_generation_untold(shop):
    newest = shop.vcenter.generation_vms(SOURCE)[-1]
    shop.vcenter._ask("/do", {"action": "destroy", "vm": newest["id"]})


def destroys_the_newest_by_a_call(shop):
    vandal = Vandal(shop)
    vandal.vm("Destroy_Task", shop.generations(SOURCE)[-1])
    vandal.logout()


def removes_a_snapshot_of_the_users(shop):
    shop.do("snapshot", vm=SOURCE, name="before patch", description="mine")
    snapshot = shop.vcenter.vm(SOURCE)["snapshots"][0]["id"]
    vandal = Vandal(shop)
    vandal.call("RemoveSnapshot_Task", "VirtualMachineSnapshot", snapshot,
                "<removeChildren>false</removeChildren>")
    vandal.logout()


def tells_a_wrong_exit_code(shop):
    shop.run("list", SOURCE).exit_code = 77


def destroys_one_too_many(shop):
    """Of three generations with keep = 2: one too few stays for a moment."""
    vandal = Vandal(shop)
    for name in shop.generations(SOURCE)[:2]:
        vandal.vm("Destroy_Task", name)
    vandal.logout()


def leaves_a_copy_of_a_set_of_nobody(shop):
    shop.do("set", vm=shop.generations(SOURCE)[0], extraConfig={
        "vmrotate.state": "copying", "vmrotate.self": "", "vmrotate.set": "monthly"})


def last_vms(shop):
    return shop.vcenter.history[-1]["state"]["vms"]


def leaves_a_snapshot_and_says_nothing(shop):
    shop.run("list", SOURCE)
    for vm in last_vms(shop):
        if vm["name"] == SOURCE:
            vm["snapshots"].append({"id": "s", "name": "vmrotate x", "parent": "",
                                    "description": "vmrotate 1 run=x"})


def leaves_a_copy_and_says_nothing(shop):
    shop.run("list", SOURCE)
    last_vms(shop).append({**last_vms(shop)[0], "name": "zz_left-01-202601010100",
                           "extraConfig": {"vmrotate.state": "copying"}})


def keeps_one_more(**changed):
    """Ends with 0, and there is one more generation, as it is or changed."""
    def deed(shop):
        result = shop.run("backup", *NIGHTLY)
        result.keep = 2
        newest = max((vm for vm in last_vms(shop) if mark_of(vm).get("seq")),
                     key=lambda vm: int(mark_of(vm)["seq"]))
        last_vms(shop).append({**newest, "id": "other", **changed})
    return deed


def makes_nothing_and_ends_with_0(shop):
    result = shop.run("backup", *NIGHTLY)
    result.keep = 2
    made = result.of_type("backup")[0]["generation"]
    last_vms(shop)[:] = [vm for vm in last_vms(shop) if vm["name"] != made]


#: What is done, and the rule that has to see it.
PLANTED = (
    (destroys_one_too_many, "never too few"),
    (leaves_a_copy_of_a_set_of_nobody, "nothing unfinished"),
    (leaves_a_snapshot_and_says_nothing, "leaves nothing unsaid"),
    (leaves_a_copy_and_says_nothing, "leaves nothing unsaid"),
    (keeps_one_more(), "exit code is honest"),
    (makes_nothing_and_ends_with_0, "exit code is honest"),
    (destroys_a_generation_untold, "gone as told"),
    (destroys_the_newest_by_a_call, "deleted rightly"),
    (removes_a_snapshot_of_the_users, "snapshots ours"),
    (tells_a_wrong_exit_code, "exit codes told"),
)

#: What somebody does to a generation so that it is none of the set: nobody is to be blamed.
SET_ASIDE = (keeps_one_more(power="on"), keeps_one_more(name="mine"),
             keeps_one_more(folder="/DC/vm/elsewhere"))


class Histories(unittest.TestCase):

    def test_a_history_without_steps_is_as_it_should_be(self):
        outcome = run_history(SEED, [])
        self.assertEqual([], outcome.problems, outcome.notes)

    def test_a_planted_violation_is_seen(self):
        for planted, rule in PLANTED:
            with self.subTest(planted.__name__, rule=rule):
                found = run_history(SEED, [], spoil=planted).problems
                self.assertTrue(any(one.startswith(rule + ":") for one in found), found)

    def test_what_people_set_aside_is_not_one_too_many(self):
        for number, deed in enumerate(SET_ASIDE):
            with self.subTest(number):
                found = run_history(SEED, [], spoil=deed).problems
                self.assertFalse([one for one in found if one.startswith("exit code is")], found)

    def test_each_rule_of_the_judge_has_a_deed(self):
        own = {name for name, method in HistoryOracle.RULES.items()
               if method in vars(HistoryOracle)}
        helped = {"exit code is honest"}  # by _not_done
        self.assertEqual(set(), (own | helped) - {rule for _, rule in PLANTED})

    def test_the_same_seed_draws_the_same_steps(self):
        self.assertEqual(steps_of(7, None), steps_of(7, None))
        self.assertNotEqual(steps_of(7, 8), steps_of(8, 8))

    def test_each_history_goes_over_a_change_of_clocks(self):
        jumps = set()
        for seed in range(1, 91):
            backups = [step for _, step in steps_of(seed, None) if step["kind"] == "backup"]
            around = [(one, other, jump) for one, other in zip(backups, backups[1:])
                      if one["zone"] == other["zone"]
                      for moment, jump in changes(one["zone"], *SPAN)
                      if one["at"] < moment <= other["at"] and other["at"] - one["at"] == abs(jump)]
            self.assertTrue(around, seed)
            for one, other, jump in around:
                zone = zoneinfo.ZoneInfo(one["zone"])
                same = [stamps(zone, step["at"], step["at"]) for step in (one, other)]
                self.assertEqual(jump < 0, same[0] == same[1], (seed, one, other))
                jumps.add(jump)
        self.assertEqual({-3600, 3600, -1800, 1800}, jumps)

    def test_a_failure_is_minimised_to_the_steps_that_it_needs(self):
        def play(_, steps):
            return types.SimpleNamespace(problems=["x"] if {"b", "d"} <= set(steps) else [])
        self.assertEqual({1, 3, 5}, minimise(1, list(enumerate("abcde", 1)), (), 20, play))

    def test_minimising_ends_when_its_tries_are_used_up(self):
        def play(*_):
            return types.SimpleNamespace(problems=["x"])
        self.assertEqual({4, 5}, minimise(1, list(enumerate("abcde", 1)), (), 2, play))


if __name__ == "__main__":
    unittest.main()
