"""Scratch folders, and the keeper that sees to it that nothing outlives whoever started it."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from kit import system


class Keeper:
    """Tells a reaper process what to end when this process ends. One per process is enough."""

    def __init__(self):
        self.reaper = subprocess.Popen(
            [system.PYTHON, "-B", "-S", "-m", "kit.reaper"], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, start_new_session=True, cwd=system.T_FOLDER)
        self.pipe = self.reaper.stdin.fileno()

    def announce(self):
        """Called in the forked child before it becomes the server: there is no moment in which
        the server runs and the reaper does not know of it."""
        os.write(self.pipe, b"session %d\n" % os.getpid())

    def remove_at_end(self, folder):
        os.write(self.pipe, f"folder {folder}\n".encode())

    def forget(self, folder):
        os.write(self.pipe, f"forget {folder}\n".encode())

    def close(self):
        """Ends all that is left of it, and waits for that."""
        self.reaper.stdin.close()
        self.reaper.wait()


class Scratch:
    """A folder that is gone afterwards. PWRESET_KEEP=1 leaves it and prints where it is."""

    def __init__(self, keeper):
        self.keeper = keeper
        self.folder = Path(tempfile.mkdtemp(prefix="pwreset-"))
        # The servers that drop their privileges must pass through it, not read it.
        self.folder.chmod(0o711)
        self.is_kept = bool(os.environ.get("PWRESET_KEEP"))
        if not self.is_kept:
            keeper.remove_at_end(self.folder)

    def close(self):
        if self.is_kept:
            print(f"kept: {self.folder}")
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.keeper.forget(self.folder)
