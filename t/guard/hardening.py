#!/usr/bin/python3
"""The built modules have what a hardened build gives them, and each exports its module record alone.
They are read as files: what the compiler was told to do counts for nothing here."""
import os
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

MODULES = {"mod_pwreset.so": "pwreset_module", "mod_pwreset_captcha.so": "pwreset_captcha_module"}
ENDBR64 = b"\xf3\x0f\x1e\xfa"  # where an indirect call may land
LEAST_ENDBR64 = 16  # the compiler's own start files have a few
CONFIGURE = "configure without --disable-hardening and look at the checks in config.log"


def folder(root):
    """Where the tree is built; t/run says so of this tree alone."""
    told = os.environ.get("PWRESET_BUILD") if root == tree.ROOT else None
    return Path(told) if told else root / "build"


def readelf(option, module):
    return subprocess.run(["readelf", "-W", option, module], capture_output=True, text=True,
                          check=True).stdout


def symbols(module):
    """The exported names and the needed ones, without their versions."""
    exported, needed = set(), set()
    for line in readelf("--dyn-syms", module).splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[0][:-1].isdigit() and fields[4] in ("GLOBAL", "WEAK"):
            (needed if fields[6] == "UND" else exported).add(fields[7].partition("@")[0])
    return exported, needed


def has_sanitizer(needed):
    return any(name.startswith(("__asan_", "__tsan_", "__ubsan_")) for name in needed)


def has_few_landing_pads(module):
    return ("X86-64" in readelf("-h", module)
            and Path(module).read_bytes().count(ENDBR64) < LEAST_ENDBR64)


def faults(module, record):
    """(what is wrong, what to do) of a shared object."""
    segments, dynamic = readelf("-l", module), readelf("-d", module)
    exported, needed = symbols(module)
    is_bound_now = re.search(r"\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*\bNOW\b|\(BIND_NOW\)", dynamic)
    if "GNU_RELRO" not in segments:
        yield "no RELRO segment", CONFIGURE
    if not is_bound_now:
        yield "no BIND_NOW: RELRO is not full", CONFIGURE
    if not re.search(r"GNU_STACK\s.*\sRW\s", segments):
        yield "an executable stack", CONFIGURE
    if "(TEXTREL)" in dynamic:
        yield "text relocations: not every object is PIC", "compile with libtool, which adds -fPIC"
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        yield "a search path of its own for libraries", "link without -rpath"
    if "__stack_chk_fail" not in needed:
        yield "no stack canary", CONFIGURE
    if not any(re.fullmatch(r"__\w+_chk", name) for name in needed) and not has_sanitizer(needed):
        yield "no fortified call", CONFIGURE
    if has_few_landing_pads(module):
        yield "no landing pads for indirect calls (CET)", CONFIGURE
    for name in sorted(exported - {record}):
        yield f"exports {name}", "let -fvisibility=hidden stand in PWR_CFLAGS"
    if record not in exported:
        yield f"does not export {record}", "declare it with default visibility"


def check(root):
    built = [path for path in (folder(root) / ".libs" / name for name in MODULES) if path.is_file()]
    if not built or built[0].name != "mod_pwreset.so":
        return [Finding(str(folder(root) / ".libs" / "mod_pwreset.so"), 1, "is not built",
                        "build it with t/run, or with make in build/")]
    return [Finding(str(module), 1, wrong, remedy)
            for module in built for wrong, remedy in faults(module, MODULES[module.name])]


if __name__ == "__main__":
    tree.run(check)
