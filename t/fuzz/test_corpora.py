"""Each input that a fuzzer found worth keeping is run again, through its target. t/run builds the
targets; t/fuzz/run makes the corpora larger."""
import os
import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TARGETS = sorted(path.stem for path in HERE.glob("*.c"))
MOST_FILES = 30
MOST_BYTES = 30000
BUILD = Path(os.environ.get("PWR_FUZZ_BUILD", HERE.parents[1] / "build-fuzz"))


def inputs(target):
    return sorted((HERE / "corpus" / target).iterdir())


@pytest.mark.parametrize("target", TARGETS)
def test_a_corpus_is_replayed_without_a_finding(target, tmp_path):
    files = inputs(target)
    done = subprocess.run(
        [BUILD / "t" / "fuzz" / target, f"-artifact_prefix={tmp_path}/", "-timeout=20", *files],
        env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, timeout=120,
        errors="replace", check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert len(re.findall(r"^Executed ", done.stderr, re.M)) == len(files) > 0


@pytest.mark.parametrize("target", TARGETS)
def test_a_corpus_is_small(target):
    files = inputs(target)
    assert 0 < len(files) <= MOST_FILES
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES


def test_each_corpus_has_its_target():
    assert sorted(path.name for path in (HERE / "corpus").iterdir()) == TARGETS
