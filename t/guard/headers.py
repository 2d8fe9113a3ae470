#!/usr/bin/python3
"""Each header compiles alone under gcc and clang, fits on a page or two, and declares the same
struct in every build."""
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

MOST_LINES = 120
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes",
            "-Wmissing-prototypes", "-Wpointer-arith", "-Wwrite-strings", "-Wformat=2", "-Werror"]
LIBRARIES = ["apr-1", "apr-util-1", "libsodium", "icu-uc", "icu-i18n", "jansson", "libcurl", "ldap",
             "cairo", "zlib"]


def check(root):
    headers = tree.module_files(root, ".h")
    findings = []
    for header in headers:
        findings += length(header, root) + same_struct(header, root)
    below = [h for h in headers if not tree.name(h, root).startswith("src/httpd/")]
    above = [h for h in headers if h not in below]
    for compiler in ("gcc", "clang"):
        findings += compile_alone(compiler, below, [], root)
        findings += compile_alone(compiler, above, httpd_flags() if above else [], root)
    return findings


def length(header, root):
    lines = len(header.read_text(encoding="utf-8").splitlines())
    if lines <= MOST_LINES:
        return []
    return [Finding(tree.name(header, root), lines, f"a header of {lines} lines; {MOST_LINES} is the "
                    "most", "split the file by what it is about, or move what only the .c needs")]


def same_struct(header, root):
    text = tree.bare_code(header)
    findings = []
    for opening in re.finditer(r"\b(?:struct|union)\b[^;{}()]*\{", text):
        end = tree.closing(text, opening.end() - 1, "{}")
        for switch in re.finditer(r"(?m)^[ \t]*#[ \t]*if", text[opening.end():end]):
            line = tree.line_at(text, opening.end() + switch.end())
            findings.append(Finding(tree.name(header, root), line, "#if inside a struct: two builds "
                                    "would disagree on its shape", "keep the member in every build"))
    return findings


def answer(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip() or 'failed'}")
    return done.stdout.split()


def httpd_flags():
    apxs = shutil.which("apxs") or shutil.which("apxs2") or sys.exit(
        "apxs is missing: install apache2-dev (Debian) or httpd-devel (Fedora)")
    return ["-I" + "".join(answer(apxs, "-q", "INCLUDEDIR"))]


def compile_alone(compiler, headers, more, root):
    if not headers:
        return []
    if shutil.which(compiler) is None:
        return [Finding("t/guard/headers.py", 1, f"{compiler} is missing", f"install {compiler}")]
    flags = WARNINGS + [f"-I{root}/src"] + more + answer("pkg-config", "--cflags", *LIBRARIES)
    done = subprocess.run([compiler, "-fsyntax-only", "-D_GNU_SOURCE", *flags, "-x", "c", *headers],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    complaints = re.findall(r"(?m)^([^:\n]+):(\d+):\d+: (?:fatal )?error: (.*)$", done.stderr)
    if not complaints:
        return [Finding("src", 1, f"{compiler} failed: {done.stderr.strip()}", "see its words")]
    return [Finding(path.removeprefix(f"{root}/"), int(line), f"does not compile alone with "
                    f"{compiler}: {words}", "include here what the header itself uses")
            for path, line, words in complaints]


if __name__ == "__main__":
    tree.run(check)
