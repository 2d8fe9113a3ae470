#!/usr/bin/python3
"""Arrows of #include point down, each foreign library has one place, and the request use case can
reach neither directory nor mail: that is why its answer cannot tell one account from another."""
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

LAYERS = {"base": 1, "captcha": 2, "store": 2, "text": 2, "directory": 3, "mail": 3, "token": 3, "policy": 3,
          "abuse": 3, "events": 3, "flow": 4, "httpd": 5}
PLATES = ("mod_pwreset.c", "mod_pwreset_captcha.c")
PROGRAMS = ("pwreset_schema.c",)  # of their own, above the library

# A foreign header, and where it may be included: a folder (ending in /) or one file.
PLACES = [
    (r"(httpd|http_\w+|ap_\w+|util_\w+|mod_\w+|scoreboard|mpm_common|unixd|os)\.h",
     ["src/httpd/", *PLATES]),
    (r"apr_dbd\.h", ["src/store/"]),
    (r"(ldap|lber|apr_ldap)\w*\.h|sasl/.*", ["src/directory/"]),
    (r"(gssapi|krb5)/.*", ["src/directory/"]),
    (r"sodium(/.*)?(\.h)?", ["src/base/crypto.c"]),
    (r"unicode/.*", ["src/text/"]),
    (r"jansson\.h", ["src/text/json.c"]),
    (r"cairo(/.*|\w*\.h)", ["src/captcha/canvas.c"]),
    (r"zlib\.h", ["src/captcha/png.c"]),
    (r"zxcvbn\.h", ["src/policy/check_guess.c"]),
    (r"curl/.*", ["src/mail/smtp.c", "src/base/https.c", "src/base/url.c"]),
    (r"openssl/.*", ["src/mail/dkim.c"]),
    (r"linux/.*", ["src/httpd/worker_sandbox.c", "src/httpd/worker_syscalls.c"]),
]
EVERYWHERE = re.compile(
    r"(apr(_\w+|u)?|assert|complex|config|ctype|dirent|errno|fcntl|fenv|float|grp|inttypes|iso646|"
    r"limits|locale|math|netdb|poll|pthread|pwd|sched|setjmp|signal|stdalign|stdarg|stdatomic|"
    r"stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|syslog|tgmath|threads|time|"
    r"uchar|unistd|wchar|wctype)\.h|(sys|net|netinet|arpa)/\w+\.h")

# What flow/request may know of the parts, and the other use cases of its own layer.
REQUEST = "src/flow/request"
REQUEST_KNOWS = {"base", "store", "text", "abuse", "events", "flow"}
OTHER_USE_CASES = {"outbox_worker.h", "reset.h", "revoke.h", "maintain.h", "check.h"}


def directory_of(path, root):
    parts = path.relative_to(root).parts
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def check(root):
    findings = []
    for path in tree.module_files(root):
        at = tree.name(path, root)
        if at not in (*PLATES, *PROGRAMS) and directory_of(path, root) not in LAYERS:
            findings.append(Finding(at, 1, "stands in no directory of a layer",
                                    f"move it to one of src/{{{','.join(LAYERS)}}}/"))
            continue
        for line, included, is_quoted in tree.includes(path):
            target = tree.own_header(path, included, root)
            if target is not None:
                findings += own_arrow(path, line, target, root)
            else:
                findings += foreign_arrow(at, line, included, is_quoted)
    return findings + request_reach(root)


def own_arrow(path, line, target, root):
    here, there = directory_of(path, root), directory_of(target, root)
    at = tree.name(path, root)
    if path.name in (*PLATES, *PROGRAMS) or here == there or there not in LAYERS:
        return []
    if LAYERS[there] < LAYERS[here]:
        return []
    way = "sideways" if LAYERS[there] == LAYERS[here] else "up"
    return [Finding(at, line, f"includes {tree.name(target, root)}: an arrow {way}, "
                    f"from layer {LAYERS[here]} ({here}) to layer {LAYERS[there]} ({there})",
                    "hand the value in from the layer above, or put the type into base/model.h")]


def foreign_arrow(at, line, included, is_quoted):
    for pattern, places in PLACES:
        if re.fullmatch(pattern, included):
            if any(at.startswith(r) if r.endswith("/") else at == r for r in places):
                return []
            return [Finding(at, line, f"includes <{included}>, which only {' and '.join(places)} may",
                            "ask for what you need through that place's own header")]
    if EVERYWHERE.fullmatch(included):
        return []
    if is_quoted:
        return [Finding(at, line, f'includes "{included}", and there is no such file in src/',
                        'write it as "folder/file.h"')]
    return [Finding(at, line, f"includes <{included}>, a library without a place",
                    "give it one place in PLACES of t/guard/layers.py, or do without it")]


def request_reach(root):
    """Follows the includes of flow/request, however deep."""
    findings, seen = [], set()
    waiting = [(root / (REQUEST + end), []) for end in (".c", ".h")]
    while waiting:
        path, chain = waiting.pop(0)
        if not path.is_file() or path in seen:
            continue
        seen.add(path)
        for line, target in tree.own_includes(path, root):
            step = chain + [(tree.name(path, root), line)]
            if directory_of(target, root) not in REQUEST_KNOWS or (
                    directory_of(target, root) == "flow" and target.name in OTHER_USE_CASES):
                way = " -> ".join([name for name, _ in step] + [tree.name(target, root)])
                findings.append(Finding(*step[0], f"the request use case reaches what knows accounts: "
                                        f"{way}", "give it only what the form, the client and the "
                                        "outbox need; the worker does the rest"))
            else:
                waiting.append((target, step))
    return findings


if __name__ == "__main__":
    tree.run(check)
