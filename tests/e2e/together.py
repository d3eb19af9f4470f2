# SPDX-License-Identifier: GPL-3.0-or-later
"""A rule of the oracle about groups: their snapshots come before their copies."""

import tomllib


class Together:
    """A part of `Oracle`; `self.calls`, `self.events` and `self.shop` are there."""

    RULES = {"groups together": "_groups_together"}

    def _groups_together(self):
        for run in self.shop.results:
            if any(one is not run and one.since < run.until and run.since < one.until
                   for one in self.shop.results):
                continue  # whose call it was is not known
            for name, group in self._groups_of(run).items():
                if group.get("consistent", True):
                    yield from self._judge_group(run, name, group)

    @staticmethod
    def _groups_of(run):
        try:
            return tomllib.loads(run.config).get("group", {})
        except tomllib.TOMLDecodeError:
            return {}

    def _judge_group(self, run, name, group):
        ids = {event.vm["id"] for event in self.events if event.vm["name"] in group["vms"]}
        mine = [call for call in self.calls
                if run.since < call["seq"] <= run.until and call["this"] in ids]
        made = [call for call in mine if call["method"] == "CreateSnapshot_Task"]
        copied = [call for call in mine if call["method"] == "CloneVM_Task"]
        if len(made) < 2 or not copied:
            return
        if min(call["seq"] for call in copied) < max(call["seq"] for call in made):
            yield f"a member of '{name}' was to be copied before all snapshots were asked for"
        failed = [call["target"] for call in made if not self._done(call)]
        if failed and group.get("policy", "all-or-nothing") == "all-or-nothing":
            yield f"members of '{name}' were copied although {failed} had no snapshot"
