"""A folder of files like conf/, with some of them changed: what a site does to ours."""
import shutil

from kit import system


def own_files(folder, **changes):
    """Copies conf/ into `folder`. `changes`: path with "__" for "/" and "_txt" and the like for the
    ending, to the file's new text, or to a function of the old one."""
    copy = folder / "conf"
    shutil.copytree(system.ROOT / "conf", copy)
    for name, change in changes.items():
        path = copy / name.replace("__", "/")
        path = path.with_name(path.name.rpartition("_")[0] + "." + path.name.rpartition("_")[2])
        text = change(path.read_text(encoding="utf-8")) if callable(change) else change
        path.write_text(text, encoding="utf-8")
    for path in [folder, copy, *copy.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy


def without(text, *keys):
    """A file of messages without these."""
    return "".join(line for line in text.splitlines(keepends=True)
                   if line.partition(" =")[0] not in keys)
