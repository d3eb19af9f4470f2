# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of bad days and bad input share."""

import contextlib

from harness import Shop, ShopTest, is_ours

#: Another local time, so that a run in the same minute finds no name taken.
LATER = {"TZ": "Asia/Tokyo"}

SHOP_FIELDS = ("password", "logon", "datastore", "folder", "keep_history")


class BadTest(ShopTest):
    """A test about things that go wrong, often a table with a server for each row."""

    @contextlib.contextmanager
    def row(self, what, **fields):
        """A row of a table with a shop of its own, which the oracle judges at its end."""
        own = {key: fields.pop(key) for key in SHOP_FIELDS if key in fields}
        with self.subTest(what):
            shop = Shop(config=fields or None, **own)
            judged = False
            try:
                yield shop
                judged = True
                self._judge(shop)
            finally:
                if not judged:
                    shop.close()

    def complaints(self, result):
        """The sentences of stderr that are errors: neither progress, nor warnings, nor hints."""
        return [line for line in result.err.splitlines()
                if line.startswith("vmrotate: ") and ": warning: " not in line]

    def warnings(self, result):
        return [line for line in result.err.splitlines() if ": warning: " in line]

    def hints(self, result):
        return [line for line in result.err.splitlines() if line.startswith("  hint: ")]

    def assertSays(self, result, code, *words, hint=None):
        """One sentence with these words, the exit code, and a hint with that word."""
        self.assertExit(code, result)
        sentences = self.complaints(result)
        self.assertEqual(1, len(sentences), f"one sentence is wanted\n{result}")
        for word in words:
            self.assertIn(word, result.err, f"\n{result}")
        if hint is not None:
            self.assertIn(hint, "\n".join(self.hints(result)), f"\n{result}")
        self.assertNotIn("defect of vmrotate", result.err)

    def assertWarns(self, result, *words):
        """Some warning has all these words, the case of letters aside."""
        told = self.warnings(result)
        self.assertTrue(any(all(word.lower() in line.lower() for word in words) for line in told),
                        f"no warning with {words}\n{result}")

    def assertUnchanged(self, shop, since=0):
        """No call was sent that may change anything."""
        self.assertEqual([], [(call["method"], call["target"])
                              for call in shop.vcenter.changes(since)])

    def assertUncontacted(self, shop, since=0):
        self.assertEqual([], [call["method"] for call in shop.vcenter.log(since=since)][:3])

    def assertGenerations(self, names, shop, source="avocado2"):
        self.assertEqual(names, shop.generations(source))


def our_snapshots(shop, source="avocado2"):
    return [one["name"] for one in shop.vcenter.vm(source)["snapshots"] if is_ours(one)]


class FailureTest(BadTest):
    def assertEveryoneNames(self, left, result, shop):
        """What is left of a copy is named by the run that left it, and by a next one that cannot
        undo it either."""
        again = shop.run("backup", "avocado2", "--keep", "1", env=LATER)
        still = [name for name in left if name in shop.vcenter.copies()]
        if not still:
            self.assertExit(0, again)
        for name in left:
            self.assertIn(f"'{name}'", result.err)
        for name in still:
            self.assertIn(f"'{name}'", again.err)
