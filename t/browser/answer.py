"""The right answer to a challenge page's sealed task, from the key in the site's state folder:

    answer.py STATE_FOLDER TASK  prints {"squares": ["s1", ...], "wrong": [...], "sound": 2}
"""
import json
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "web"))

from opened import open_task  # noqa: E402

site = SimpleNamespace(state=Path(sys.argv[1]))
print(json.dumps(asdict(open_task(site, sys.argv[2]))))
