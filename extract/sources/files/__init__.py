"""A shop's own files."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ValidationInfo, field_validator

from contracts.block import VARIABLE
from contracts.layout import Layout
from contracts.source import Source


class FileSource(Source, Layout):
    """The shop's own files: how to read them and which of their columns is which of ours."""

    kind: Literal["files"]
    path: str
    """A file or a glob (`**` for any depth); a relative one counts from the folder of the client file."""

    step: ClassVar[str] = "extract_files"
    origins: ClassVar[tuple[str, ...]] = ("file",)

    @field_validator("path")
    @classmethod
    def _from_the_client_file(cls, value: str, info: ValidationInfo) -> str:
        """Take a relative path from the client file's folder: each step has another working directory."""
        folder: Path | None = (info.context or {}).get("folder")
        return value if folder is None or VARIABLE.search(value) else str(folder / value)

    @property
    def layout(self) -> Layout:
        """How the files are read."""
        return Layout(**{name: getattr(self, name) for name in Layout.model_fields})


SOURCE = FileSource
