# SPDX-License-Identifier: GPL-3.0-or-later
"""Histories are what their seed says, and their judge sees what is done in one on purpose."""

import types
import unittest
import zoneinfo

import paths  # noqa: F401  (finds tests/e2e)
from cell import SOURCE
from histories import minimise, steps_of
from history import run_history
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


#: What is done, and the rule that has to see it.
PLANTED = (
    (destroys_a_generation_untold, "gone as told"),
    (destroys_the_newest_by_a_call, "deleted rightly"),
    (removes_a_snapshot_of_the_users, "snapshots ours"),
    (tells_a_wrong_exit_code, "exit codes told"),
)


class Histories(unittest.TestCase):

    def test_a_history_without_steps_is_as_it_should_be(self):
        outcome = run_history(SEED, [])
        self.assertEqual([], outcome.problems, outcome.notes)

    def test_a_planted_violation_is_seen(self):
        for planted, rule in PLANTED:
            with self.subTest(planted.__name__):
                found = run_history(SEED, [], spoil=planted).problems
                self.assertTrue(any(one.startswith(rule + ":") for one in found), found)

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
