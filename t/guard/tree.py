"""What every guard needs: the files of a tree, C text without its comments, and a way to complain.

A guard is a module with a function check(root) that returns Findings, and a program by tree.run(check):
it prints each finding as file:line, what is wrong, and the remedy, and exits 1 when there is one.
"""
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", "__pycache__", ".pytest_cache", "autom4te.cache", "build-aux", ".libs", ".deps"}


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    wrong: str
    remedy: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.wrong}\n    Remedy: {self.remedy}"


def asked_root():
    """An argument of a guard's program names another tree than this one."""
    return Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT


def run(check):
    """The main program of a guard."""
    findings = check(asked_root())
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


def name(path, root):
    return path.relative_to(root).as_posix()


def project_files(root):
    """Every file of the project: what git tracks or would track; without git, all but builds."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-coz", "--exclude-standard"],
        capture_output=True, text=True, check=False) if (root / ".git").exists() else None
    if listed is not None and listed.returncode == 0:
        paths = [root / entry for entry in listed.stdout.split("\0") if entry]
        return sorted(path for path in paths if path.is_file())
    return sorted(walk(root))


def walk(root):
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in NOT_OURS and not f.startswith("build")]
        for entry in files:
            yield Path(folder) / entry


def module_files(root, *endings):
    """The C files of the modules themselves: src/, and the module records and the program at
    the root."""
    endings = endings or (".c", ".h")
    found = [path for path in (root / "src").rglob("*") if path.suffix in endings]
    if ".c" in endings:
        found += [*root.glob("mod_*.c"), *root.glob("pwreset_*.c")]
    return sorted(found)


def c_files(root):
    """Every C file of the project: the module, its tests, the demo."""
    return [path for path in project_files(root) if path.suffix in (".c", ".h")]


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def code(path):
    """The text without comments; lines and columns stay where they are."""
    return TOKEN.sub(lambda m: blank(m[0]) if m[0].startswith("/") else m[0],
                     path.read_text(encoding="utf-8"))


def bare_code(path):
    """The text without comments and without what stands inside strings and characters."""
    return TOKEN.sub(
        lambda m: blank(m[0]) if m[0].startswith("/") else m[0][0] + blank(m[0][1:-1]) + m[0][-1],
        path.read_text(encoding="utf-8"))


def literals(path):
    """(line, text) of each string literal outside comments and #include lines."""
    text = re.sub(r"(?m)^\s*#\s*include\b.*$", lambda m: blank(m[0]), code(path))
    for match in TOKEN.finditer(text):
        if match[0].startswith('"'):
            yield line_at(text, match.start()), match[0][1:-1]


def line_at(text, position):
    return text.count("\n", 0, position) + 1


def closing(text, start, pair="()"):
    """The position of the bracket that closes the one at `start`, or the end of the text."""
    depth = 0
    for position in range(start, len(text)):
        if text[position] == pair[0]:
            depth += 1
        elif text[position] == pair[1]:
            depth -= 1
            if depth == 0:
                return position
    return len(text)


def includes(path):
    """(line, name, is_quoted) of each #include."""
    for match in re.finditer(r'(?m)^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', code(path)):
        yield line_at(match.string, match.start(2)), match[2], match[1] == '"'


def own_header(including, included, root):
    """The file of ours that an #include names, or None for a foreign one."""
    for candidate in (root / "src" / included, including.parent / included):
        if candidate.is_file():
            return candidate.resolve()
    return None


def own_includes(path, root):
    """(line, path) of each #include of a file of ours."""
    for line, included, _ in includes(path):
        target = own_header(path, included, root)
        if target is not None:
            yield line, target
