# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the oracle about what vmrotate says and writes."""

import html
import json
import os
import signal

from asked import wishes_of
from vcenter import is_generation, is_ours


class Told:
    """A part of `Oracle`; `self.calls`, `self.history` and `self.shop` are there."""

    RULES = {
        "no secret": "_no_secret",
        "exit codes told": "_exit_codes_told",
        "success is true": "_success_is_true",
    }

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
            if any(line.get("schema") != 1 for line in result.lines + result.events):
                yield f"vmrotate {words}: a line has another schema than 1"

    def _success_is_true(self):
        """What a backup said that it made is there right after it, and our snapshot is not: where
        no other run was under way, whose it may be."""
        runs = [moment for moment in self.history if moment["what"] == "run"]
        results = [one for one in self.shop.results if one.arguments[:1] != ["credential"]]
        for result, moment in zip(results, runs):
            vms = moment["state"]["vms"]
            alone = not any(one is not result and one.since < result.until and
                            result.since < one.until for one in results)
            for line in result.of_type("backup"):
                if line["exit_code"] != 0 or line["result"] == "skipped":
                    continue
                for told in (line, *line["copies"]):
                    made = [vm for vm in vms if vm["name"] == told["generation"] and
                            vm["folder"].endswith("/vm/" + told["folder"]) and
                            vm["datastores"] == [told["datastore"]]]
                    if len(made) != 1 or not is_generation(made[0]):
                        yield f"'{told['generation']}' was said to be complete, and is not"
                wanted = [wish.datastore for wish in wishes_of(result)
                          if wish.vm == line["vm"] and wish.datastore]
                places = [told["datastore"] for told in line["copies"]]
                if wanted != places:
                    yield f"'{line['vm']}' was to be copied on to {wanted}, and is on {places}"
                for vm in vms:
                    if alone and vm["name"] == line["vm"] and any(map(is_ours, vm["snapshots"])):
                        yield f"'{line['vm']}' was said to be done, and has our snapshot"
