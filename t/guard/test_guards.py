"""The promises that programs keep for the source as it stands. Each guard is a program of its own:
t/guard/layers.py, for example, says the same without pytest."""
import os

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
import sizes
import tags
import tree


def holds(guard):
    findings = guard.check(tree.ROOT)
    assert not findings, "\n" + "\n".join(map(str, findings))


def test_includes_point_down_and_each_foreign_library_has_one_place():
    holds(layers)


def test_no_files_include_each_other_in_a_circle():
    holds(circles)


def test_each_header_compiles_alone_is_short_and_has_one_shape():
    holds(headers)


def test_gcc_and_clang_have_no_warning():
    holds(compilers)


def test_files_functions_and_lines_stay_small():
    holds(sizes)


def test_no_banned_call_or_name_and_no_secret_in_a_log_call():
    holds(banned)


def test_each_fault_tag_stands_once():
    holds(tags)


def test_each_directive_is_explained_and_no_other_is_named():
    holds(directives)


def test_bokmaal_and_english_say_everything_and_each_message_is_used():
    holds(messages)


def test_each_type_has_one_name_and_no_old_word_is_left():
    holds(names)


def test_each_function_of_a_header_is_called():
    holds(called)


def test_the_build_names_every_source_unit_test_and_fuzz_target():
    holds(builds)


def test_the_built_module_is_hardened_and_exports_its_record_alone():
    holds(hardening)


def test_cppcheck_has_no_warning():
    holds(analysis)


def test_the_repository_speaks_of_the_project_alone():
    holds(alone)


def test_the_core_links_no_library_that_draws():
    findings = linked.check(tree.ROOT, os.environ.get("PWR_BUILD"))
    assert not findings, "\n" + "\n".join(map(str, findings))


def test_each_change_that_a_test_must_notice_finds_its_text():
    holds(mutants)
