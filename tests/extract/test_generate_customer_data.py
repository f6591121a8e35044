"""The script as a person runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXTRACT = Path(__file__).parents[2] / "extract"


def script(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("SALES_")}
    return subprocess.run(
        [sys.executable, "generate_customer_data.py", *arguments],
        cwd=EXTRACT,
        env=variables | {"SALES_DATA_DIR": str(data), "SALES_CODE_VERSION": "test", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_lands_the_demo_tells_its_progress_and_what_to_type_next(tmp_path: Path) -> None:
    done = script(tmp_path, "--customers", "20", "--transactions", "100", "--date", "2026-11-01")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:3] == [
        "customers 21 rows in 1 delivery (demo)",
        "orders 53 rows in 25 deliveries (demo)",
    ]
    assert done.stdout.splitlines()[-1].endswith("Next: python extract_api_data.py --client demo")
    assert "orders/2026-10/0001: 5 rows, 2,420 bytes" in done.stderr
    assert (tmp_path / "demo/landing/orders/2026-11-01/0001/manifest.json").is_file()


def test_its_help_teaches_with_an_example() -> None:
    done = script(Path(), "--help")
    assert "Example: python generate_customer_data.py --date 2026-10-31 --customers 200" in done.stdout
    assert all(option in done.stdout for option in ("--client", "--date", "--customers", "--transactions"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--date", "2020-01-01"), "Choose a later date"),
        (("--client", "nobody"), "no client file"),
        (("--customers", "0"), "should be greater than or equal to 1"),
    ],
)
def test_a_wrong_request_ends_with_what_to_do_and_no_traceback(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = script(tmp_path, *arguments)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("manifest.json"))
