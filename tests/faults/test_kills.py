"""`kill -9` at any moment: the next run equals a clean one, and readers see the old version or the new one."""

import random
import time

import pytest

KILLS = 20  # in each step
KILLED_STEPS = ("load", "build", "publish")
QUICK = {("load", 0), ("build", 0), ("publish", 0), ("publish", 1)}
MOMENTS = [
    pytest.param(step, number, marks=() if (step, number) in QUICK else pytest.mark.slow)
    for step in KILLED_STEPS
    for number in range(KILLS)
]


@pytest.mark.parametrize(("name", "number"), MOMENTS)
def test_killed_within_a_step(history, chance: random.Random, name: str, number: int) -> None:
    shop = history.before(name)
    moment = chance.uniform(0, history.seconds[name])
    step = shop.start(name)
    assert step.wait_until_working(), step.output()
    time.sleep(moment)
    is_running = step.process.poll() is None
    step.kill()
    print(f"{name} killed {moment:.3f} s into its work, {'still' if is_running else 'no longer'} running")

    seen = shop.published()
    assert seen == history.old or (name == "publish" and seen == history.new)

    shop.finish(name)
    assert shop.published() == history.new


@pytest.mark.slow
@pytest.mark.parametrize("name", ["extract", "load", "verify", "build"])
def test_killed_between_two_steps(history, name: str) -> None:
    shop = history.after(name)
    assert shop.published() == history.old
    shop.finish()  # from the beginning, whatever was done already
    assert shop.published() == history.new


@pytest.mark.slow
def test_a_build_whose_command_alone_is_killed_keeps_the_next_run_waiting(history) -> None:
    # dbt goes on without its parent and still holds the lock.
    shop = history.after("verify")
    step = shop.start("build")
    assert step.wait_until_working(), step.output()
    time.sleep(history.seconds["build"] / 2)
    step.process.kill()
    step.process.wait()
    try:
        shop.finish()
    finally:
        step.kill()
    assert shop.published() == history.new


def test_what_a_killed_publish_leaves_is_cleared(history) -> None:
    shop = history.before("publish")
    folder = shop.published_file.parent
    for left in (folder / ".sales_analytics.duckdb", folder / "versions" / ".building.duckdb"):
        left.write_bytes(shop.published_file.read_bytes()[:4096])
    shop.run("publish")
    assert shop.published() == history.new
    assert [path.name for path in folder.rglob(".*")] == []
