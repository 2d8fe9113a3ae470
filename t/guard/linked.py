#!/usr/bin/python3
"""The core links neither cairo nor what cairo brings: only sites that load mod_pwreset_captcha pay for
pictures."""
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

UNWANTED = re.compile(r"lib(cairo|pixman|X\w+|xcb\w*|fontconfig|freetype|png)[-.0-9]*\.so")


def needed(module):
    """The libraries of a built module, by way of the others too."""
    lines = subprocess.run(["ldd", module], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in lines.splitlines() if line.strip()]


def check(root, build=None):
    module = Path(build or root / "build") / ".libs" / "mod_pwreset.so"
    if not module.is_file():
        return [Finding("mod_pwreset.so", 1, f"is not built in {module.parent}", "run t/run")]
    return [Finding("Makefile.am", 1, f"mod_pwreset.so links {name}",
                    "link it to mod_pwreset_captcha.la alone")
            for name in needed(module) if UNWANTED.match(name)]


if __name__ == "__main__":
    tree.run(check)
