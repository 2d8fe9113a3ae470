"""A guard that cannot fail guards nothing: each gets a small sound tree, in which it finds nothing,
and then the same tree with one thing broken, in which it must say where and what."""
import os
import shutil
import subprocess
from pathlib import Path

import alone
import analysis
import banned
import builds
import called
import circles
import compilers
import directives
import layers
import hardening
import headers
import linked
import messages
import names
import mutants
import pytest
import sizes
import tags
import tree


def short(value):
    """A parameter's part of a test's name: file texts and numbers say little there."""
    return "" if not isinstance(value, str) or "\n" in value else value.replace(" ", "_")


def plant(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def bites(root, check, sound, broken, place, words):
    assert check(plant(root, sound)) == []
    findings = check(plant(root, broken))
    told = "\n".join(map(str, findings))
    assert any(f"{f.path}:{f.line}" == place and words in f.wrong for f in findings), told
    assert all(f.remedy for f in findings)


SOURCES = {
    "src/base/fault.h": '#include <apr_pools.h>\n',
    "src/store/store.h": '#include "base/fault.h"\n',
    "src/store/db_connections.c": '#include <apr_dbd.h>\n#include "store/store.h"\n',
    "src/mail/mail.h": '#include "base/fault.h"\n',
    "src/flow/parts.h": '#include "store/store.h"\n',
    "src/flow/outbox_worker.h": '#include "base/fault.h"\n',
    "src/flow/request.h": '#include "flow/parts.h"\n',
    "src/flow/request.c": '#include "flow/request.h"\n#include <string.h>\n',
    "src/httpd/handler.c": '#include <httpd.h>\n#include "flow/request.h"\n',
    "mod_pwreset.c": '#include <httpd.h>\n#include "httpd/handler.h"\n',
    "src/httpd/handler.h": '',
}


def test_called_bites(tmp_path):
    sound = {"src/base/a.h": "\nvoid pwr_a_open(void);\n", "src/base/a.c": "void pwr_a_open(void)\n{\n}\n",
             "src/flow/b.c": "void b(void) { pwr_a_open(); }\n"}
    bites(tmp_path, called.check, sound, {"src/flow/b.c": "void b(void) { /* pwr_a_open() */ }\n"},
          "src/base/a.h:2", "nothing in src/ calls pwr_a_open")


@pytest.mark.parametrize("path, text, line, words", ids=short, argvalues=[
    ("src/base/fault.h", '\n#include "store/store.h"\n', 2, "an arrow up"),
    ("src/mail/mail.h", '#include "events/events.h"\n', 1, "an arrow sideways"),
    ("src/store/store.h", '#include "text/text.h"\n', 1, "an arrow sideways"),
    ("src/flow/outbox_worker.c", '#include <httpd.h>\n', 1, "which only src/httpd/ and mod_pwreset.c and mod_pwreset_captcha.c may"),
    ("src/mail/message.c", '#include <curl/curl.h>\n', 1, "which only src/mail/smtp.c"),
    ("src/base/https.c", '#include <sodium.h>\n', 1, "which only src/base/crypto.c"),
    ("src/token/token.c", '#include <apr_dbd.h>\n', 1, "which only src/store/"),
    ("src/flow/check.c", '#include <ldap.h>\n', 1, "which only src/directory/"),
    ("src/text/template.c", '#include <jansson.h>\n', 1, "which only src/text/json.c"),
    ("src/mail/message.c", '#include <unicode/ucal.h>\n', 1, "which only src/text/"),
    ("src/mail/smtp.c", '#include <openssl/evp.h>\n', 1, "which only src/mail/dkim.c"),
    ("src/httpd/worker.c", '#include <linux/filter.h>\n', 1, "which only src/httpd/worker_sandbox.c"),
    ("src/policy/policy.c", '#include <zxcvbn.h>\n', 1, "which only src/policy/check_guess.c"),
    ("src/base/model.h", '#include <glib.h>\n', 1, "a library without a place"),
    ("src/base/model.h", '#include "nowhere.h"\n', 1, "there is no such file"),
    ("src/extras/extra.c", '\n', 1, "stands in no directory"),
    ("src/flow/request.c", '#include "mail/mail.h"\n', 1, "the request use case reaches"),
    ("src/flow/request.c", '#include "flow/outbox_worker.h"\n', 1, "the request use case reaches"),
])
def test_the_layers_guard_sees_an_arrow_that_must_not_be(tmp_path, path, text, line, words):
    lower = {"src/events/events.h": "", "src/text/text.h": ""}
    bites(tmp_path, layers.check, SOURCES | lower, {path: text}, f"{path}:{line}", words)


def test_the_layers_guard_follows_the_request_use_case_through_other_headers(tmp_path):
    bites(tmp_path, layers.check, SOURCES, {"src/flow/parts.h": '#include "mail/mail.h"\n'},
          "src/flow/request.h:1", "src/flow/request.h -> src/flow/parts.h -> src/mail/mail.h")


def test_the_circles_guard_sees_two_pairs_whose_sources_include_each_others_headers(tmp_path):
    sound = {"src/base/a.h": "", "src/base/b.h": "", "src/base/b.c": '#include "base/b.h"\n',
             "src/base/a.c": '#include "base/a.h"\n#include "base/b.h"\n'}
    bites(tmp_path, circles.check, sound,
          {"src/base/b.c": '#include "base/b.h"\n#include "base/a.h"\n'}, "src/base/b.c:2",
          "src/base/a -> src/base/b -> src/base/a")


def test_the_circles_guard_sees_a_circle_over_three_files(tmp_path):
    bites(tmp_path, circles.check,
          {"src/base/a.h": '#include "base/b.h"\n', "src/base/b.h": '#include "base/c.h"\n',
           "src/base/c.h": ""},
          {"src/base/c.h": '/* */\n#include "base/a.h"\n'}, "src/base/c.h:2", "closes a circle")


@pytest.mark.parametrize("text, line, words", ids=short, argvalues=[
    ("apr_pool_t *pwr_thing(void);\n", 1, "does not compile alone with gcc"),
    ("apr_pool_t *pwr_thing(void);\n", 1, "does not compile alone with clang"),
    ("typedef struct {\n    int one;\n#ifdef MORE\n    int two;\n#endif\n} pwr_thing_t;\n", 3,
     "#if inside a struct"),
    ("\n" * 121, 121, "a header of 121 lines"),
])
def test_the_headers_guard_sees_a_header_that_cannot_stand_alone(tmp_path, text, line, words):
    sound = {"src/base/thing.h": "#include <apr_pools.h>\napr_pool_t *pwr_thing(void);\n"}
    bites(tmp_path, headers.check, sound, {"src/base/thing.h": text}, f"src/base/thing.h:{line}",
          words)


@pytest.mark.parametrize("text, line, words", ids=short, argvalues=[
    ("int pwr_long(void)\n{\n" + "    ;\n" * 58 + "    return 0;\n}\n", 1, "pwr_long has 62 lines"),
    ("/* " + "x" * 100 + " */\n", 1, "106 columns"),
])
def test_the_sizes_guard_sees_what_is_too_long(tmp_path, text, line, words):
    sound = {"src/base/thing.c": "int pwr_short(void)\n{\n" + "    ;\n" * 56 + "    return 0;\n}\n"}
    bites(tmp_path, sizes.check, sound, {"src/base/thing.c": text}, f"src/base/thing.c:{line}", words)


def test_the_sizes_guard_counts_the_header_with_its_source(tmp_path):
    bites(tmp_path, sizes.check, {"src/base/thing.c": "\n" * 400, "src/base/thing.h": "\n" * 100},
          {"src/base/thing.h": "\n" * 101}, "src/base/thing:1", "501 lines")


@pytest.mark.parametrize("path, text, line, words", ids=short, argvalues=[
    ("src/base/a.c", "void f(char *s)\n{\n    strcpy(s, \"x\");\n}\n", 3, "calls strcpy"),
    ("t/unit/a.c", "int n = atoi(\"1\");\n", 1, "calls atoi"),
    ("src/base/a.c", "void f(void)\n{\nend:\n    goto end;\n}\n", 4, "uses goto"),
    ("src/base/a.c", "int v = CURLOPT_VERBOSE;\n", 1, "uses CURLOPT_VERBOSE"),
    ("src/base/a.c", "x = f();\npwr_log(PWR_LOG_INFO, \"PWR0001\", \"%s (\",\n"
     "        pwr_secret_bytes(token));\n", 2, "hands a secret's bytes to pwr_log"),
    ("src/base/a.c", "return pwr_fault_broken(p, \"PWR0001\", \"%s\", f(pwr_secret_bytes(s)));\n", 1,
     "hands a secret's bytes to pwr_fault_broken"),
    ("src/base/a.c", "/* TO" "DO: write it */\n", 1, "unfinished work"),
    ("src/base/strutil_util.c", "\n", 1, "the name 'util' says nothing"),
    ("t/web/helpers.py", "\n", 1, "the name 'helpers' says nothing"),
])
def test_the_banned_guard_sees_what_is_banned(tmp_path, path, text, line, words):
    sound = {"src/base/a.c": "/* strcpy(a, b); goto */\nconst char *s = \"sprintf(\";\n"
             "int pwr_is_system(void);\nsend(pwr_secret_bytes(token));\n"}
    bites(tmp_path, banned.check, sound, {path: text}, f"{path}:{line}", words)


@pytest.mark.parametrize("text, words", ids=short, argvalues=[
    ('/* */\nf("PWR0101");\n', "PWR0101 is taken by src/base/a.c:1"),
    ('\nf("PWR01011");\n', "PWR01011 is no tag"),
])
def test_the_tags_guard_sees_a_tag_used_twice(tmp_path, text, words):
    sound = {"src/base/a.c": 'f("PWR0101"); /* not "PWR0102" */\n',
             "src/base/b.c": 'f("PWR0102");\n'}
    bites(tmp_path, tags.check, sound, {"src/base/b.c": text}, "src/base/b.c:2", words)


@pytest.mark.parametrize("path, text, line, words", ids=short, argvalues=[
    ("conf/pwreset.conf", "# Where.\nPwResetBaseURL x\n", 2, "does not hold PwResetLife"),
    ("conf/pwreset.conf", "# Where.\nPwResetBaseURL x\n\n#PwResetLife 30m\n", 4,
     "PwResetLife has no comment above it"),
    ("README.md", "\nSet `PwResetLives`.\n", 2, "names PwResetLives"),
    ("src/mail/smtp.c", 'f("write PwResetRelays");\n', 1, "names PwResetRelays"),
])
def test_the_directives_guard_sees_one_unexplained_or_unknown(tmp_path, path, text, line, words):
    sound = {"src/httpd/directives.c": 'a = {"PwResetBaseURL", 1};\nb = {"PwResetLife", 2};\n',
             "conf/pwreset.conf": "# Where.\nPwResetBaseURL x\n\n# How long.\n#PwResetLife 30m\n",
             "README.md": "Set `PwResetLife`; each directive is called PwReset...\n",
             "t/web/test_bad.py": "# PwResetNonsense\n"}
    place = "src/httpd/directives.c" if "does not hold" in words else path
    bites(tmp_path, directives.check, sound, {path: text}, f"{place}:{line}", words)


def test_the_directives_guard_sees_a_help_that_leans_on_another(tmp_path):
    sound = {"src/httpd/directives.c": 'ROW("PwResetLife", "how long a link works and its mail is kept",\n',
             "conf/pwreset.conf": "# How long.\n#PwResetLife 30m\n"}
    bites(tmp_path, directives.check, sound,
          {"src/httpd/directives.c": '\nROW("PwResetLife", "longest wait for its answer",\n'},
          "src/httpd/directives.c:2", "says 'its'")


@pytest.mark.parametrize("path, text, line, words", ids=short, argvalues=[
    ("conf/messages/nb.txt", "a.title = Hei\ndead.used = Brukt\n", 1, "lacks the message a.life"),
    ("conf/messages/nb.txt", "a.title = Hei\na.life = Om {min}\ndead.used = Brukt\n", 2,
     "a.life has the arguments ['min']"),
    ("conf/messages/nb.txt", "a.title = Hei\na.life = Om {n}\n  og {m}\ndead.used = Brukt\n", 2,
     "a.life has the arguments ['m', 'n']"),
    ("conf/messages/en.txt", "a.title = Hi\na.life = In {n}\ndead.used = Used\nb.more = X\n", 4,
     "nobody uses the message b.more"),
    ("conf/pages/form.html", "\n{{t.a.title}} {{{t.a.gone}}}\n", 2, "uses the message a.gone"),
    ("src/flow/reset.c", 'f("a.life");\nf("dead.%s");\nf("a.lief");\n', 3, "the message a.lief"),
    ("src/flow/reset.c", 'f("a.life", "dead.");\npwr_fault_refused(p, "PWR0001", "new.key", "x");\n',
     2, "uses the message new.key"),
])
def test_the_messages_guard_sees_a_gap(tmp_path, path, text, line, words):
    sound = {
        "conf/messages/en.txt": "# English\na.title = Hi\na.life = In {n, plural, one {minute} "
                                "other {# minutes}}\ndead.used = It''s '{used}'\n",
        "conf/messages/nb.txt": "a.title = Hei\na.life = Om\n  {n, plural, one {ett {n}} other {#}}\n"
                                "dead.used = Brukt\n",
        "conf/pages/form.html": "<h1>{{t.a.title}}</h1>\n",
        "src/flow/reset.c": 'f("a.life", "a.html");\nf("dead.%s");\n'}
    bites(tmp_path, messages.check, sound, {path: text}, f"{path}:{line}", words)


def test_what_waits_for_a_translator_is_listed_and_fails_nothing(tmp_path):
    plant(tmp_path, {"conf/messages/en.txt": "a.title = Hi\na.life = In {n}\n",
                     "conf/messages/nb.txt": "a.title = Hei\na.life = Om {n}\n",
                     "conf/messages/fi.txt": "a.title = Hei\n",
                     "src/flow/reset.c": 'f("a.life", "a.title");\n'})
    assert messages.check(tmp_path) == []
    assert messages.waiting(tmp_path) == [("fi", ["a.life"])]
    bites(tmp_path, messages.check, {}, {"conf/messages/fi.txt": "a.life = {m}\n"}, "conf/messages/fi.txt:1",
          "a.life has the arguments ['m'], in en.txt")
    bites(tmp_path, messages.check, {"conf/messages/fi.txt": ""}, {"conf/messages/fi.txt": "a.more = x\n"},
          "conf/messages/nb.txt:1", "lacks the message a.more of fi.txt")


@pytest.mark.parametrize("path", ["src/base/forgotten.c", "t/unit/base_forgotten.c",
                                  "t/fuzz/base_forgotten.c"])
def test_the_builds_guard_sees_a_forgotten_file(tmp_path, path):
    sound = {"Makefile.am": "a_SOURCES = src/base/a.c \\\n  src/base/a.h\n# " + path + "\n"
             "check_PROGRAMS = t/unit/base_a\n",
             "src/base/a.c": "", "src/base/a.h": "", "t/unit/base_a.c": ""}
    bites(tmp_path, builds.check, sound, {path: "\n"}, f"{path}:1", "does not name it")


def test_a_use_case_without_a_unit_test_is_seen(tmp_path):
    named = "a_SOURCES = src/flow/a.c\nunit_programs = t/unit/flow_a\n"
    sound = {"Makefile.am": named, "src/flow/a.c": "\n", "t/unit/flow_a.c": "\n"}
    assert builds.check(plant(tmp_path, sound)) == []
    (tmp_path / "t/unit/flow_a.c").unlink()
    assert "t/unit/flow_a.c is not there" in "".join(map(str, builds.check(tmp_path)))


HARDENED = ["-fPIC", "-O2", "-fstack-protector-strong", "-fcf-protection", "-U_FORTIFY_SOURCE",
            "-D_FORTIFY_SOURCE=2", "-fvisibility=hidden", "-Wl,-z,relro", "-Wl,-z,now",
            "-Wl,-z,noexecstack"]
HARDENED_C = """#include <string.h>
__attribute__((visibility("default"))) int pwreset_module;
int pwr_copy(char *to, const char *from, unsigned long length)
{
    char space[64];
    memcpy(space, from, length);
    memcpy(to, space, sizeof space);
    return space[0];
}
""" + "".join(f"int pwr_{i}(void)\n{{\n    return {i};\n}}\n" for i in range(20))


def build_hardened(root, flags, text=HARDENED_C):
    module = root / "build" / ".libs" / "mod_pwreset.so"
    module.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-shared", "-x", "c", "-", "-o", module, *flags], input=text, text=True,
                   check=True)
    return hardening.check(root)


@pytest.mark.parametrize("flag, words", ids=short, argvalues=[
    ("-Wl,-z,norelro", "no RELRO"),
    ("-Wl,-z,lazy", "no BIND_NOW"),
    ("-Wl,-z,execstack", "an executable stack"),
    ("-fno-stack-protector", "no stack canary"),
    ("-U_FORTIFY_SOURCE", "no fortified call"),
    ("-fcf-protection=none", "no landing pads"),
    ("-fvisibility=default", "exports pwr_copy"),
    ("-Wl,-rpath,/opt", "a search path of its own"),
    ("-Dpwreset_module=pwr_module", "does not export pwreset_module"),
])
def test_the_hardening_guard_sees_what_a_module_lacks(tmp_path, flag, words):
    assert build_hardened(tmp_path, HARDENED) == []
    findings = build_hardened(tmp_path, [*HARDENED, flag])
    assert any(words in finding.wrong for finding in findings), findings


def test_the_hardening_guard_sees_that_nothing_is_built(tmp_path):
    assert "is not built" in hardening.check(tmp_path)[0].wrong


def test_cppcheck_runs_and_is_heard(tmp_path):
    bites(tmp_path, analysis.check, {"src/base/a.c": "int pwr_f(void)\n{\n    return 1;\n}\n"},
          {"src/base/a.c": "int pwr_f(void)\n{\n    int *p = 0;\n    return *p;\n}\n"},
          "src/base/a.c:4", "Null pointer")


@pytest.mark.parametrize("text, words", ids=short, argvalues=[
    ("see /" "home/somebody/notes", "a path of one machine"),
    ("as plans." "md says", "which is not in the repository"),
])
def test_the_alone_guard_sees_what_belongs_elsewhere(tmp_path, text, words):
    sound = {"README.md": "See README.md, or /etc/httpd and $HOME/work/x.\n"}
    bites(tmp_path, alone.check, sound, {"src/base/a.c": f"\n/* {text} */\n"},
          "src/base/a.c:2", words)


def test_the_compilers_guard_sees_a_warning(tmp_path):
    bites(tmp_path, compilers.check, {"src/base/a.c": "int pwr_f(void);\nint pwr_f(void)\n{\n    return 1;\n}\n"},
          {"src/base/a.c": "int pwr_f(int x)\n{\n    return 1;\n}\n"}, "src/base/a.c:1", "gcc:")


def test_the_link_guard_sees_a_core_that_draws(tmp_path):
    libraries = Path(os.environ.get("PWR_BUILD") or tree.ROOT / "build") / ".libs"
    (tmp_path / ".libs").mkdir()
    shutil.copy(libraries / "mod_pwreset_captcha.so", tmp_path / ".libs" / "mod_pwreset.so")
    found = "\n".join(map(str, linked.check(tree.ROOT, tmp_path)))
    assert "links libcairo.so" in found and "link it to mod_pwreset_captcha.la" in found


MUTANT = """\
# a comment

one more is let in
    file     src/flow/a.c
    is       if (count >=
             most) {
    becomes
    test     unit flow_a
"""
MUTATED = {"src/flow/a.c": "int a;\nif (count >= most) {\n", "t/unit/flow_a.c": "int main(void);\n",
           "t/web/test_a.py": "def test_a():\n", "t/mutants/list": MUTANT}


@pytest.mark.parametrize("old, new, line, words", [
    ("count", "number", 3, "stands 0 times in src/flow/a.c"),
    ("if (count >=\n             most) {", "t", 3, "stands 3 times"),
    ("a.c", "b.c", 3, "no file src/flow/b.c"),
    ("flow_a", "flow_b", 3, "no unit test flow_b"),
    ("unit flow_a", "web test_b", 3, "no web test test_b"),
    ("unit flow_a", "browser test_a", 3, "neither 'unit PROGRAM' nor 'web FUNCTION'"),
    ("    becomes\n", "", 3, "does not say becomes"),
    ("    is    ", "    was   ", 5, "'was' is no word of an entry"),
], ids=short)
def test_a_change_that_has_lost_its_text_or_its_test_is_told(tmp_path, old, new, line, words):
    assert mutants.check(plant(tmp_path, MUTATED)) == []
    findings = mutants.check(plant(tmp_path, {"t/mutants/list": MUTANT.replace(old, new)}))
    assert [finding.line for finding in findings] == [line] and words in findings[0].wrong


@pytest.mark.parametrize("path, text, line, words", ids=short, argvalues=[
    ("src/mail/b.h", "typedef struct {\n    int two;\n} pwr_thing_t;\n", 3, "pwr_thing_t is declared in src/base/a.h:3"),
    ("src/mail/b.c", "struct pwr_thing_t {\n    int two;\n};\nstruct pwr_more_t {\n    int one;\n};\n", 4,
     "pwr_more_t is declared in src/base/a.c:1"),
    ("src/httpd/a.c", "\nvoid pwr_" "vis" "it_show(void);\n", 2, "the old word 'vis" "it'"),
    ("src/store/rows.c", "/* Holds every row of the re" "alm. */\n", 1, "the old word 're" "alm'"),
    ("conf/pwreset.conf", "#PwReset" "Tries" "PerHour 4\n", 1, "the old word 'PwReset" "Tries'"),
    ("src/flow/a.c", "static void tell" "(int one)\n{\n}\n", 1, "tell("),
    ("README.md", "\n\nBarr" "ed, and to be men" "ded.\n", 3, "the old word 'Barr" "ed'"),
])
def test_the_names_guard_sees_a_type_twice_and_an_old_word(tmp_path, path, text, line, words):
    sound = {"src/base/a.h": "typedef struct {\n    int one;\n} pwr_thing_t;\ntypedef struct pwr_more_t pwr_more_t;\n",
             "src/base/a.c": "struct pwr_more_t {\n    int one;\n};\n",
             "NEWS.md": "Barr" "ed accounts are told.\n", "README.md": "A recommended amendment.\n"}
    bites(tmp_path, names.check, sound, {path: text}, f"{path}:{line}", words)
