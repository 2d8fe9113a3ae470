#!/usr/bin/python3
"""Calls that overrun or surprise, goto, marks of unfinished work, file names that say nothing, and
every way in which a secret could reach a log."""
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

CALLS = {
    "strcpy": "apr_cpystrn or apr_pstrdup", "strncpy": "apr_cpystrn or apr_pstrndup",
    "strcat": "apr_pstrcat", "sprintf": "apr_snprintf or apr_psprintf",
    "vsprintf": "apr_vsnprintf or apr_pvsprintf", "strtok": "apr_strtok or strcspn",
    "atoi": "apr_strtoi64 with its range checked", "atol": "apr_strtoi64 with its range checked",
    "gets": "apr_file_gets", "alloca": "apr_palloc", "system": "apr_proc_create",
    "popen": "apr_proc_create", "rand": "pwr_crypto_random",
}
CALL = re.compile(r"\b(" + "|".join(CALLS) + r")\s*\(")
WORDS = [
    (re.compile(r"\bgoto\b"), "goto", "give the foreign handle a pool cleanup in the line after it "
     "is made; then an early return is safe"),
    (re.compile(r"\bCURLOPT_VERBOSE\b"), "CURLOPT_VERBOSE", "it prints credentials and mail bodies: "
     "take it out"),
]
LOGS = re.compile(r"\b(pwr_log\w*|pwr_fault_(?:refused|later|broken)|ap_log_\w+)\s*\(")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
EMPTY_NAMES = {"util", "utils", "common", "misc", "helper", "helpers", "manager", "managers"}


def check(root):
    findings = []
    for path in tree.c_files(root):
        findings += in_code(path, root) + secrets_in_logs(path, root) + unfinished(path, root)
    for path in tree.project_files(root):
        findings += empty_name(path, root)
    return findings


def in_code(path, root):
    text, at = tree.bare_code(path), tree.name(path, root)
    findings = [Finding(at, tree.line_at(text, m.start()), f"calls {m[1]}", f"use {CALLS[m[1]]}")
                for m in CALL.finditer(text)]
    for pattern, word, remedy in WORDS:
        findings += [Finding(at, tree.line_at(text, m.start()), f"uses {word}", remedy)
                     for m in pattern.finditer(text)]
    return findings


def secrets_in_logs(path, root):
    text, findings = tree.bare_code(path), []
    for call in LOGS.finditer(text):
        arguments = text[call.end():tree.closing(text, call.end() - 1)]
        if "pwr_secret_bytes" in arguments:
            findings.append(Finding(tree.name(path, root), tree.line_at(text, call.start()),
                                    f"hands a secret's bytes to {call[1]}", "leave the secret out"))
    return findings


def unfinished(path, root):
    return [Finding(tree.name(path, root), number, f"{found[1]}: unfinished work",
                    "finish it, or write it up as an issue")
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if (found := UNFINISHED.search(line))]


def empty_name(path, root):
    inside = path.relative_to(root)
    words = {word for part in inside.parts for word in re.split(r"[._-]", part.lower())}
    return [Finding(inside.as_posix(), 1, f"the name '{word}' says nothing",
                    "name the file after what it is about") for word in words & EMPTY_NAMES]


if __name__ == "__main__":
    tree.run(check)
