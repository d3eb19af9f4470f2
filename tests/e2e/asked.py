# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of vmrotate was asked for, by its command line and its configuration file alone."""

import dataclasses
import tomllib

#: Options without a value.
SWITCHES = {"--json", "--dry-run", "-n", "--verbose", "-v", "--quiet", "-q", "--yes", "-y",
            "--create-folder"}

KEEP, SET = 3, "default"  #: where nobody says anything else


@dataclasses.dataclass(frozen=True)
class Wish:
    """One VM, by what somebody called it, and the set that is to be rotated."""

    vm: str
    set: str
    keep: int


def parted(arguments):
    """(verb, [word], {option: [value]}) of a command line."""
    words, options, rest = [], {}, list(arguments)
    while rest:
        one = rest.pop(0)
        if not one.startswith("-"):
            words.append(one)
            continue
        name, equals, value = one.partition("=")
        if not equals and name not in SWITCHES and rest:
            value = rest.pop(0)
        options.setdefault(name, []).append(value)
    return (words or [""])[0], words[1:], options


def verb_of(result):
    return parted(result.arguments)[0]


def wishes_of(result, default_keep=KEEP):
    """All VMs of a run; `default_keep` where neither command line nor file says one."""
    _, words, options = parted(result.arguments)
    try:
        config = tomllib.loads(result.config)
    except tomllib.TOMLDecodeError:
        return []  # then nobody may do anything
    jobs = config.get("job", {})
    chosen = [jobs.get(name, {}) for name in options.get("--job", () if words else jobs)]
    named = [(word, {}) for word in words] + [(vm, job) for job in chosen
                                              for vm in job.get("vms", [])]
    wishes = []
    for vm, job in named:
        layers = [{key[2:]: values[-1] for key, values in options.items()},
                  config.get("vm", {}).get(vm, {}), job, config.get("defaults", {})]

        def first(key, otherwise, layers=layers):
            return next((layer[key] for layer in layers if key in layer), otherwise)
        wishes.append(Wish(vm, first("set", SET), int(first("keep", default_keep))))
    return wishes
