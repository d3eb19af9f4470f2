# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of vmrotate was asked for, by its command line and its configuration file alone."""

import dataclasses
import re
import tomllib

#: Options without a value.
SWITCHES = {"--json", "--dry-run", "-n", "--verbose", "-v", "--quiet", "-q", "--yes", "-y",
            "--create-folder"}

KEEP, SET, PREFIX = 3, "default", "zz_"  #: where nobody says anything else


@dataclasses.dataclass(frozen=True)
class Wish:
    """One VM, by what somebody called it, and the set that is to be rotated."""

    vm: str
    set: str
    keep: int
    datastore: str = ""  #: of a further place; empty for the first one


def further(first, prefix, datastore, copies):
    """(Wish, prefix) of each further place of a wish, as the README says it: a number in the
    prefix before what closes it, and at the end of the set."""
    copies = [{"datastore": one} if isinstance(one, str) else one for one in copies]
    if copies and list(copies[0]) == ["datastore"] and \
            datastore in ("", copies[0]["datastore"]):
        copies = copies[1:]
    for number, one in enumerate(copies, 1):
        bare = prefix.rstrip("_-.")
        yield (Wish(first.vm, one.get("set", f"{first.set}-{number}"),
                    one.get("keep", first.keep), one["datastore"]),
               one.get("prefix", f"{bare}{number}{prefix[len(bare):]}"))


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


def configuration(arguments, otherwise):
    """The text of the file that a run reads; empty where there is none."""
    _, _, options = parted(arguments)
    path = [*options.get("-c", ()), *options.get("--config", ()), otherwise][0]
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def verb_of(result):
    return parted(result.arguments)[0]


def fits(name, line):
    """Whether a line of a job, a name with * and ? in it or without, may mean this name."""
    parts = {"*": ".*", "?": "."}
    return name == line or re.fullmatch("".join(parts.get(c, re.escape(c)) for c in line), name,
                                        re.DOTALL)


def members(job, known):
    """The names that a job may mean, of those in `known`, {(name, folder)}; a name that stands in
    the job as it is need not be known. Pools and attributes may mean any VM."""
    meant = list(job.get("vms", []))
    for name, folder in sorted(known):
        if any(fits(name, line) for line in job.get("vms", [])) or \
                any((folder + "/").find("/vm/" + line + "/") >= 0
                    for line in job.get("folders", [])) or \
                job.get("pools") or job.get("attributes"):
            meant.append(name)
    return [name for name in dict.fromkeys(meant)
            if not any(fits(name, line) for line in job.get("exclude", []))]


def wishes_of(result, default_keep=KEEP, known=frozenset()):
    """All VMs of a run; `default_keep` where neither command line nor file says one. `known` are
    the names and folders of all VMs that ever were."""
    _, words, options = parted(result.arguments)
    try:
        config = tomllib.loads(result.config)
    except tomllib.TOMLDecodeError:
        return []  # then nobody may do anything
    jobs = config.get("job", {})
    whole = [word for word in words if word in jobs and "--job" not in options]
    chosen = [jobs.get(name, {}) for name in options.get("--job", whole if words else jobs)]
    named = [(word, {}) for word in words if word not in whole] + \
        [(vm, job) for job in chosen for vm in members(job, known)]
    wishes = []
    for vm, job in named:
        layers = [{key[2:]: values[-1] for key, values in options.items()},
                  config.get("vm", {}).get(vm, {}), job, config.get("defaults", {})]

        def first(key, otherwise, layers=layers):
            return next((layer[key] for layer in layers if key in layer), otherwise)
        wishes.append(Wish(vm, first("set", SET), int(first("keep", default_keep))))
        wishes += [wish for wish, _ in further(wishes[-1], first("prefix", PREFIX),
                                               first("datastore", ""), first("copies", ()))]
    return wishes
