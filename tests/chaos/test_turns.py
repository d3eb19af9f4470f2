# SPDX-License-Identifier: GPL-3.0-or-later
"""Of the cells that are not all played each is played on some day, and what was found on each."""

import types
import unittest
from unittest import mock

import paths  # noqa: F401  (finds tests/e2e)
from matrices import cells_of, matrices
from turns import USUAL_TURN, in_turn, is_meant, on_record, part_of, turn_of

SHARE = 8
OPTIONS = types.SimpleNamespace(seed=1, double_kills=40, long=True, only=[])


def a_cell(name, not_applicable=""):
    return types.SimpleNamespace(name=name, not_applicable=not_applicable)


GRID = [a_cell(f"Z/{row}/{column}") for row in ("a", "b", "c") for column in range(32)]


class Turns(unittest.TestCase):
    def names(self, turn, record=frozenset(), cells=GRID):
        return [cell.name for cell in in_turn(cells, SHARE, turn, record)]

    def test_in_all_turns_each_cell_is_played(self):
        played = {name for turn in range(SHARE) for name in self.names(turn)}
        self.assertEqual({cell.name for cell in GRID}, played)

    def test_a_turn_is_about_its_share(self):
        for turn in range(SHARE):
            self.assertLess(len(self.names(turn)), len(GRID) / SHARE * 2)

    def test_each_part_is_met_in_each_turn(self):
        small = [*GRID, a_cell("Z/d/only"), a_cell("Z/e/only", "does not apply")]
        for turn in range(SHARE):
            met = {part_of(name)[1] for name in self.names(turn, cells=small)}
            self.assertEqual({"a", "b", "c", "d"}, met - {"e"})

    def test_what_is_on_record_is_played_in_each_turn(self):
        for turn in range(SHARE):
            self.assertIn("Z/b/17", self.names(turn, {"Z/b/17", "Z/c/"}))

    def test_the_turn_is_the_usual_one_or_that_of_the_variable_or_of_the_day(self):
        for wanted, turn in (("", USUAL_TURN % 8), ("13", 5), ("day", 19 % 8)):
            with mock.patch("time.time", return_value=86400 * 19.5), mock.patch.dict(
                    "os.environ", VMROTATE_CHAOS_TURN=wanted):
                self.assertEqual(turn, turn_of(8))


class Record(unittest.TestCase):
    def test_each_cell_on_record_is_there(self):
        letters = {one[0] for one in on_record()}
        names = [cell.name for module in matrices(letters) for cell in cells_of(module, OPTIONS)]
        self.assertTrue(on_record())
        self.assertEqual([], [one for one in on_record()
                              if not any(is_meant(name, {one}) for name in names)])


if __name__ == "__main__":
    unittest.main()
