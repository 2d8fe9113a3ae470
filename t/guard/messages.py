#!/usr/bin/python3
"""Bokmål and English say everything, and no language says more or with other arguments; every message is
used; every message that is used exists. What another language lacks falls back by key: that fails nothing, and
this program lists it as what waits for a translator.

A message is used by {{t.KEY}} in a page or mail, or by its key as a string literal in src/. A key put
together at run time is used by its pattern as a literal: "dead.%s", or a literal that ends in a dot
("dead."), stands for every key of that shape.
"""
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

FOLDER = "conf/messages"
WHOLE = ("nb.txt", "en.txt")  # a new message needs these two
TEMPLATES = ("conf/pages", "conf/mail")
ROW = re.compile(r"([A-Za-z0-9_.-]+)\s*=\s?(.*)")
IN_TEMPLATE = re.compile(r"\{\{\{?\s*&?\s*t\.([A-Za-z0-9_.-]+)\s*\}?\}\}")
KEY = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
PATTERN = re.compile(r"[a-z0-9_.-]*(%s[a-z0-9_.-]*)+|[a-z0-9_-]+(\.[a-z0-9_-]+)*\.")
# Calls whose literal argument is a message key, and which argument it is.
CALLS = re.compile(r"\b(pwr_fault_refused|pwr_translations_format|pwr_translations_has)\s*\(")
FILE_ENDINGS = (".html", ".txt", ".css", ".js", ".conf", ".c", ".h", ".sql", ".json", ".pem")


def check(root):
    languages = {}
    for path in sorted((root / FOLDER).glob("*.txt")):
        languages[path] = read(path)
    if not languages:
        return [Finding(FOLDER, 1, "holds no language", "write one file per language")]
    findings = alike(languages, root)
    known = {key: (tree.name(path, root), line) for path, rows in reversed(languages.items())
             for key, (line, _) in rows.items()}
    uses = template_uses(root) + source_uses(root, known)
    findings += [Finding(at, line, f"uses the message {key}, which no language has",
                         f"write it into {' and '.join(WHOLE)} of {FOLDER}")
                 for at, line, key in uses if "*" not in key and key not in known]
    used = [re.compile(re.escape(key).replace(r"\*", ".+")) for _, _, key in uses]
    findings += [Finding(*known[key], f"nobody uses the message {key}", "take it out, or use it")
                 for key in known if not any(pattern.fullmatch(key) for pattern in used)]
    return findings


def read(path):
    """key -> (line, pattern). A line that begins with white space continues the one above."""
    rows, key = {}, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if key is not None and line[:1].isspace():
            rows[key] = (rows[key][0], f"{rows[key][1]} {line.strip()}")
        elif not line.startswith("#") and (row := ROW.match(line)):
            key = row[1]
            rows[key] = (number, row[2])
    return rows


def alike(languages, root):
    findings = []
    whole = {path: rows for path, rows in languages.items() if path.name in WHOLE}
    for path, rows in languages.items():
        at = tree.name(path, root)
        if path in whole:
            findings += [Finding(at, 1, f"lacks the message {key} of {other.name}", "translate it")
                         for other, others in languages.items() for key in others if key not in rows]
        for other, others in whole.items():
            findings += [Finding(at, line, f"{key} has the arguments {sorted(arguments(pattern))}, in {other.name} "
                                 f"{sorted(arguments(others[key][1]))}", "name the same arguments in every language")
                         for key, (line, pattern) in rows.items()
                         if key in others and arguments(pattern) != arguments(others[key][1])]
    return findings


def waiting(root):
    """(language, keys that it lacks) of each that lacks some."""
    languages = {path: read(path) for path in sorted((root / FOLDER).glob("*.txt"))}
    every = {key: None for path, rows in languages.items() if path.name in WHOLE for key in rows}
    lacks = {path.stem: [key for key in every if key not in rows] for path, rows in languages.items()}
    return [(language, keys) for language, keys in lacks.items() if keys]


def arguments(pattern):
    """The names of an ICU MessageFormat pattern's arguments, those of its sub-messages too."""
    text = re.sub(r"''", "", pattern)
    text = re.sub(r"'[{}#|][^']*('|$)", "", text)
    found = set()
    for opening in re.finditer(r"\{\s*([A-Za-z0-9_]+)\s*([,}])", text):
        # `one {minutt}`: a sub-message of plural or select, not an argument, follows a selector.
        if not follows_selector(text, opening.start()):
            found.add(opening[1])
    return found


def follows_selector(text, position):
    """Is the bracket at `position` a direct part of a plural, select or selectordinal argument?"""
    depth = 0
    for back in range(position - 1, -1, -1):
        if text[back] == "}":
            depth += 1
        elif text[back] == "{" and depth == 0:
            return re.match(r"\{\s*\w+\s*,\s*(plural|select|selectordinal)\s*,", text[back:]) is not None
        elif text[back] == "{":
            depth -= 1
    return False


def template_uses(root):
    uses = []
    for folder in TEMPLATES:
        for path in sorted(p for p in (root / folder).rglob("*") if p.is_file()):
            text = path.read_text(encoding="utf-8")
            uses += [(tree.name(path, root), tree.line_at(text, m.start()), m[1])
                     for m in IN_TEMPLATE.finditer(text)]
    return uses


def source_uses(root, known):
    uses, families = [], {key.split(".")[0] for key in known if "." in key}
    for path in tree.module_files(root):
        at = tree.name(path, root)
        for line, text in tree.literals(path):
            if text in known:
                uses.append((at, line, text))
            elif "." in text and PATTERN.fullmatch(text):
                uses.append((at, line, text.replace("%s", "*") + "*" * text.endswith(".")))
            elif (KEY.fullmatch(text) and text.split(".")[0] in families
                  and not text.endswith(FILE_ENDINGS)):
                uses.append((at, line, text))
        uses += asked_for(path, at)
    return uses


def asked_for(path, at):
    """Keys in the argument lists of calls that take one."""
    text, bare = tree.code(path), tree.bare_code(path)
    for call in CALLS.finditer(bare):
        end = tree.closing(bare, call.end() - 1)
        strings = re.findall(r'"((?:\\.|[^"\\\n])*)"', text[call.end():end])
        strings = [s for s in strings if not re.fullmatch(r"PWR\d+", s)][:1]
        line = tree.line_at(text, call.start())
        yield from ((at, line, s) for s in strings if re.fullmatch(r"[a-z0-9_.-]+", s))


if __name__ == "__main__":
    for language, keys in waiting(tree.asked_root()):
        print(f"{language} waits for a translation of {len(keys)}: {' '.join(keys)}")
    tree.run(check)
