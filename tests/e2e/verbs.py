# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of pin, release, prune and adopt share."""

import os

from bad import BadTest
from harness import mark_of

#: Waits for a file, then becomes the program: so its pid is known before it does anything.
GATE = ("sh", "-c", 'while [ ! -e go ]; do sleep 0.05; done; exec "$@"', "gate")


class VerbTest(BadTest):
    def assertUnchanged(self, shop, since):
        """No call that could change something was sent since."""
        calls = [call["method"] for call in shop.vcenter.changes(since)]
        self.assertEqual([], calls)

    def refused(self, shop, code, word, *words):
        """Refuses with one sentence that has the word in it, and sends no change."""
        since = shop.vcenter.last_call()
        result = shop.run(*words)
        self.assertSays(result, code, word)
        self.assertEqual([False], [result.summary["changed"]])
        self.assertUnchanged(shop, since)
        return result

    def killed_at(self, shop, method, nth, moment, *words):
        """Runs until the nth call of the method, where SIGKILL comes; the pid is known first."""
        gate = os.path.join(shop.folder, "go")
        if os.path.exists(gate):
            os.remove(gate)
        process = shop.start(*words, wrapper=GATE)
        shop.do("client", pid=process.pid)
        shop.do("rule", rule={"method": method, "nth": nth, "moment": moment, "action": "kill"})
        with open(gate, "w", encoding="ascii"):
            pass
        result = process.wait()
        rules = shop.vcenter._ask("/rules")["rules"]
        self.assertEqual([1], [rule["hits"] for rule in rules], "the kill did not come")
        self.assertExit(-9, result)
        shop.do("clear_rules")
        shop.do("end_sessions")  # as a server does in time: a dead client cannot log out

    def seqs(self, shop, source="avocado2"):
        """The numbers of its generations, by name, newest first."""
        vms = reversed(shop.vcenter.generation_vms(source))
        return [(vm["name"], int(mark_of(vm)["seq"])) for vm in vms]

    def old_clone(self, shop, slot, stamp, folder="backup", source="avocado2", **more):
        """A clone as the script before us left them; its name."""
        name = f"zz_{source}-{slot:02}-{stamp}"
        fields = {"datastore": "NFS_durian", "power": "off",
                  "disks": [{"gb": 40}, {"gb": 10}], **more}
        shop.do("add_vm", name=name, folder=folder, **fields)
        return name

    def adoptable(self, shop, slot, stamp, folder="backup", **more):
        """The same, and vmrotate may adopt and later delete it."""
        name = self.old_clone(shop, slot, stamp, folder, **more)
        shop.may_change(name, "extraConfig", "annotation", "folder")
        return name
