"""The benches run: their figures are for people, but a bench that breaks is found here."""
import re
import subprocess
import sys

from kit import system


def test_the_bench_of_the_flow_goes_past_the_limits_of_one_client_and_weighs_httpd():
    # 36 requests of one address: the 31st of an hour once got a robot check.
    options = ["--requests", "16", "--at-once", "2", "--connections", "2"]
    bench = subprocess.run([sys.executable, "-B", system.ROOT / "t/bench/flow", *options], capture_output=True,
                           text=True, check=False, timeout=120)
    assert bench.returncode == 0, bench.stdout + bench.stderr
    for line in ("POST to mail    idle", "CPU             2 at once", "with the module", "without", "difference"):
        assert line in bench.stdout, bench.stdout
    weighed = re.search(r"^  difference +(-?[\d.]+) +(-?[\d.]+)", bench.stdout, re.MULTILINE)
    assert float(weighed[2]) > 0, bench.stdout
