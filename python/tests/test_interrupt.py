"""Ctrl-C ends a search soon, and keeps what it has found."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import numpy as np, symgrad
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

def neurons(points):
    return np.sin(np.cumsum(points**2, axis=1))

def slopes(points):
    found = np.cos(np.cumsum(points**2, axis=1))[:, :, None] * np.tri(4) * points[:, None, :] * 2
    # No formula has these, so that the last neuron is never read to its end.
    found[:, 3] = np.sin(1e4 * points)
    return found

if __name__ == "__main__":
    points = np.random.default_rng(0).uniform(0.3, 2, (2000, 4))
    hard = np.sin(np.cumsum(points, axis=1) * 7) + 0.3 * points
    print("ready", flush=True)
    try:
        %s
        print("kept", getattr(found, "stopped", ""), len(getattr(found, "entries", found)))
    except KeyboardInterrupt:
        print("interrupted")
"""

PLAIN = "found = symgrad.search(points, hard, budget=10**12)"
ISLANDS = "symgrad.search(points, hard, budget=10**12, islands=3, executor=%s)"
OWN = "found = " + ISLANDS % "lambda: ProcessPoolExecutor(2)"
GIVEN = "with %s(2) as pool: found = " + ISLANDS % "pool"
LAYER = """with ProcessPoolExecutor(2) as pool:
            found = symgrad.interpret(neurons, points, gradient=slopes, neuron="all", budget=10**12,
                executor=pool)"""


KEPT = r"kept observer \d+\n"
INTERRUPTED = r"interrupted\n"
SOME = r"kept  [123]\n"


# Islands of which none has reported have nothing to be kept. Of the layer it depends on the machine how many
# neurons have been read, and the log says so.
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    "call, after, end",
    [
        (PLAIN, 0.0, INTERRUPTED),
        (PLAIN, 0.1, INTERRUPTED),
        (PLAIN, 1.5, f"{KEPT}|{INTERRUPTED}"),
        (OWN, 3.0, INTERRUPTED),
        (GIVEN % "ProcessPoolExecutor", 3.0, INTERRUPTED),
        (GIVEN % "ThreadPoolExecutor", 1.0, INTERRUPTED),
        (LAYER, 3.0, f"{SOME}|{INTERRUPTED}"),
    ],
)
def test_ctrl_c(call, after, end, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM % call)
    child = subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    time.sleep(after)
    start = time.monotonic()
    child.send_signal(signal.SIGINT)
    said, errors = child.communicate(timeout=60)
    assert re.fullmatch(end, said), (said, errors)
    if re.fullmatch(SOME, said):
        assert f"stopped when {said.split()[1]} of 4 neurons were read" in errors
    assert child.returncode == 0
    # A queued job alone would take longer than that, an idle machine a second.
    assert time.monotonic() - start < 20


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks for processes in /proc")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("call", [OWN, LAYER])
def test_workers_of_a_killed_search_end(call, method, tmp_path):
    call = call.replace("Executor(2)", f"Executor(2, multiprocessing.get_context('{method}'))")
    program = tmp_path / "program.py"
    program.write_text("import multiprocessing" + PROGRAM % call)
    told = {**os.environ, "SYMGRAD_TEST": str(tmp_path)}
    child = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True, env=told)
    assert child.stdout.readline() == "ready\n"
    try:
        until(lambda: sum(seconds > 0.5 for seconds in workers(tmp_path, child.pid).values()) >= 2)
        child.kill()
        child.wait()
        until(lambda: not workers(tmp_path, child.pid))
    finally:
        child.kill()
        for worker in workers(tmp_path, child.pid):
            os.kill(worker, signal.SIGKILL)


def workers(folder, parent):
    """The processes that the parent has left, or has, and their CPU seconds."""
    found = {}
    for entry in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                mine = f"SYMGRAD_TEST={folder}".encode() in file.read()
            with open(f"/proc/{entry}/stat") as file:
                ticks = file.read().rsplit(")", 1)[1].split()[11:13]
        except OSError:
            continue
        if mine and int(entry) != parent:
            found[int(entry)] = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return found


def until(holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.2)
