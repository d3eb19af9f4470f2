# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of the end-to-end tests: see harness.py."""

import re

from chronicle import chronicle, good_ones, is_good, key_of
from expiry import Expiry
from lasting import difference, lasting
from together import Together
from told import Told
from vcenter import (CHANGES, LOGS, READS, element, element_after, is_generation, is_ours, mark_in,
                     mark_of)


class Oracle(Expiry, Told, Together):
    """Judges from the vCenter's log and state, without any of the product's code.

    Each rule is a method that yields sentences about what it found wrong.
    """

    RULES = {
        **Expiry.RULES,
        **Told.RULES,
        **Together.RULES,
        "only known calls": "_only_known_calls",
        "deletions allowed": "_deletions_allowed",
        "newer before deletion": "_newer_before_deletion",
        "others untouched": "_others_untouched",
        "no snapshot left": "_no_snapshot_left",
        "snapshots ours": "_snapshots_ours",
        "generations enough": "_generations_enough",
        "nothing unfinished": "_nothing_unfinished",
        "one clone at a time": "_one_clone_at_a_time",
        "marked at birth": "_marked_at_birth",
        "cloned under its lock": "_cloned_under_its_lock",
        "people told the truth": "_people_told_the_truth",
        "sessions closed": "_sessions_closed",
        "no task running": "_no_task_running",
    }

    def __init__(self, shop):
        self.shop = shop

    def violations(self):
        """Every sentence, with the rule's name before it."""
        vcenter = self.shop.vcenter
        self.calls = vcenter.log(body=True)
        self.state = vcenter.state()
        self.tasks = {task["id"]: task for task in self.state["tasks"]}
        self.history = vcenter.history
        self.events = chronicle(vcenter)
        found = []
        for name, method in self.RULES.items():
            if name not in self.shop.allowed:
                found += [f"{name}: {sentence}" for sentence in getattr(self, method)()]
        return found

    # -- what was known when

    def _done(self, call):
        """Whether a call did what it says: executed, and its task succeeded."""
        if not call["executed"]:
            return False
        task = self.tasks.get(call["task"])
        return task is None or task["state"] == "success"

    def _methods(self, *names):
        return [call for call in self.calls if call["method"] in names]

    def _known(self, call):
        """What was known of a call's VM just before it: the last state, and the calls since."""
        vm, seq = None, 0
        for moment in self.history:
            if moment["seq"] >= call["seq"]:
                break
            seq = moment["seq"]
            same = [one for one in moment["state"]["vms"] if one["id"] == call["this"]]
            vm = same[0] if same else vm
        mark = mark_of(vm) if vm else {}
        for earlier in self.calls:
            if not seq < earlier["seq"] < call["seq"]:
                continue
            if earlier["method"] == "CloneVM_Task" and vm is None and \
                    element_after(earlier["body"], "name") == call["target"]:
                mark = mark_in(earlier["body"])
            if earlier["method"] == "ReconfigVM_Task" and earlier["this"] == call["this"] and \
                    self._done(earlier):
                mark.update(mark_in(earlier["body"]))
        return vm, {key: value for key, value in mark.items() if value}

    # -- the rules

    def _only_known_calls(self):
        for call in self.calls:
            if call["method"] not in READS | CHANGES | LOGS:
                yield f"{call['method']} of '{call['target']}' was sent"

    def _deletions_allowed(self):
        for call in self._methods("Destroy_Task"):
            vm, mark = self._known(call)
            what = f"'{call['target']}' ({call['this']})"
            if mark.get("version") != "1":
                yield f"{what} was to be deleted without our mark"
                continue
            state = mark.get("state")
            if state == "complete" and vm and mark.get("self") != vm["instanceUuid"]:
                yield f"{what} was to be deleted, and its mark is another VM's"
            if state == "copying" and mark.get("self"):
                yield f"{what} was to be deleted, unfinished and with a self"
            if state not in ("complete", "copying"):
                yield f"{what} was to be deleted in state {state!r}"
            if mark.get("pinned"):
                yield f"{what} was to be deleted, and is pinned"
            if not call["target"].startswith(mark.get("prefix", "?") + mark.get("stem", "?") + "-"):
                yield f"{what} was to be deleted under a name that its mark does not give"
            if vm and vm["power"] != "off":
                yield f"{what} was to be deleted while {vm['power']}"
            if vm and vm["snapshots"]:
                yield f"{what} was to be deleted with snapshots"
            if vm and not self._is_in_place(vm):
                yield f"{what} was to be deleted in {vm['folder']}"

    def _newer_before_deletion(self):
        for call in self._methods("Destroy_Task"):
            _, mark = self._known(call)
            if mark.get("state") != "complete":
                continue
            members = good_ones(self._before(call["seq"])).get((mark["source"], mark["set"]), {})
            if not any(seq > int(mark["seq"]) for seq in members.values()):
                yield f"'{call['target']}' was to be deleted with no newer generation there"

    def _others_untouched(self):
        expected = {}
        for number, moment in enumerate(self.history):
            if moment["what"] == "run":
                continue
            before = {vm["id"]: vm for vm in (moment["before"] or {"vms": []})["vms"]}
            after = {vm["id"]: vm for vm in moment["state"]["vms"]}
            for moref, vm in after.items():
                if moref not in before and (number == 0 or moment["what"] in ("add_vm", "copy")):
                    expected[moref] = lasting(vm)
                elif moref in before and moref in expected and \
                        lasting(before[moref]) != lasting(vm):
                    expected[moref] = lasting(vm)
            if moment["what"] == "destroy":
                for moref in set(before) - set(after):
                    expected.pop(moref, None)
        now = {vm["id"]: vm for vm in self.state["vms"]}
        destroyed = {call["this"] for call in self._methods("Destroy_Task")}
        for moref, known in expected.items():
            if moref not in now:
                if moref not in destroyed:  # else the rules about deletions speak
                    yield f"'{known['name']}' ({moref}) has vanished"
                continue
            is_now = lasting(now[moref])
            if known["extraConfig"].get("vmrotate.state") == "copying":  # it may be finished
                is_now = {**is_now, "extraConfig": known["extraConfig"],
                          "annotation": known["annotation"]}
            free = self.shop.changeable.get(known["name"], ())
            told = difference({key: value for key, value in known.items() if key not in free},
                              is_now)
            if told:
                yield f"'{known['name']}' ({moref}): {told}"

    def _no_snapshot_left(self):
        for vm in self.state["vms"]:
            for snapshot in vm["snapshots"]:
                if is_ours(snapshot):
                    yield f"'{snapshot['name']}' is left on '{vm['name']}'"

    def _snapshots_ours(self):
        foreign = {snapshot["id"]: snapshot["name"] for moment in self.history
                   for state in (moment["before"], moment["state"]) if state
                   for vm in state["vms"] for snapshot in vm["snapshots"]
                   if not is_ours(snapshot)}
        for call in self._methods("RemoveSnapshot_Task"):
            if call["this"] in foreign:
                yield f"the snapshot '{foreign[call['this']]}' of '{call['target']}' was to go"
            if element(call["body"], "removeChildren") != "false":
                yield f"a snapshot of '{call['target']}' was to go with its children"

    def _generations_enough(self):
        """As the world was when the request came in, whatever the tasks before it had told."""
        for call in self._methods("Destroy_Task"):
            world = self._before(call["seq"])
            if not self._done(call) or call["this"] not in world:
                continue
            key = key_of(world[call["this"]])
            left = set(good_ones(world).get(key, ())) - {call["this"]}
            began = self._before(self._began(call) + 1)
            floor = min(len(good_ones(began).get(key, ())), self.shop.keep)
            if len(left) < floor:
                yield (f"the deletion of '{call['target']}' left {len(left)} good generations "
                       f"of at least {floor}")

    def _nothing_unfinished(self):
        for vm in self.state["vms"]:
            if mark_of(vm).get("state") == "copying":
                yield f"'{vm['name']}' is left in state 'copying'"

    def _one_clone_at_a_time(self):
        if any(action == "task" for action, _ in self.shop.vcenter.done):
            return  # somebody else's task was there to run into
        for call in self._methods("CloneVM_Task"):
            task = self.tasks.get(call["task"], {})
            if "TaskInProgress" in (task.get("fault", ""), call["fault"]):
                yield f"'{call['target']}' was to be cloned while a task was under way"

    def _marked_at_birth(self):
        for call in self._methods("CreateSnapshot_Task"):
            name, text = element(call["body"], "name"), element(call["body"], "description")
            if not re.fullmatch(r"vmrotate [0-9a-f]{32}", name or "") or \
                    not (text or "").startswith("vmrotate 1 run=" + (name or "?")[9:]):
                yield f"the snapshot '{name}' does not say whose it is: {text!r}"
        for call in self._methods("CloneVM_Task"):
            mark = mark_in(call["body"])
            if mark.get("state") != "copying" or not re.fullmatch("[0-9a-f]{32}", mark["run"]):
                yield f"a clone of '{call['target']}' was born without our mark"

    def _cloned_under_its_lock(self):
        """What is copied is the snapshot that this very run took, of this VM: it is the lock. Or a
        generation, which changes no more and needs none."""
        for call in self._methods("CloneVM_Task"):
            source = self._before(call["seq"]).get(call["this"])
            names = [one["name"] for one in source["snapshots"]
                     if one["id"] == element(call["body"], "snapshot")] if source else []
            mark = mark_in(call["body"])
            run = mark.get("run")
            if source and is_generation(source) and self._is_in_place(source):
                yield from self._copied_on(call, source, mark)
            elif source and names != [f"vmrotate {run}"]:
                yield f"'{call['target']}' was to be cloned from {names} by the run {run}"

    def _people_told_the_truth(self):
        """A line in an event log is one of a source; an attribute names a generation of that VM."""
        for call in self._methods("LogUserEvent"):
            text = element(call["body"], "msg") or ""
            if not text.startswith("vmrotate: "):
                yield f"{text!r} was written into an event log"
            vm = self._before(call["seq"]).get(element(call["body"], "entity"))
            if vm and mark_of(vm).get("self") == vm["instanceUuid"] and self._is_in_place(vm):
                yield f"a line was written into the event log of '{vm['name']}', a generation"
        for call in self._methods("SetField"):
            value = element(call["body"], "value")
            source = self._before(call["seq"]).get(element(call["body"], "entity"))
            made = [vm for vm in self._before(call["seq"]).values() if vm["name"] == value and
                    source and mark_of(vm).get("source") == source["instanceUuid"] and
                    mark_of(vm).get("state") == "complete"]
            if not made:
                yield f"an attribute of '{source and source['name']}' was set to '{value}'"
        for call in self._methods("AddCustomFieldDef"):
            if element(call["body"], "name") != "vmrotate.newest":
                yield f"the attribute '{element(call['body'], 'name')}' was defined"

    def _copied_on(self, call, source, mark):
        """A generation is copied as it lies there, to a further place that somebody asked for, and
        once no snapshot of ours is on the VM that it is one of."""
        what = f"the generation '{source['name']}' was to be copied on"
        known = mark_of(source)
        if element(call["body"], "snapshot") is not None or source["snapshots"]:
            yield f"{what} from a snapshot"
        if not is_good(source):
            yield f"{what}, and is not as it was when it was made"
        for key in ("source", "taken", "quiesced", "disks", "source-name"):
            if known.get(key, "") != mark.get(key, ""):
                yield f"{what} with another {key} than its own"
        if mark.get("run", known["run"]) == known["run"]:
            yield f"{what} under its own run"
        wishes = [wish for wish in self._wishes(call) if wish.set == mark.get("set") and
                  known["source"] in self._sources_called(wish.vm)]
        made = [event.vm["datastores"] for event in self.events
                if mark_of(event.vm).get("run") == mark.get("run", "?")][-1:]
        if not any(wish.datastore and made in ([], [[wish.datastore]]) for wish in wishes):
            yield f"{what} to {made}, where nobody asked for it"
        for vm in self._before(call["seq"]).values():
            if vm["instanceUuid"] == known["source"] and any(map(is_ours, vm["snapshots"])) and \
                    "no snapshot left" not in self.shop.allowed:
                yield f"{what} while '{vm['name']}' still had our snapshot"

    def _sessions_closed(self):
        if self.state["sessions"] != 0:
            yield f"{self.state['sessions']} sessions are left"

    def _no_task_running(self):
        for task in self.state["tasks"]:
            if task["state"] in ("running", "queued"):
                yield f"{task['method']} of '{task['target']}' goes on"
