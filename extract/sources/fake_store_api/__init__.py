"""Products of the Fake Store API."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from contracts.source import Source


class ApiSource(Source):
    """Products of the Fake Store API, or of any server that answers in its schema."""

    kind: Literal["fake_store_api"]
    url: str = "https://fakestoreapi.com"
    """Address of the server; `/products` is asked for."""
    timeout_seconds: float = Field(10, gt=0)
    """How long an answer may take as a whole, in seconds."""
    attempts: int = Field(4, ge=1)
    """How many times to ask before the server counts as unreachable."""
    on_unreachable: Literal["fallback", "fail"] = "fallback"
    """`fallback`: land the last answer again, else the bundled catalogue, and warn. `fail`: stop the run."""

    step: ClassVar[str] = "extract_api_data"
    origins: ClassVar[tuple[str, ...]] = ("api", "last_answer", "bundled")
    datasets: ClassVar[tuple[str, ...] | None] = ("products",)
    is_in_our_layout: ClassVar[bool] = True


SOURCE = ApiSource
