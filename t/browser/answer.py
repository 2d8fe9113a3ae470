"""The right answer to a challenge page's sealed captcha, from the key in the site's state folder and the
site's URL:

    answer.py STATE_FOLDER URL CAPTCHA  prints {"squares": ["s1", ...], "wrong": [...], "sound": 2}
"""
import json
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "web"))

from opened import open_captcha  # noqa: E402

site = SimpleNamespace(state=Path(sys.argv[1]), reset_url=sys.argv[2])
print(json.dumps(asdict(open_captcha(site, sys.argv[3]))))
