# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of the cells: the oracle of the end-to-end tests, and more.

It looks at every moment, not only at the end: the vCenter's call log says what was asked, its
history what became of each VM after which call (e2e/chronicle.py), its state what is there after
each run. Nothing here uses a line of the product's code. test_oracle.py plants a violation of
each rule and looks whether it is found.

Which rules watch over which promise:

    S1   deletions allowed, deleted rightly, read before deletion, asked for, expires in order,
         few at a time
    S2   others untouched, only ours changed
    S3   never too few          S4   newer before deletion, deleted rightly
    S5   one clone at a time, one copy in flight, one snapshot of ours, snapshots ours
    S6   exit codes told, success is true, exit code is honest, leaves nothing unsaid
    S7   run_cell itself        S8   sessions closed
    S9   no secret              S10  files are private
    S11  read before again      S12  marked at birth
    the truth about the data: complete is whole
"""

import os
import stat

import paths  # noqa: F401  (finds tests/e2e)
from chronicle import good_ones, is_good, key_of, told_wrong
from oracle import Oracle
from vcenter import CHANGES, is_generation, is_ours, mark_of

#: What a rule does to a call so that the client cannot know whether it was executed.
UNKNOWN = {"drop", "dropReply", "truncate", "stall", "trickle", "status", "html", "empty",
           "garbage", "envelope", "overlong", "deep", "gzip", "badUtf8", "wrongType", "restart",
           "refuse"}

#: Calls that may change what they are about, so that one of them ends what was read before.
OBJECT_CHANGES = CHANGES - {"CancelTask", "CreateFolder"}


class ChaosOracle(Oracle):
    """Rules are methods that yield sentences about what they found wrong."""

    RULES = {
        **Oracle.RULES,
        "sessions closed": "_sessions_accounted_for",
        "deleted rightly": "_deleted_rightly",
        "read before deletion": "_read_before_deletion",
        "only ours changed": "_only_ours_changed",
        "never too few": "_never_too_few",
        "one copy in flight": "_one_copy_in_flight",
        "one snapshot of ours": "_one_snapshot_of_ours",
        "complete is whole": "_complete_is_whole",
        "exit code is honest": "_exit_code_is_honest",
        "leaves nothing unsaid": "_leaves_nothing_unsaid",
        "files are private": "_files_are_private",
        "read before again": "_read_before_again",
    }

    # -- S1, S3, S4: what went, and what was left

    def _asked_for(self, event):
        """The call by which a VM was deleted; None if somebody else did it."""
        asked = [call for call in self._methods("Destroy_Task")
                 if call["this"] == event.vm["id"] and call["seq"] <= event.seq]
        return asked[-1] if asked else None

    def _is_cut_short(self, vm):
        """Whether nobody works on a copy any more: the server restarted, or its host was lost."""
        return any(action == "restart" for action, _ in self.shop.vcenter.done) or \
            any(call["action"] == "restart" for call in self.calls) or \
            any(event.vm["id"] == vm["id"] and event.vm["connection"] != "connected"
                for event in self.events)

    def _deleted_rightly(self):
        """What a VM was at the very moment at which it went."""
        for event in self.events:
            if event.what != "gone" or not self._asked_for(event):
                continue
            vm, mark = event.vm, mark_of(event.vm)
            what = f"'{vm['name']}' ({vm['id']}) went"
            if mark.get("state") == "copying":
                if mark.get("self"):
                    yield f"{what}, unfinished and with a self"
                if vm["copying"] and not self._is_cut_short(vm):
                    yield f"{what} while it was being copied"
            elif not is_generation(vm):
                yield f"{what}, and was no generation of ours: {mark}"
            else:
                newer = [seq for other, seq in good_ones(event.world)[key_of(vm)].items()
                         if seq > int(mark["seq"]) and other != vm["id"]]
                if not newer:
                    yield f"{what} with no newer good generation there"
            if mark.get("pinned") or vm["power"] != "off" or vm["snapshots"] or vm["template"]:
                yield f"{what}, though pinned, on, a template, or with snapshots"
            if not self._is_in_place(vm):
                yield f"{what} from {vm['folder']}"

    def _never_too_few(self):
        """After every call: no fewer good generations than before, or than `keep`."""
        floors = {}
        for event in self.events:
            now = {key: len(members) for key, members in good_ones(event.world).items()}
            for key in set(floors) | set(now):
                count = now.get(key, 0)
                floor = floors.get(key, 0)
                if count < floor and event.what == "gone" and self._asked_for(event):
                    yield (f"after call {event.seq} {key[1]!r} had {count} good generations of at "
                           f"least {floor}")
                if count < floor or event.what != "gone":
                    floors[key] = min(count, self.shop.keep)

    def _read_before_deletion(self):
        """Whatever is to be deleted is read by this very run, after the last change to it. What
        the wire delivers twice is one request."""
        for call in self._methods("Destroy_Task"):
            earlier = [one["seq"] for one in self.calls if one["seq"] < call["seq"] and
                       (one["method"] in OBJECT_CHANGES and one["this"] == call["this"] or
                        one["method"] == "RetrieveServiceContent") and
                       not (one["action"] == "twice" and one["body"] == call["body"])]
            if not self._reads_between(max(earlier, default=0), call["seq"], call["this"]):
                yield f"'{call['target']}' ({call['this']}) was to be deleted unread"

    # -- S2

    def _only_ours_changed(self):
        """A VM is reconfigured only if we made it; a snapshot goes only if it is ours."""
        cloned = {event.vm["id"] for event in self.events
                  if event.before is None and event.vm["copying"]}
        cloned |= {event.vm["id"] for event in self.events
                   if event.before is None and self._made_by_clone(event)}
        for call in self.calls:
            if call["method"] == "ReconfigVM_Task" and call["executed"]:
                vm = self._before(call["seq"]).get(call["this"])
                if vm and vm["id"] not in cloned and not mark_of(vm).get("version"):
                    yield f"'{vm['name']}' ({vm['id']}) was reconfigured, and is not ours"
            if call["method"] == "RemoveSnapshot_Task":
                for vm in self._before(call["seq"]).values():
                    for snapshot in vm["snapshots"]:
                        if snapshot["id"] == call["this"] and not is_ours(snapshot):
                            yield f"'{snapshot['name']}' of '{vm['name']}' was to go"

    def _made_by_clone(self, event):
        return any(call["seq"] <= event.seq and f">{event.vm['storedName']}<" in call["body"]
                   for call in self._methods("CloneVM_Task"))

    # -- S5

    def _one_clone_at_a_time(self):
        if any(call["action"] == "fault" and call["fault"] == "TaskInProgress" or
               call["action"] == "twice" for call in self.calls):
            return  # a rule's word, and no task; or the same request, which ran into itself
        yield from super()._one_clone_at_a_time()

    def _one_copy_in_flight(self):
        if any(call["action"] == "twice" for call in self.calls):
            return  # the wire's doing
        for event in self.events:
            flying = [vm["name"] for vm in event.world.values() if vm["copying"] and
                      key_of(vm) == key_of(event.vm) and vm["busyTask"]]
            if len(flying) > 1:
                yield f"after call {event.seq} {flying} were being copied at once"
                return

    def _one_snapshot_of_ours(self):
        if any(call["action"] == "twice" for call in self.calls):
            return
        for event in self.events:
            ours = [snapshot["name"] for snapshot in event.vm["snapshots"] if is_ours(snapshot)]
            if len(ours) > 1:
                yield f"'{event.vm['name']}' had {ours} at once, after call {event.seq}"
                return

    # -- S8

    def _sessions_accounted_for(self):
        """One may stay for each run that was killed, for each lost logon or logout, and for
        each session that a rule called dead though it was not."""
        lost = sum(1 for result in self.shop.results if result.exit_code < 0)
        lost += sum(1 for call in self._methods("Login", "Logout") if call["action"])
        lost += sum(1 for call in self.calls if call["action"] == "fault" and
                    call["fault"] == "NotAuthenticated")
        if self.state["sessions"] > lost:
            yield f"{self.state['sessions']} sessions are left, where {lost} may be"

    # -- S11

    def _vm_of(self, call):
        """The VM that a call is about: a snapshot's is the one that has it."""
        if call["method"] == "RemoveSnapshot_Task":
            for event in self.events:
                if any(one["id"] == call["this"] for one in event.vm["snapshots"]):
                    return event.vm["id"]
        return call["this"]

    def _reads_between(self, first, last, vm):
        """Reads that name the VM, or the folder of the backups and so all VMs in it."""
        known = [event.vm for event in self.events if event.vm["id"] == vm]
        names = {f">{vm}<"} | {f">{one['folderId']}<" for one in known
                               if self._is_in_place(one)}
        return [call for call in self.calls if first < call["seq"] < last and
                call["method"] == "RetrievePropertiesEx" and call["executed"] and
                any(name in call["body"] for name in names)]

    def _watched(self, call, last):
        """Whether the client had understood the reply: it watched the very task."""
        return call["task"] and any(call["seq"] < one["seq"] < last and
                                    f">{call['task']}<" in one["body"] for one in self.calls)

    def _read_before_again(self):
        """A change whose outcome nobody knows is looked at before the next change there."""
        for call in self.calls:
            if call["method"] not in OBJECT_CHANGES or call["action"] not in UNKNOWN:
                continue
            vm = self._vm_of(call)
            again = [one for one in self.calls if one["seq"] > call["seq"] and
                     one["method"] in OBJECT_CHANGES and self._vm_of(one) == vm]
            if again and not self._reads_between(call["seq"], again[0]["seq"], vm) and \
                    not self._watched(call, again[0]["seq"]):
                yield (f"the outcome of {call['method']} of '{call['target']}' was not known, and "
                       f"{again[0]['method']} was sent without a look at it")

    # -- the truth about the data

    def _complete_is_whole(self):
        told, self.contents = set(), self._contents()
        for event in self.events:
            vm = event.vm
            if event.what == "gone" or not is_generation(vm) or vm["id"] in told:
                continue
            for wrong in [*told_wrong(vm), *self._other_data(vm)]:
                told.add(vm["id"])
                yield (f"'{vm['name']}' ({vm['id']}) was called complete after call {event.seq}, "
                       f"and {wrong}")

    def _other_data(self, vm):
        """Disks that do not hold what the source's did at the moment of the run's snapshot."""
        at_snapshot = self.contents.get(mark_of(vm).get("run"))
        if not at_snapshot:
            return  # a control action made it
        for disk in vm["disks"]:
            wanted = at_snapshot.get(disk["controller"])
            if disk["content"] != wanted:
                yield f"{disk['controller']} holds {disk['content']!r}, not {wanted!r}"

    def _contents(self):
        """What the source's disks held when the snapshot of a run was made, by run."""
        found = {}
        for event in self.events:
            for snapshot in event.vm["snapshots"]:
                run = snapshot["name"].removeprefix("vmrotate ")
                if is_ours(snapshot) and run not in found and "content" in event.vm["disks"][0]:
                    found[run] = {disk["controller"]: disk["content"]
                                  for disk in event.vm["disks"]}
        return found

    # -- S6

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

    # -- S10

    def _files_are_private(self):
        for folder, _, files in os.walk(self.shop.state_folder):
            for file in files:
                mode = stat.S_IMODE(os.lstat(os.path.join(folder, file)).st_mode)
                if mode & 0o077:
                    yield f"'{file}' in the state folder has mode {mode:o}"
