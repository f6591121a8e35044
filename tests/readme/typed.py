"""What a page has one type, typed in a folder of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def typed(commands: str, folder: Path) -> str:
    """What the commands say; clients and data are below the folder. Raises CalledProcessError where one fails."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "SALES_DATA_DIR": str(folder / "data"),
            "SALES_CLIENTS_DIR": str(folder / "clients"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
