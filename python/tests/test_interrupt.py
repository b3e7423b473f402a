"""Ctrl-C ends a search soon, and keeps what it has found."""

import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import numpy as np, symgrad
points = np.random.default_rng(0).uniform(0.3, 2, (2000, 4))
hard = np.sin(np.cumsum(points, axis=1) * 7) + 0.3 * points
print("ready", flush=True)
try:
    found = symgrad.search(points, hard, budget=10**12)
    print("kept", found.stopped, len(found.entries))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("after", [0.0, 0.1, 1.5])
def test_ctrl_c(after):
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    time.sleep(after)
    child.send_signal(signal.SIGINT)
    said, errors = child.communicate(timeout=60)
    assert said.startswith(("kept observer", "interrupted")), (said, errors)
    assert child.returncode == 0
