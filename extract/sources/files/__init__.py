"""A shop's own files."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import SecretStr, ValidationInfo, field_validator

from contracts.block import VARIABLE, Block
from contracts.layout import Layout
from contracts.source import Source


class FileAccess(Block):
    """How a server of files knows who asks."""

    user: SecretStr | None = None
    """`sftp`, `https`: a `${VARIABLE}` with the name; one in the path, `sftp://name@host/...`, does as well."""
    password: SecretStr | None = None
    """`sftp`, `https`: a `${VARIABLE}` with the password."""
    key_file: str | None = None
    """`sftp`: the file with the private key."""
    passphrase: SecretStr | None = None
    """`sftp`: a `${VARIABLE}` with what unlocks the private key."""
    known_hosts: str | None = None
    """`sftp`: the file with the keys of the servers that are known, as `ssh-keyscan` writes it; unsaid
    `~/.ssh/known_hosts`. A server that is not in it is refused."""
    token: SecretStr | None = None
    """`https`: a `${VARIABLE}` with a token, sent as `Authorization: Bearer ...`."""
    access_key_id: SecretStr | None = None
    """`s3`: a `${VARIABLE}`; without it what the machine itself may read."""
    secret_access_key: SecretStr | None = None
    """`s3`: a `${VARIABLE}` with the secret of it."""
    region: str | None = None
    """`s3`: where the bucket is."""
    endpoint: str | None = None
    """`s3`: the address of another server than Amazon's that speaks S3."""


class FileSource(Source, Layout):
    """The shop's own files: how to read them and which of their columns is which of ours."""

    kind: Literal["files"]
    preset: str | None = None
    """A file of `clients/presets`, without `.yml`: the block has its settings where it says none itself. Of `columns`,
    `constants` and `values` each name counts, and `null` takes one of the preset's away."""
    path: str
    """A file or a glob (`**` for any depth); a relative one counts from the folder of the client file. On a server:
    `s3://bucket/folder/*.csv`, `sftp://name@host/folder/*.csv`, or one file by `https://`."""
    access: FileAccess | None = None
    """How the server knows who asks."""

    step: ClassVar[str] = "extract_files"
    origins: ClassVar[tuple[str, ...]] = ("file",)
    can_be_tried: ClassVar[bool] = True
    takes_variables: ClassVar[tuple[str, ...]] = ("path", "access")
    secrets: ClassVar[tuple[str, ...]] = tuple(
        f"access.{name}" for name in ("user", "password", "passphrase", "token", "access_key_id", "secret_access_key")
    )

    @field_validator("path")
    @classmethod
    def _from_the_client_file(cls, value: str, info: ValidationInfo) -> str:
        """Take a relative path from the client file's folder: each step has another working directory."""
        folder: Path | None = (info.context or {}).get("folder")
        is_elsewhere = folder is None or VARIABLE.search(value) or "://" in value
        return value if is_elsewhere else str(Path(str(folder)) / value)

    @property
    def is_remote(self) -> bool:
        """Whether the files are on a server."""
        return "://" in self.path

    @property
    def layout(self) -> Layout:
        """How the files are read."""
        return Layout(**{name: getattr(self, name) for name in Layout.model_fields})


SOURCE = FileSource
