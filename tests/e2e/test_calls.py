# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup costs the server: its calls, as README.md lists them, and their bytes."""

import collections
import re

from harness import ShopTest
from readme import readme_text


def without_repeated_waits(calls):
    """The calls' names, in order; a wait goes on where it follows a wait of the same collector."""
    names, before = [], {}
    for call in calls:
        name, this = call["method"], call["this"]
        if name != "WaitForUpdatesEx" or before.get(this) != name:
            names.append(name)
        before[this] = name
    return names


def listed_in_readme():
    return re.findall(r"^\| \d+ \| `(\w+)` \|", readme_text(), re.M)


class CallsOfABackup(ShopTest):
    #: Whatever a task does is done when its end is waited for.
    AT_ONCE = dict(copyMs=0, createMs=0, removeMs=0, reconfigMs=0, destroyMs=0)

    def steady_run(self, shop):
        """The calls of one more backup, with one expiry."""
        before, since = shop.generations("avocado2"), shop.vcenter.last_call()
        shop.backups(1)
        self.assertEqual(3, len(shop.generations("avocado2")))
        self.assertEqual(1, len(set(before) - set(shop.generations("avocado2"))))
        return shop.vcenter.log(since=since)

    def test_they_are_those_that_the_readme_lists(self):
        shop = self.shop(**self.AT_ONCE)
        shop.backups(4)
        listed = listed_in_readme()
        self.assertLessEqual(len(listed) - listed.count("LogUserEvent"), 20)  # that one is for people
        self.assertEqual(listed, without_repeated_waits(self.steady_run(shop)))

    def test_a_session_makes_no_more_of_them_for_a_later_vm(self):
        shop = self.shop(**self.AT_ONCE)
        shop.backups(4)
        once = without_repeated_waits(self.steady_run(shop))
        shop.backups(4, "papaya3")
        since = shop.vcenter.last_call()
        shop.backups(1, "avocado2", "papaya3")
        twice = without_repeated_waits(shop.vcenter.log(since=since))
        # when it began, and which VM is vCenter's own; each thread waits with a collector of its own
        may_come_once = ["CurrentTime", "FindByIp", "CreatePropertyCollector"]
        # and each meets the copy that the other makes, and reads it
        may_come = collections.Counter(may_come_once) + collections.Counter(RetrievePropertiesEx=2)
        more = collections.Counter(twice) - collections.Counter(once * 2)
        self.assertEqual({}, more - may_come)
        self.assertEqual(1, twice.count("Login"))

    def test_the_size_of_the_inventory_costs_nothing(self):
        bytes_of = []
        for bulk in (0, 1000):
            shop = self.shop(bulk=bulk, keep_history=False, **self.AT_ONCE)
            shop.datastore = "local-1"  # all of the many stand elsewhere
            shop.backups(4)
            bytes_of.append(sum(call["asked"] + call["answered"]
                                for call in self.steady_run(shop)))
        few, many = bytes_of
        self.assertLess(many, 1.2 * few)

    def test_without_a_hint_it_does_the_same(self):
        shop = self.shop(copyMs=20)
        shop.backups(4)
        shop.forget_hints()
        calls = [call["method"] for call in self.steady_run(shop)]
        self.assertIn("CreateContainerView", calls)
        self.assertNotIn("CreateContainerView",
                         [call["method"] for call in self.steady_run(shop)])
