"""What a repair makes of the record in the file."""

from datetime import date

from extract.repair import Repair


def test_what_nobody_changed_has_the_value_of_the_file() -> None:
    repair = Repair({"id": "7", "day": "2026-10-31", "note": "x"}, {"id": "8", "day": "2026-10-31"})
    assert repair.of({"id": 7, "day": date(2026, 10, 31), "note": "x"}) == {"id": "8", "day": date(2026, 10, 31)}


def test_the_fields_keep_their_order_so_that_the_same_repair_is_the_same_bytes() -> None:
    after = dict.fromkeys("bcadfe", "") | {"x": 1}
    assert [*Repair(dict.fromkeys("abcdef", ""), after).of(dict.fromkeys("abcdef", ""))] == [*"bcadfe", "x"]


def test_a_name_that_only_load_gives_is_no_column_of_the_file() -> None:
    # DuckDB calls the second of two columns of one name so.
    assert Repair({"id": 7, "id_1": 1}, {"id": 8, "id_1": 1}).of({"id": 7}) == {"id": 8}


def test_what_was_no_record_is_what_it_was_repaired_to() -> None:
    assert Repair(["7", "x"], {"id": "7"}).of({"id": "7", None: ["x"]}) == {"id": "7"}
