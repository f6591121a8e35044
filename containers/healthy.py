"""Health check of a container: exits 0 when the API server has heard from the named component of Airflow lately.

``dashboard`` and ``api`` ask the server of the container itself.

Asking the API server costs a tenth of a second; ``airflow jobs check`` would import Airflow, 2 CPU-seconds each time.
"""

from __future__ import annotations

import json
import sys
from urllib.request import urlopen

HEALTH = "http://api-server:8080/api/v2/monitor/health"
OWN = {"dashboard": "http://127.0.0.1:8501/_stcore/health", "api": "http://127.0.0.1:8002/health"}


def main(component: str) -> int:
    """Return 0 when the component is healthy, else say what was found and return 1."""
    if component in OWN:
        with urlopen(OWN[component], timeout=5) as answer:  # noqa: S310 our own address
            return 0 if answer.status == 200 else 1
    with urlopen(HEALTH, timeout=5) as answer:
        found = json.load(answer)[component]
    if found["status"] == "healthy":
        return 0
    print(f"{component} is {found['status']}: {found}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
