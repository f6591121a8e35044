"""The landing contract: durable, immutable, one delivery per content, every alteration refused."""

import json
import os
import random
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from contracts.deliveries import Delivery, LandingError, Manifest
from storage.landing import (
    check_file,
    deliveries,
    land,
    latest,
    newest_business_date,
    remember_business_date,
    staged_file,
)

NOW = datetime(2026, 11, 1, 7, tzinfo=UTC)


def deliver(landing: Path, content: bytes, key: str = "2026-10") -> Manifest:
    delivery = Delivery("orders", key, date(2026, 10, 31), "orders_2026_10.json", "demo", {"seed": 1}, ("a warning",))
    with staged_file(landing, delivery) as staged:
        staged.write_bytes(content)
        return land(landing, delivery, staged, rows=1, extracted_at=NOW, code_version="test")


def test_a_delivery_reads_back_as_it_was_landed(tmp_path: Path) -> None:
    manifest = deliver(tmp_path, b"{}\n")
    assert deliveries(tmp_path) == [manifest]
    assert manifest.delivery_id == "orders/2026-10/0001"
    assert check_file(tmp_path, manifest).read_bytes() == b"{}\n"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "staging is left behind"


def test_the_same_content_twice_is_one_delivery(tmp_path: Path) -> None:
    assert deliver(tmp_path, b"one") == deliver(tmp_path, b"one")
    assert len(deliveries(tmp_path)) == 1


def test_a_correction_is_the_next_attempt_even_back_to_the_first_content(tmp_path: Path) -> None:
    attempts = [deliver(tmp_path, content).attempt for content in (b"one", b"two", b"one")]
    assert attempts == [1, 2, 3]
    newest = latest(tmp_path, "orders", "2026-10")
    assert newest is not None
    assert newest.attempt == 3


def test_a_delivery_is_on_the_disk_with_every_folder_that_leads_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    fsync = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda file: (synced.append(Path(f"/proc/self/fd/{file}").readlink()), fsync(file))
    )
    manifest = deliver(tmp_path, b"{}\n")
    folder = manifest.data_file(tmp_path).parent
    # Both files under their first names, then the folders that name them, from within.
    assert [path.name for path in synced[:2]] == ["orders_2026_10.json", ".manifest.json"]
    assert synced[2:] == [folder, *folder.parents[:3]]
    assert folder.parents[2] == tmp_path


def test_a_delivery_without_manifest_does_not_exist_and_is_written_over(tmp_path: Path) -> None:
    interrupted = tmp_path / "orders" / "2026-10" / "0001"
    interrupted.mkdir(parents=True)
    (interrupted / "orders_2026_10.json").write_bytes(b"half")
    assert deliveries(tmp_path) == []
    assert check_file(tmp_path, deliver(tmp_path, b"whole")).read_bytes() == b"whole"


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    delivery = Delivery("orders", "2026-10", date(2026, 10, 31), "orders.json", "demo")
    with pytest.raises(OSError, match="disk"), staged_file(tmp_path, delivery) as staged:
        staged.write_bytes(b"half")
        raise OSError("disk")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_byte_of_the_file_is_refused(tmp_path: Path, seed: int) -> None:
    manifest = deliver(tmp_path, bytes(range(256)) * 4)
    path = manifest.data_file(tmp_path)
    content = bytearray(path.read_bytes())
    content[random.Random(seed).randrange(len(content))] ^= 1 << seed % 8
    path.write_bytes(bytes(content))
    with pytest.raises(LandingError, match=r"was altered after delivery: 1024 bytes found, expected 1024 bytes"):
        check_file(tmp_path, manifest)


def test_a_truncated_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    manifest = deliver(tmp_path, b"0123456789")
    path = manifest.data_file(tmp_path)
    path.write_bytes(b"01234")
    with pytest.raises(LandingError, match="5 bytes found, expected 10 bytes"):
        check_file(tmp_path, manifest)
    path.unlink()
    with pytest.raises(LandingError, match="is missing although its manifest exists"):
        check_file(tmp_path, manifest)


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_byte_of_the_manifest_is_refused(tmp_path: Path, seed: int) -> None:
    manifest = deliver(tmp_path, b"{}\n")
    path = manifest.data_file(tmp_path).parent / "manifest.json"
    text = path.read_text()
    values = [index for index, character in enumerate(text) if character.isalnum()]
    index = random.Random(seed).choice(values)
    path.write_text(text[:index] + chr(ord(text[index]) ^ 1) + text[index + 1 :])
    with pytest.raises(LandingError, match="Delete its folder and extract again"):
        deliveries(tmp_path)


def test_an_edited_row_count_is_refused(tmp_path: Path) -> None:
    path = deliver(tmp_path, b"{}\n").data_file(tmp_path).parent / "manifest.json"
    body = json.loads(path.read_text())
    path.write_text(json.dumps({**body, "rows": 2}))
    with pytest.raises(LandingError, match="its checksum does not match"):
        deliveries(tmp_path)


def test_the_newest_business_date_is_that_of_the_newest_run_and_at_least_that_of_the_deliveries(tmp_path: Path) -> None:
    assert newest_business_date(tmp_path, ()) is None
    remember_business_date(tmp_path / "new", date(2026, 10, 31))
    remember_business_date(tmp_path / "new", date(2026, 10, 1))  # a day that is run again
    assert newest_business_date(tmp_path / "new", ()) == date(2026, 10, 31)
    manifest = deliver(tmp_path / "new", b"one")
    later = replace(manifest, logical_date=date(2026, 11, 2))
    assert newest_business_date(tmp_path / "new", [manifest, later]) == date(2026, 11, 2)
