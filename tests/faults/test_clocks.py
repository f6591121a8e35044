"""A machine with the wrong time, or in another part of the world, changes no figure."""

import shutil

import pytest


@pytest.mark.slow
@pytest.mark.needs("faketime")
@pytest.mark.parametrize("shift", ["-1d", "+1d"])
def test_a_wrong_clock_changes_no_total(history, shift: str) -> None:
    shop = history.after("extract")
    shop.finish(before=("faketime", "-f", shift))
    assert shop.published() == history.new


@pytest.mark.slow
@pytest.mark.parametrize("time_zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_time_zone_of_the_machine_changes_no_total(history, time_zone: str) -> None:
    shop = history.after("extract")
    shutil.rmtree(shop.landing)
    shop.warehouse.unlink()
    variables = {"TZ": time_zone}
    for day in ("2026-10-24", "2026-10-31"):
        shop.run("extract", "--date", day, variables=variables)
    shop.finish(variables=variables)
    assert shop.published() == history.new
