"""Servers of files: moto's S3 and Debian's sshd, each with a folder that tests fill."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path
from typing import Any

import obstore
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

SECRET = "s3cret-of-the-bucket"  # noqa: S105
OLD = time.time() - 86_400


@dataclass
class FileServer:
    """``address`` is what a path in a client file begins with."""

    address: str
    access: dict[str, Any]
    store: S3Store | None = None
    folder: Path | None = None

    def put(self, name: str, content: str, written: float = OLD) -> None:
        if self.store is not None:
            obstore.put(self.store, f"shop/{name}", content.encode())
        if self.folder is not None:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            os.utime(path, (written, written))

    def delete(self, name: str) -> None:
        if self.store is not None:
            obstore.delete(self.store, f"shop/{name}")
        if self.folder is not None:
            (self.folder / name).unlink()


@contextmanager
def s3() -> Iterator[FileServer]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        access = {
            "endpoint": f"http://{host}:{port}",
            "region": "eu-central-1",
            "access_key_id": "reader",
            "secret_access_key": SECRET,
        }
        import boto3  # noqa: PLC0415 slow, and only this makes a bucket

        credentials = {"aws_access_key_id": "reader", "aws_secret_access_key": SECRET}
        client = boto3.client("s3", endpoint_url=access["endpoint"], region_name="eu-central-1", **credentials)
        bucket = f"exports-{uuid.uuid4()}"  # moto remembers those of before
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        store = S3Store(bucket, client_options={"allow_http": True}, **access)
        yield FileServer(f"s3://{bucket}/shop", access, store)
    finally:
        server.stop()


@contextmanager
def sftp() -> Iterator[FileServer]:
    folder = Path(tempfile.mkdtemp(prefix="sshd-"))
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    for name in ("host", "client", "stranger"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    (folder / "authorized").write_text((folder / "client.pub").read_text())
    known = folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "PidFile": "none",
        "UsePAM": "no",
        "AuthorizedKeysFile": folder / "authorized",
        "StrictModes": "no",
        "PermitRootLogin": "yes",
        "PasswordAuthentication": "no",
        "Subsystem": "sftp internal-sftp",
    }
    (folder / "config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin") or "sshd"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "config")], stderr=log)
    try:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.02)
        access = {"key_file": str(folder / "client"), "known_hosts": str(known)}
        files = folder / "shop"
        files.mkdir()
        yield FileServer(f"sftp://{getuser()}@127.0.0.1:{port}{files}", access, folder=files)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)
