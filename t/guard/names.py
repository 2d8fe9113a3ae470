#!/usr/bin/python3
"""One name for each type, and one word for each thing: no type name is declared twice in the tree, and
the words that were given up are not written again. CONTRIBUTING.md has the words in use."""
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

# What may hold old words: the news, the tables and what is said to them (released programs know them by these),
# with their tests, this list.
HISTORY = re.compile(r"NEWS\.md|LICENSE|src/store/(schema|statements|dialect)\.c|conf/schema/.*|"
                     r"t/unit/(store_(schema|fixture)|released_statements)\.[ch]|t/web/test_(lockout|return)\.py|"
                     r"t/guard/(names|test_guards_bite)\.py|t/browser/goldens/.*|conf/messages/.*|.*corpus.*")
CODE = r"(src/.*|mod_pwreset\.c|t/unit/.*|t/fuzz/.*)\.[ch]"
DOCUMENTS = r".*\.(md|conf|c|h|js|html)"

# (the old word, where it is looked for, what to write instead). Words that mean something else in
# English stand with what makes them ours.
OLD = [
    (r"(?i)visit", r"(?!t/web/test_poison\.py).*", "handle_, a request context, a request, or a person"),
    (r"(?<!token:)\brealm", r"src/(?!directory/).*\.[ch]|t/unit/(?!directory).*\.[ch]", "site"),
    (r"pwr_subject|OF_SUBJECT|of_subject\b|subject_digest|policy/subject", r".*",
     "typed_name in the outbox, candidate in policy"),
    (r"\bpwr_try_(?!fault)|ROW_TRY\b|(count|forgive|confirm)_(try|tries)\b|PwResetTries|tries_per_|flow/tries"
     r"|\b(no|one|each|every|next) try\b|\bthe tries\b", r"(?!t/run$).*", "attempt for an old password, deliveries for a row"),
    (r"pwr_share|flow/share\b", r".*", "mail_quota"),
    (r"pwr_links?_|PWR_LINK_|flow/links?\b", r".*", "reset_mail and reset_link"),
    (r"pwr_job|\bjob_t\b|flow/job\b|pwr_deliver_|flow/deliver\b", r".*", "delivery, or a run of its own name"),
    (r"\bjob\b", r"src/flow/.*|t/unit/flow_.*", "delivery"),
    (r"pwr_messages_|text/messages\b", r".*", "translations"),
    (r"pwr_letter|PWR_LETTER|\bletters?\b", r"src/flow/.*|t/unit/flow_.*", "mail template, mail values, or mail"),
    (r"\bpwr_kind_|directory/kind|pwr_directory_(is_)?kind|context(->|\.)kind\b", r".*", "backend"),
    (r"\bpwr_connections?_|\bpwr_handle_t\b", r".*", "ldap_connection, db_connection, ldap_handle"),
    (r"(?i)barred", r".*", "ineligible"),
    (r"\b(pwr_)?sight_|_sight\b|directory/sight", r".*", "rights_check"),
    (r"\b(pwr_)?dice\b|pwr_dice_", r".*", "random"),
    (r"(?i)(?<![a-z])tasks?(?![a-z])", CODE + r"|conf/pages/.*|conf/pwreset\.conf|README\.md", "captcha"),
    (r"pwr_returns_|_RETURNS\b|pwreset_returns(?!_created)|SQL_RETURNS|store/returns", r".*", "return_urls"),
    (r"\bpwr_(take|judge)_|\bpwr_taken_t\b", r"src/httpd/.*", "pwr_directive_set_, pwr_directive_check_, args"),
    (r"(?i)PWR_SORT_|pwr_sort_t|_sort_samba|\bsorts? of\b|\b(no|each|new|fifth) sort\b", DOCUMENTS,
     "class of characters, or kind"),
    (r"\bpwr_crew|\bcrews?\b|\berrands?\b|say_goodbye|(?i:\bblurs?\b)|\bBEAT\b|make_nobody|(\.|->)live\b",
     r".*",
     "worker_pool, request, shutdown_workers, random_delay, TIME_SLOT, make_dummy_account"),
    (r"(?i)\bfloors?\b|\bdoors?\b(?!-)|\bhouse\b|\b(story|stories)\b"
     r"|\b(this|directory|only|one) rooms?\b(?! for| back)",
     r"(src/(?!abuse/|captcha/).*|mod_pwreset\.c|t/guard/.*|CONTRIBUTING\.md|SECURITY\.md|Makefile\.am)",
     "layer, directory or component, source tree, httpd layer, module file, use case"),
    (r"\bstatic [^;{}()]*\b(judge|refuse|tell|put)\(", r".*\.[ch]", "a verb and a noun: check_answer"),
    (r"(?i)(?<![a-z])mend(s|ed|ing)?(?![a-z])", r".*", "fix"),
]
RULES = [(re.compile(word), re.compile(where), instead) for word, where, instead in OLD]


def check(root):
    return two_types(root) + old_words(root)


def old_words(root):
    findings = []
    for path in tree.project_files(root):
        at = tree.name(path, root)
        rules = [] if HISTORY.fullmatch(at) else [r for r in RULES if r[1].fullmatch(at)]
        if rules:
            findings += words_in(path, at, rules)
    return findings


def words_in(path, at, rules):
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    found = [Finding(at, 1, f"is named by the old word '{match[0]}'", f"write {instead}")
             for word, _, instead in rules if (match := word.search(at))]
    return found + [Finding(at, tree.line_at(text, match.start()), f"the old word '{match[0]}'", f"write {instead}")
                    for word, _, instead in rules for match in word.finditer(text)]


def two_types(root):
    """A name has one typedef, and one struct, union or enum of that name, at most. A fake stands in the place
    of what it is linked instead of, so it may have the opaque types of that."""
    seen, findings = {}, []
    for path in [path for path in tree.c_files(root) if not path.name.startswith("fake_")]:
        for name, kind, line in types_of(path):
            at = f"{tree.name(path, root)}:{line}"
            first = seen.setdefault((name, kind), at)
            if first != at:
                findings.append(Finding(tree.name(path, root), line, f"the type {name} is declared in {first} too",
                                        "give each type a name of its own"))
    return findings


TYPE = re.compile(r"\btypedef\b[^;{}]*?(?:\{(?P<body>[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})?[^;{}()]*?\b(?P<name>\w+)\s*(?:\[[^\]]*\])?;"
                  r"|\b(?P<tag>struct|union|enum)\s+(?P<tagged>\w+)\s*\{")


def types_of(path):
    text = tree.bare_code(path)
    for match in TYPE.finditer(text):
        if match["tagged"]:
            yield match["tagged"], "tag", tree.line_at(text, match.start())
        else:
            yield match["name"], "typedef", tree.line_at(text, match.start("name"))


if __name__ == "__main__":
    tree.run(check)
