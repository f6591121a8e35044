"""Two runs of one client at once: one waits, or is told who holds the warehouse."""

import subprocess
import sys

import pytest

HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


@pytest.mark.parametrize("name", ["load", pytest.param("build", marks=pytest.mark.slow)])
def test_the_same_step_twice_at_once(history, name: str) -> None:
    shop = history.after("extract" if name == "load" else "verify")
    first, second = shop.start(name), shop.start(name)
    codes = [step.process.wait(300) for step in (first, second)]
    assert 0 in codes
    output = second.output()
    if codes != [0, 0]:
        assert "held by" in output
        assert "Traceback" not in output
    shop.run("verify" if name == "load" else "publish")


@pytest.mark.slow
def test_a_load_during_a_build(history) -> None:
    shop = history.after("verify")
    build = shop.start("build")
    assert build.wait_until_working(), build.output()
    assert "held by build of run" in shop.refused("load", "--wait", "0")
    shop.run("load", "--wait", "300")
    assert build.process.poll() == 0, build.output()
    shop.run("verify")
    shop.run("publish")
    assert shop.published() == history.new


def test_another_program_that_has_the_warehouse_open_is_named(history) -> None:
    shop = history.after("extract")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, shop.warehouse], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"open\n"
        output = " ".join(shop.refused("load").split())
        assert f"PID {holder.pid}" in output
        holder.stdin.close()
    shop.run("load")
