# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of the end-to-end tests: see harness.py."""

import html
import json
import os
import re
import signal

from chronicle import chronicle
from expiry import Expiry
from vcenter import CHANGES, READS, element, element_after, is_generation, is_ours, mark_in, mark_of


def lasting(vm):
    """What nobody but its owner may change of a VM."""
    disks = [{"key": disk["key"], "controller": disk["controller"],
              "capacity": disk["capacity"]} for disk in vm["disks"]]
    if not vm["snapshots"]:  # a snapshot gives a disk another file for a while
        for short, disk in zip(disks, vm["disks"]):
            short["file"] = disk["file"]
    snapshots = [(snapshot["id"], snapshot["name"], snapshot["description"])
                 for snapshot in vm["snapshots"] if not is_ours(snapshot)]
    same = {key: vm[key] for key in ("name", "folder", "power", "template", "annotation",
                                     "extraConfig", "instanceUuid", "host", "datastores")}
    return {**same, "disks": disks, "snapshots": snapshots}


def difference(before, after):
    return ", ".join(f"{key} was {before[key]!r} and is {after[key]!r}" for key in before
                     if before[key] != after.get(key) and
                     not (key == "disks" and _same_disks(before[key], after[key])))


def _same_disks(before, after):
    """A file is compared only where both sides know it."""
    if len(before) != len(after):
        return False
    return all(a.get(key) == b.get(key) for a, b in zip(before, after) for key in a
               if key in a and key in b)


class Oracle(Expiry):
    """Judges from the vCenter's log and state, without any of the product's code.

    Each rule is a method that yields sentences about what it found wrong.
    """

    RULES = {
        **Expiry.RULES,
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
        "no secret": "_no_secret",
        "sessions closed": "_sessions_closed",
        "no task running": "_no_task_running",
        "exit codes told": "_exit_codes_told",
        "success is true": "_success_is_true",
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

    def _last_generations(self, seq):
        """Morefs of the complete generations at a point of the log, by (source, set), with
        the number that each set had at the last moment that was looked at."""
        moment = [one for one in self.history if one["seq"] < seq][-1]
        sets, start = {}, moment["seq"]
        for vm in moment["state"]["vms"]:
            if is_generation(vm) and vm["power"] == "off":
                mark = mark_of(vm)
                sets.setdefault((mark["source"], mark["set"]), {})[vm["id"]] = int(mark["seq"])
        before = {key: len(members) for key, members in sets.items()}
        for call in self.calls:
            if not start < call["seq"] < seq or not self._done(call):
                continue
            mark = mark_in(call["body"])
            if call["method"] == "ReconfigVM_Task" and mark.get("state") == "complete":
                key = (mark["source"], mark["set"])
                sets.setdefault(key, {})[call["this"]] = int(mark["seq"])
            if call["method"] == "Destroy_Task":
                for members in sets.values():
                    members.pop(call["this"], None)
        return sets, before

    # -- the rules

    def _only_known_calls(self):
        for call in self.calls:
            if call["method"] not in READS | CHANGES:
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
            sets, _ = self._last_generations(call["seq"])
            members = sets.get((mark["source"], mark["set"]), {})
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
        for call in self._methods("Destroy_Task"):
            if not self._done(call):
                continue
            _, mark = self._known(call)
            key = (mark.get("source"), mark.get("set"))
            sets, before = self._last_generations(call["seq"])
            members = dict(sets.get(key, {}))
            members.pop(call["this"], None)
            floor = min(before.get(key, 0), self.shop.keep)
            if len(members) < floor:
                yield (f"the deletion of '{call['target']}' left {len(members)} good generations "
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
        """What is copied is the snapshot that this very run took, of this VM: it is the lock."""
        for call in self._methods("CloneVM_Task"):
            source = self._before(call["seq"]).get(call["this"])
            names = [one["name"] for one in source["snapshots"]
                     if one["id"] == element(call["body"], "snapshot")] if source else []
            run = mark_in(call["body"]).get("run")
            if source and names != [f"vmrotate {run}"]:
                yield f"'{call['target']}' was to be cloned from {names} by the run {run}"

    def _no_secret(self):
        for secret in self.shop.secrets:
            if len(secret) < 6:
                continue  # any sealed file may contain so little by chance
            shapes = {secret, html.escape(secret, quote=False), html.escape(secret),
                      json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
            for result in self.shop.results:
                for where in ("out", "err"):
                    if any(shape in getattr(result, where) for shape in shapes):
                        yield f"the password is in {where} of {' '.join(result.arguments)}"
            for call in self.calls:
                if any(shape in call.get("body", "") for shape in shapes):
                    yield f"the password is in the body of {call['method']}"
            for folder, _, files in os.walk(self.shop.folder):
                for file in files:
                    path = os.path.join(folder, file)
                    with open(path, "rb") as stream:
                        if secret.encode() in stream.read():
                            yield f"the password is in {path}"

    def _sessions_closed(self):
        if self.state["sessions"] != 0:
            yield f"{self.state['sessions']} sessions are left"

    def _no_task_running(self):
        for task in self.state["tasks"]:
            if task["state"] in ("running", "queued"):
                yield f"{task['method']} of '{task['target']}' goes on"

    def _exit_codes_told(self):
        documented = {0, 1, 2, 3, 4, 10, 11, 12, 13, 129, 130, 143}
        for result in self.shop.results:
            words = " ".join(result.arguments)
            if result.exit_code < 0:
                if result.exit_code != -signal.SIGKILL:
                    yield f"vmrotate {words} died of signal {-result.exit_code}: {result.err}"
                continue
            if result.exit_code not in documented:
                yield f"vmrotate {words} ended with {result.exit_code}"
            if result.exit_code != 0 and not result.err.strip():
                yield f"vmrotate {words} failed with {result.exit_code} and said nothing"
            if not result.json_asked or "--help" in result.arguments:
                continue
            for line in result.not_json:
                yield f"vmrotate {words} wrote to stdout: {line!r}"
            if not result.lines:
                yield f"vmrotate {words} wrote no line of JSON"
            elif result.summary.get("type") != "summary":
                yield f"vmrotate {words}: the last line is no summary: {result.summary}"
            elif result.summary.get("exit_code") != result.exit_code:
                yield (f"vmrotate {words} ended with {result.exit_code} and says "
                       f"{result.summary.get('exit_code')}")
            if any(line.get("schema") != 1 for line in result.lines):
                yield f"vmrotate {words}: a line has another schema than 1"

    def _success_is_true(self):
        """What a backup said that it made is there right after it, and our snapshot is not."""
        runs = [moment for moment in self.history if moment["what"] == "run"]
        results = [one for one in self.shop.results if one.arguments[:1] != ["credential"]]
        for result, moment in zip(results, runs):
            vms = moment["state"]["vms"]
            for line in result.of_type("backup"):
                if line["exit_code"] != 0:
                    continue
                made = [vm for vm in vms if vm["name"] == line["generation"] and
                        vm["folder"].endswith("/vm/" + line["folder"])]
                if len(made) != 1 or not is_generation(made[0]):
                    yield f"'{line['generation']}' was said to be complete, and is not"
                for vm in vms:
                    if vm["name"] == line["vm"] and any(map(is_ours, vm["snapshots"])):
                        yield f"'{line['vm']}' was said to be done, and has our snapshot"
