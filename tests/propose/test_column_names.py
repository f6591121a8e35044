"""Columns of other tongues and spellings, rates of tax, and columns that a person names."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.propose.test_new import Shop, answers


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


TILL = (
    "Bon-Nr;Datum;Uhrzeit;Artikel;Artikelbezeichnung;Menge;Einzelpreis;Rabatt;MwSt-Satz;Gesamt;Zahlart\n"
    "1001;03.11.2026;09:15;A1;Kaffee;2;6,99;0,00;7%;13,98;bar\n"
    "1001;03.11.2026;09:15;B2;Tasse;1;12,50;1,25;19%;11,25;bar\n"
    "1002;13.11.2026;10:02;C3;Kanne;1;1.249,00;0,00;19%;1.249,00;EC\n"
    "1003;14.11.2026;12:00;B2;Tasse;-1;12,50;-1,25;19%;-11,25;bar\n"
)


def test_a_till_that_has_the_rate_of_the_tax_and_no_tax(shop: Shop) -> None:
    """13.98 with 7 % are 0.91 of tax, 11.25 with 19 % are 1.80, 1,249.00 are 199.42: 1,072.10 net of 1,274.23."""
    shop.put("verkaeufe.csv", TILL)
    asked = shop.new(*answers(currency="EUR", time_zone="Europe/Berlin"))
    assert "Gesamt: always Menge x Einzelpreis - Rabatt, so it is left out" in asked.stdout
    assert "whose rate is in MwSt-Satz? inside: net 1,072.10; on_top: net 1,274.23" in asked.stdout
    (shop.folder / "clients" / "shop.yml").unlink()
    lines = {"sources.order_lines.contents": "everything", "sources.order_lines.line_rules": "returns"}
    said = {"currency": "EUR", "time_zone": "Europe/Berlin", "tax": "inside", **lines}
    assert "is written\n" in shop.new(*answers(**said)).stdout
    assert shop.sales("check", "shop").returncode == 0
    block = shop.written["sources"]["order_lines"]
    block["columns"].pop("line_tax_amount")
    changed = shop.written | {"sources": {"order_lines": block}}
    (shop.folder / "clients" / "shop.yml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    assert "which tax the amounts contain is not known" in shop.sales("check", "shop").stdout


@pytest.mark.parametrize(
    ("header", "rate"),
    [
        ("Receipt No,Sold at,Product Code,Product,Qty Sold,Unit Price,Tax rate", "0.2"),
        ("Facture n°,Date commande,Référence produit,Désignation,Quantité,Prix unitaire,Taux TVA", "20"),
        ("Pedido,Fecha,Código,Producto,Cantidad,Precio unitario,Tipo IVA", "20"),
    ],
)
def test_other_spellings_and_tongues(shop: Shop, header: str, rate: str) -> None:
    shop.put("sales.csv", f"{header}\nR1,2026-03-02,M1,Mug,2,6.00,{rate}\nR2,2026-03-03,M1,Mug,1,6.00,{rate}\n")
    said = shop.new(*answers(currency="EUR", time_zone="Europe/Madrid", tax="on_top")).stdout
    assert "2 rows of order_lines; order_id = " in said
    assert "2026-03       2            18.00           0.00         3.60" in said


def test_a_column_that_no_word_names_is_named_by_a_person(shop: Shop) -> None:
    shop.put("sales.csv", "Nota,Datum,Artikel,Menge,Preis\n1,2026-03-02,M1,2,6.00\n")
    refused = shop.new()
    assert refused.returncode == 1
    lacks = "it lacks order_id; it has Nota, Datum, Artikel, Menge, Preis. If one of them is that, say so: --column"
    assert lacks in refused.stderr
    done = shop.new("--column", "order_id=Nota", *answers(currency="EUR", time_zone="Europe/Madrid"))
    assert shop.written["sources"]["order_lines"]["columns"]["order_id"] == "Nota", done.stderr
    wrong = shop.sales("new", "other", str(shop.files), "--column", "order_id")
    assert "--column order_id says nothing of it; expected a column of ours and the file's" in wrong.stderr
