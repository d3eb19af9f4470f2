# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix F, names: sources and their neighbours as people and other tools call them.

A neighbour has generations of its own, of which each is to stay exactly as it is.
"""

from cell import SOURCE, Cell, add_generations
from worlds import add_vm, all_of, does, judges, nothing_changed, says

LETTER, TITLE = "F", "names"

#: Names of sources. Each is backed up thrice, and its generations are numbered and expire.
NAMES = {
    "a space at the end": "web ", "a space at the begin": " web", "two spaces": "web  1",
    "quotes": "a\"b'c`d", "markup": "<a href='x'>&amp;</a>", "an end of CDATA": "]]>",
    "a newline": "two\nlines", "a tab": "a\tb", "a percent sign": "100%",
    "an escape": "a%2fb", "an escape of an escape": "a%252fb", "a slash": "a/b",
    "a backslash": "a\\b", "dots": "../../etc/passwd", "only digits": "20260101",
    "like an option": "--all", "like a verb": "list", "braces": "{0}{}%s%n",
    "Japanese": "日本語 VM", "combining marks": "e\u0301", "right to left": "שלום",
    "beyond the BMP": "vm \U0001f951", "a control character": "a\u007fb",
    "like a generation's end": "web-01-202601010000", "like a whole generation":
    "zz_web-01-202601010000", "the prefix alone": "zz_", "61 characters": "x" * 61,
    "a glob": "*", "a regular expression": ".*", "a dollar": "$HOME", "a dot": ".",
}

#: What: (the source, its neighbour). Both have generations in the folder.
TWINS = {
    "a prefix": ("avocado2", "avocado20"),
    "capitals": ("avocado2", "Avocado2"),
    "a slot": ("avocado2", "avocado2-01"),
    "a whole generation": ("avocado2", "avocado2-01-202601010000"),
    "the prefix twice": ("avocado2", "zz_avocado2"),
    "a space": ("avocado2", "avocado2 "),
    "an escape": ("a/b", "a%2fb"),
    "composed and decomposed": ("\u00e9", "e\u0301"),
}


def twin_of(name):
    """Generations of a neighbour, older and newer than those of the source."""
    def prepare(shop):
        if name not in [vm["name"] for vm in shop.vcenter.state()["vms"]]:
            add_vm(shop, name)
        add_generations(shop, name, 2)
    return prepare


def stay(name, count):
    def judge(shop, _):
        if len(shop.generations(name)) != count:
            yield f"of {count} generations of '{name}' there are {shop.generations(name)}"
    return judge


def named(what, name):
    def prepare(shop):
        if name not in [vm["name"] for vm in shop.vcenter.state()["vms"]]:
            add_vm(shop, name)
        add_generations(shop, name, 2)
    command, settings = ("backup", name), ""
    if name.startswith("-"):  # such a name goes into the configuration
        command, settings = ("backup", "--job", "all"), f"[job.all]\nvms = ['{name}']"
    return Cell(f"F/name/{what}", source=name, command=command, settings=settings, generations=0,
                prepare=prepare, exits={0}, judge=lambda shop, _: one_line_each(shop, name))


def one_line_each(shop, name):
    for line in shop.results[-1].of_type("backup"):
        if line["vm"] != name or not line["generation"].startswith(f"zz_{name}-"):
            yield f"it is called {line['vm']!r} and its generation {line['generation']!r}"


def cells():
    made = [named(what, name) for what, name in NAMES.items()]
    for what, (name, twin) in TWINS.items():
        prepare = all_of(*(twin_of(one) for one in (name, twin)))
        made.append(Cell(f"F/twin/{what}", source=name, command=("backup", name),
                         generations=0, prepare=prepare, exits={0}, judge=stay(twin, 2),
                         healed=stay(twin, 2)))
    return [*made, *refused(), Cell(
        "F/same name/in another datacenter", not_applicable="the test vCenter has one datacenter")]


def refused():
    """Names with which nothing may be changed."""
    long_name = "x" * 62
    return [
        Cell("F/same name/in another folder", exits={1},
             prepare=all_of(does("folder", path="other"),
                            lambda shop: add_vm(shop, SOURCE, folder="other")),
             judge=judges(nothing_changed, says("other", "2 VMs have this name")),
             mend=lambda shop: shop.do("rename", name="another", vm=next(
                 vm["id"] for vm in shop.vcenter.state()["vms"]
                 if vm["name"] == SOURCE and vm["folder"].endswith("/other")))),
        Cell("F/name/62 characters", source=long_name, command=("backup", long_name),
             generations=0, prepare=lambda shop: add_vm(shop, long_name), exits={4}, heal=False,
             judge=judges(nothing_changed, says("alias", "80"))),
        Cell("F/name/80 in the escaped form", source="/" * 21, command=("backup", "/" * 21),
             generations=0, prepare=lambda shop: add_vm(shop, "/" * 21), exits={4}, heal=False,
             judge=judges(nothing_changed, says("alias", "80"))),
        Cell("F/name/the same in capitals", command=("backup", SOURCE.upper()), exits={1},
             heal=False, judge=judges(nothing_changed, says(f"did you mean '{SOURCE}'"))),
        Cell("F/name/a part of it", command=("backup", SOURCE[:-1]), exits={1}, heal=False,
             judge=judges(nothing_changed, says("no VM has exactly this name"))),
        Cell("F/name/as vCenter stores it", command=("backup", "web%2f100%25"), exits={1},
             heal=False, judge=judges(nothing_changed, says("no VM has exactly this name"))),
        Cell("F/name/empty", command=("backup", ""), exits={1, 2}, heal=False,
             judge=nothing_changed),
    ]
