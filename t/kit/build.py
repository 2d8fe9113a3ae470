"""Finds the built module, and builds it: in the tree when that is configured, else in build/."""
import fcntl
import os
import subprocess
from pathlib import Path

from kit import system

MODULE = Path(".libs") / "mod_pwreset.so"


class BuildFailed(Exception):
    """The text says what failed and where the whole log is."""


def folder():
    """Where this tree is built: PWRESET_BUILD, the tree itself, or build/ in it."""
    if os.environ.get("PWRESET_BUILD"):
        return Path(os.environ["PWRESET_BUILD"]).resolve()
    if (system.ROOT / "config.status").exists():
        return system.ROOT
    return system.ROOT / "build"


def module():
    """The built module. Tests call this; they do not build."""
    path = Path(os.environ.get("PWRESET_MODULE") or folder() / MODULE).resolve()
    if not path.exists():
        raise system.Missing(f"{path} is not built: run t/run, or demo/run, or make")
    return path


def captcha_module():
    """The module of pictures and sounds, which is built beside."""
    return module().with_name("mod_pwreset_captcha.so")


def may_write(path):
    while not path.exists():
        path = path.parent
    return os.access(path, os.W_OK)


def newest_source():
    places = [system.ROOT / "configure.ac", system.ROOT / "Makefile.am",
              *(system.ROOT / "src").rglob("*.[ch]"), *system.ROOT.glob("*.c")]
    return max(place.stat().st_mtime for place in places if place.exists())


def step(progress, what, argv, where, log):
    progress(what)
    with open(log, "ab") as output:
        result = subprocess.run([str(part) for part in argv], cwd=where, stdout=output,
                                stderr=output, stdin=subprocess.DEVNULL, check=False)
    if result.returncode != 0:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise BuildFailed(f"{' '.join(map(str, argv))} failed:\n{end}\n(all of it: {log})")


def build(progress, spare):
    """Builds what is not up to date and returns the module. `spare` is a folder to build in when
    the tree is somebody else's."""
    if os.environ.get("PWRESET_MODULE"):
        return module()
    place = folder()
    if not may_write(place):
        built = place / MODULE
        if built.exists() and built.stat().st_mtime >= newest_source():
            return built
        place = spare
    place.mkdir(parents=True, exist_ok=True)
    with open(place / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return build_in(place, progress)


def build_in(place, progress):
    log = place / "build.log"
    log.write_bytes(b"")
    if not (system.ROOT / "configure").exists():
        if not may_write(system.ROOT):
            raise BuildFailed(f"there is no configure script in {system.ROOT}, and only its owner "
                              f"can make it: run `autoreconf -fi` there as its owner")
        step(progress, "making configure", ["autoreconf", "-fi"], system.ROOT, log)
    if not (place / "config.status").exists():
        step(progress, "configuring", [system.ROOT / "configure"], place, log)
    jobs = f"-j{os.cpu_count() or 1}"
    step(progress, "compiling", ["make", jobs, "all"], place, log)
    return place / MODULE
