# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees at a terminal while VMs are backed up, and what is left on the screen."""

import os
import re

from harness import ShopTest, wait_until
from terminal import Screen, Terminal

LONG = 600000  # ms: a copy that is still under way when the test has looked at it
BLOCK = r"in flight|\[[= ]*\]| %|… and|taking the snapshot|looking at|its turn"
JAPANESE = "アボカド-東京"


class TerminalTest(ShopTest):
    def begin(self, *words, terminal=None, env=None, more=0):
        """A backup at a terminal, in a shop whose copies take long, with so many more VMs."""
        shop = self.shop(copyMs=LONG)
        terminal = terminal or Terminal()
        self.addCleanup(self.end, terminal, shop)
        for name in (JAPANESE, *[f"mango{number + 1}" for number in range(more)]):
            shop.do("add_vm", name=name, folder="", datastore="NFS_mango",
                    host="esxi-1.example", disks=[{"gb": 1}])
        process = shop.start("backup", *words, json=False, terminal=terminal,
                             env={"TERM": "xterm-256color", **(env or {})})
        return shop, terminal, process

    @staticmethod
    def end(terminal, shop):
        for process in shop.processes:
            if process.is_running():
                process.kill()
                process.process.wait()
        terminal.close()

    def sees(self, terminal, *patterns):
        """Waits until the screen shows a line for each of the patterns."""
        def is_there():
            shown = terminal.look(lambda screen: screen.visible())
            return all(any(re.search(one, line) for line in shown) for one in patterns)
        try:
            wait_until(is_there, f"a screen with {patterns}", limit=30)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{terminal.screen}") from None

    def assertClean(self, terminal):
        """The cursor is visible and stands at the beginning of an empty line, below all others."""
        screen = terminal.look(lambda screen: screen)
        self.assertEqual([], screen.rubbish)
        self.assertTrue(screen.cursor_is_shown)
        self.assertEqual(0, screen.column, f"\n{screen}")
        self.assertEqual("", "".join(screen.rows[screen.row]), f"\n{screen}")
        self.assertEqual(len(screen.rows) - 1, screen.row, f"\n{screen}")

    def assertNoBlock(self, terminal):
        """Nothing of what was redrawn is left."""
        for line in terminal.look():
            self.assertNotRegex(line, BLOCK, f"\n{terminal.screen}")

    def assertResults(self, terminal, *vms):
        """A line for each VM that tells of its generation, once."""
        lines = terminal.look()
        for vm in vms:
            told = [line for line in lines if line.startswith(f"{vm}: zz_{vm}"[:30])]
            self.assertEqual(1, len(told), f"{vm}\n{terminal.screen}")


class Display(TerminalTest):
    def test_a_line_for_each_vm_in_flight_and_one_for_the_night(self):
        shop, terminal, process = self.begin("avocado2", "papaya3", JAPANESE)
        self.sees(terminal, r"^avocado2 +(\[|waiting)", r"^papaya3 +(\[|waiting)",
                  rf"^{JAPANESE}  (\[|waiting)", r" +\[",
                  "^0 of 3 VMs done, 3 in flight, 0 waiting; ")
        self.assertEqual(4, len([line for line in terminal.look() if line]))
        shop.do("speed", copyMs=20)
        result = process.wait()
        self.assertExit(0, result)
        self.assertClean(terminal)
        self.assertNoBlock(terminal)
        self.assertResults(terminal, "avocado2", "papaya3", JAPANESE)
        self.assertEqual(1, sum(line.startswith("3 VMs in") for line in terminal.look()),
                         f"\n{terminal.screen}")
        self.assertNotIn(b"\x1b[?25l", terminal.sent)

    def test_a_copy_under_way_has_its_amount_and_its_time(self):
        shop, terminal, process = self.begin("avocado2", "papaya3")
        shop.do("speed", copyMs=120000)
        self.sees(terminal, " left", " of ")
        shop.do("speed", copyMs=20)
        self.assertExit(0, process.wait())
        self.assertClean(terminal)

    def test_a_window_that_changes_its_size(self):
        for reflows in (False, True):
            with self.subTest(reflows=reflows):
                terminal = Terminal(100, 30, reflows)
                shop, _, process = self.begin("avocado2", "papaya3", "nosuch", JAPANESE,
                                              terminal=terminal)
                self.sees(terminal, r" +\[", "0 of 4 VMs done, 3 in flight, 0 waiting, 1 failed")
                for columns, rows in ((80, 24), (200, 60), (81, 6), (120, 10)):
                    terminal.resize(columns, rows)
                    since = len(terminal.sent)
                    wait_until(lambda: len(terminal.sent) > since, "a drawing", limit=30)
                shop.do("speed", copyMs=20)
                self.assertExit(3, process.wait())
                self.assertClean(terminal)
                self.assertNoBlock(terminal)
                self.assertResults(terminal, "avocado2", "papaya3", JAPANESE)

    def test_a_narrow_window_hurts_no_line_that_stands(self):
        for reflows in (False, True):
            with self.subTest(reflows=reflows):
                terminal = Terminal(100, 30, reflows)
                shop, _, process = self.begin("nosuch", "avocado2", "papaya3", terminal=terminal)
                self.sees(terminal, r" +\[", "0 of 3 VMs done, 2 in flight, 0 waiting, 1 f")
                for columns, rows in ((50, 8), (30, 4), (1, 1), (60, 20)):
                    terminal.resize(columns, rows)
                self.sees(terminal, "^avocado2 ",
                          "0 of 3 VMs done, 2 in flight, 0 waiting, 1 failed")
                terminal.resize(100, 30)
                shop.do("speed", copyMs=20)
                self.assertExit(3, process.wait())
                self.assertClean(terminal)
                self.assertResults(terminal, "avocado2", "papaya3")

    def test_what_is_told_meanwhile_stands_above(self):
        terminal = Terminal()
        shop, _, process = self.begin("nosuch", "avocado2", terminal=terminal)
        self.sees(terminal, r"avocado2  \[", "vmrotate: nosuch: cannot find it")
        lines = terminal.look()
        self.assertLess(next(n for n, line in enumerate(lines) if "nosuch: cannot" in line),
                        next(n for n, line in enumerate(lines) if re.search(r"avocado2  \[", line)))
        shop.do("speed", copyMs=20)
        self.assertExit(3, process.wait())
        self.assertEqual(1, sum("nosuch: cannot find it" in line and "vmrotate: " in line
                                for line in terminal.look()))
        self.assertClean(terminal)
        self.assertNoBlock(terminal)

    def test_results_that_go_elsewhere_are_shown_too(self):
        terminal = Terminal()
        shop = self.shop(copyMs=LONG)
        self.addCleanup(self.end, terminal, shop)
        with open(os.path.join(shop.folder, "out"), "w+b") as out:
            process = shop.start("backup", "avocado2", "papaya3", "--json", json=False, stdout=out,
                                 terminal=terminal, env={"TERM": "xterm"})
            self.sees(terminal, r"avocado2  \[")
            shop.do("speed", copyMs=20)
            self.assertExit(0, process.wait())
            out.seek(0)
            self.assertTrue(all(line.startswith(b'{"schema":1,') for line in out))
        self.assertResults(terminal, "avocado2", "papaya3")
        self.assertClean(terminal)
        self.assertNoBlock(terminal)


    def test_more_vms_than_rows(self):
        terminal = Terminal(80, 5)
        shop, _, process = self.begin("avocado2", "papaya3", JAPANESE, "mango1", "mango2",
                                      terminal=terminal, more=2)
        self.sees(terminal, r"^… and [23] more",
                  r"^0 of 5 VMs done, [45] in flight, [01] waiting; ")
        shop.do("speed", copyMs=20)
        self.assertExit(0, process.wait())
        self.assertClean(terminal)
        self.assertNoBlock(terminal)
        self.assertResults(terminal, "avocado2", "papaya3", JAPANESE, "mango1", "mango2")


class Ends(TerminalTest):
    def test_ctrl_c(self):
        shop, terminal, process = self.begin("avocado2", "papaya3")
        self.sees(terminal, r"^avocado2  (\[|waiting)", r"^papaya3   (\[|waiting)", r" \[",
                  "2 in flight")
        terminal.type("\x03")
        self.assertExit(130, process.wait())
        self.assertClean(terminal)
        lines = terminal.look()
        self.assertEqual(1, sum("vmrotate: stopping" in line for line in lines))
        for vm in ("avocado2", "papaya3"):
            self.assertEqual(1, sum(line.startswith(f"vmrotate: {vm}: interrupted: no new")
                                    for line in lines), f"\n{terminal.screen}")
        for line in lines:
            self.assertNotRegex(line, r"in flight|\[[= ]*\]", f"\n{terminal.screen}")

    def test_a_kill_leaves_the_cursor_below(self):
        shop, terminal, process = self.begin("avocado2", "papaya3")
        shop.allow("sessions closed")
        self.sees(terminal, r"avocado2  \[", "2 in flight")
        process.kill()
        process.wait()
        self.assertClean(terminal)
        shop.do("speed", copyMs=20)
        self.assertExit(0, shop.run("backup", "avocado2", "papaya3"))


class Elsewhere(TerminalTest):
    """Where nothing may be redrawn."""

    def test_a_dumb_terminal_has_plain_lines(self):
        for kind in ("dumb", ""):
            with self.subTest(TERM=kind):
                shop, terminal, process = self.begin("avocado2", "papaya3", env={"TERM": kind})
                self.sees(terminal, "avocado2: copying to")
                shop.do("speed", copyMs=20)
                self.assertExit(0, process.wait())
                self.assertNotIn(b"\x1b", terminal.sent)
                self.assertClean(terminal)
                self.assertIn("papaya3: taking the snapshot", terminal.look())

    def test_quiet_shows_nothing(self):
        shop, terminal, process = self.begin("avocado2", "papaya3", "-q")
        shop.vcenter.wait_for_call("CloneVM_Task")
        shop.do("speed", copyMs=20)
        self.assertExit(0, process.wait())
        self.assertEqual(b"", terminal.sent)


class ScreenOfTheTests(TerminalTest):
    """The model of a terminal, against what the standard says."""

    def test_rows(self):
        table = [  # what is sent, the rows, the cursor's row and column
            ("fig\n", ["fig", ""], (1, 3)),
            ("fig\r\n", ["fig", ""], (1, 0)),
            ("fig\rk", ["kig"], (0, 1)),
            ("a\r\nb\r\n\x1b[2Ac", ["c", "b", ""], (0, 1)),
            ("a\r\nb\r\n\x1b[1A\x1b[J", ["a", ""], (1, 0)),
            ("abc\r\x1b[K", [""], (0, 0)),
            ("0123456789x", ["0123456789", "x"], (1, 1)),
            ("0123456789\r\n", ["0123456789", ""], (1, 0)),
            ("アボカドロケ", ["アボカドロ", "ケ"], (1, 2)),
            ("1\r\n2\r\n3\r\n4\r\n\x1b[9Ax", ["1", "x", "3", "4", ""], (1, 1)),
        ]
        for sent, rows, cursor in table:
            with self.subTest(sent=sent):
                for size in (1, 3, 100):
                    screen = Screen(10, 4)
                    data = sent.encode()
                    for at in range(0, len(data), size):
                        screen.feed(data[at:at + size])
                    self.assertEqual(rows, screen.lines())
                    self.assertEqual(cursor, (screen.row, screen.column))
                    self.assertEqual([], screen.rubbish)

    def test_narrower(self):
        for reflows, rows in ((False, ["0123", "ab", ""]), (True, ["0123", "4567", "ab", ""])):
            screen = Screen(10, 9, reflows)
            screen.feed(b"01234567\r\nab\r\n")
            screen.resize(4, 9)
            self.assertEqual(rows, screen.lines())
            screen.resize(10, 9)
            self.assertEqual(["01234567", "ab", ""] if reflows else rows, screen.lines())

    def test_rubbish_is_kept(self):
        screen = Screen()
        screen.feed(b"\x1b]0;title\x07 \x1b[31mred")
        self.assertEqual(3, len(screen.rubbish))
