"""Which column of a file is which of ours: by its name, where its values agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.dataset import CURRENCY, DAY, MOMENT
from contracts.datasets import DATASETS
from contracts.telling_names import TAX_RATES, plain_name
from propose.table import Values
from propose.written import is_date, is_number


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Our column: what shops call it, the surest first, without blanks and capitals.
_ORDER = _names(
    "orderid ordernumber orderno order ordername saleid receiptnumber receipt invoiceno invoicenumber invoice "
    "transactionid transaction billno bill ticketid ticket checkno bestellnummer bestellung auftragsnummer auftrag "
    "belegnummer beleg rechnungsnummer rechnung bon quittung kassenbon commande facture pedido factura ordine fattura "
    "scontrino bestelling factuur"
)
_WHEN = _names(
    "orderat orderedat orderdate createdat datetime timestamp date saledate soldat invoicedate transactiondate "
    "bestelldatum rechnungsdatum belegdatum verkaufsdatum datum datecommande datedecommande fecha fechapedido data "
    "dataordine besteldatum"
)
_CUSTOMER = _names(
    "customerid customernumber customer clientid customeremail email kundennummer kundenid kunde client cliente klant"
)
_PRODUCT = _names(
    "productid productcode sku itemsku productsku stockcode itemid itemcode articleid articlenumber article "
    "artikelnummer artikelnr artikel referenceproduit reference refproduit codigoproducto codigo codiceprodotto codice"
)
_TITLE = _names(
    "productname itemname producttitle description product item title name artikelbezeichnung artikelname bezeichnung "
    "produkt produit designation producto descripcion prodotto descrizione omschrijving"
)
_QUANTITY = _names(
    "quantity qty units itemquantity quantitysold qtysold menge anzahl stueck quantite qte cantidad quantita aantal"
)
_PRICE = _names(
    "unitprice priceperunit itemprice price einzelpreis stueckpreis preis prixunitaire "
    "prix preciounitario precio prezzounitario prezzo stukprijs prijs"
)
_LINE = {
    "order_id": _ORDER,
    "product_id": _PRODUCT,
    "quantity": _QUANTITY,
    "unit_price": _PRICE,
    "line_total": _names("linetotal lineamount rowtotal itemtotal positionssumme gesamtpreis totalligne"),
    "discount_amount": _names(
        "linediscount itemdiscount discountamount discount rabatt remise descuento sconto korting"
    ),
    "line_tax_amount": _names("linetax itemtax taxamount tax vat vatamount mwst ust steuer tva iva btw"),
    "unit_cost": _names("unitcost cost itemcost einkaufspreis ek"),
}
_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "order_lines": {
        **_LINE,
        "order_at": _WHEN,
        "customer_id": _CUSTOMER,
        "description": _TITLE,
        "country": _names("country shippingcountry countrycode land"),
        "channel": _names("channel saleschannel store shop location register kanal filiale"),
        "currency": _names("currency currencycode waehrung"),
        "shipping_amount": _names("shipping shippingamount shippingcost shippingprice versand versandkosten porto"),
        "is_test": _names("test istest testorder"),
        "total_amount": _names("ordertotal grandtotal totalprice bestellsumme"),
    },
    "order_items": _LINE,
    "orders": {
        "order_id": (*_ORDER, "id"),
        "order_at": _WHEN,
        "customer_id": _CUSTOMER,
        "country": _names("country shippingcountry countrycode land"),
        "channel": _names("channel saleschannel store shop location kanal"),
        "currency": _names("currency currencycode waehrung"),
        "discount_amount": _names("discountamount discount totaldiscount rabatt"),
        "tax_amount": _names("taxamount totaltax tax vat mwst ust steuer"),
        "shipping_amount": _names("shippingamount shippingcost shipping versandkosten versand porto"),
        "is_test": _names("test istest testorder"),
        "total_amount": _names("ordertotal grandtotal totalprice totalamount total summe"),
    },
    "payments": {
        "payment_id": _names("paymentid transactionid zahlungsnummer"),
        "order_id": _ORDER,
        "amount": _names("amount paidamount paymentamount betrag"),
        "method": _names("method paymentmethod zahlungsart"),
        "paid_at": _names("paidat paymentdate date createdat datum"),
    },
    "refunds": {
        "refund_id": _names("refundid creditnoteid erstattungsnummer gutschriftnummer"),
        "order_id": _ORDER,
        "product_id": _PRODUCT,
        "quantity": _QUANTITY,
        "refund_amount": _names("refundamount refundedamount amount betrag"),
        "refunded_at": _names("refundedat refunddate date createdat datum"),
        "reason": _names("reason grund"),
    },
    "products": {
        "product_id": (*_PRODUCT, "id"),
        "title": _TITLE,
        "category": _names("category productcategory producttype kategorie warengruppe"),
        "list_price": _PRICE + _names("listprice retailprice"),
        "unit_cost": _LINE["unit_cost"],
    },
    "customers": {
        "customer_id": (*_CUSTOMER, "id"),
        "first_name": _names("firstname givenname vorname"),
        "last_name": _names("lastname familyname surname nachname"),
        "email": _names("email emailaddress customeremail"),
        "country": _names("country countrycode land"),
        "city": _names("city ort stadt"),
        "signup_at": _names("signupat createdat registeredat signupdate"),
    },
}
# Of names of numbers, so that Receipt No is as good as Receipt Number.
_NUMBERED = re.compile(r"(?<=..)(nummer|number|numero|num|nr|no|id|code)$")
# What a file has only if it is of lines, so that what lacks something of these is not taken for another dataset.
_OF_LINES_ONLY = {"orders": ("quantity",), "products": ("order_id", "quantity"), "customers": ("order_id", "quantity")}
# What a file must have to be of a dataset, each one of several; the first dataset that fits, counts.
_NEEDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "refunds": (("refund_id",), ("refund_amount",), ("refunded_at",)),
    "order_lines": (("order_id",), ("order_at",), ("product_id",), ("quantity",), ("unit_price", "line_total")),
    "order_items": (("order_id",), ("product_id",), ("quantity",), ("unit_price", "line_total")),
    "payments": (("payment_id",), ("order_id",), ("amount",)),
    "orders": (("order_id",), ("order_at",)),
    "products": (("product_id",), ("title", "list_price", "unit_cost")),
    "customers": (("customer_id",), ("first_name", "last_name", "email", "signup_at")),
}
_SAMPLED = 0.9
"""How many of the values have to look like the column's kind."""


@dataclass(frozen=True)
class Matched:
    """A dataset that a file is of, and its columns; ``dates`` are others of the file that could be its moment.

    ``tax_rate`` is the column that has the rate of a line's tax, where no column has the tax itself.
    """

    dataset: str
    columns: Mapping[str, str]
    dates: tuple[str, ...] = ()
    tax_rate: str | None = None


def matched(header: tuple[str, ...], values: Values, said: Mapping[str, str]) -> Matched | None:
    """The dataset that the file is of; None where no dataset's columns are all there.

    ``said`` are columns of ours that a person named: each is that of a file which has it.
    """
    plain = {name: plain_name(name) for name in header}
    as_lines = _columns("order_lines", plain, values, said)
    for dataset, needs in _NEEDS.items():
        if any(one in as_lines for one in _OF_LINES_ONLY.get(dataset, ())):
            continue
        columns = _columns(dataset, plain, values, said)
        if "product_id" not in columns and "description" in columns:
            columns["product_id"] = columns["description"]
        if all(any(one in columns for one in some) for some in needs):
            if "unit_price" in columns:
                columns.pop("line_total", None)
            moment = DATASETS[dataset].when or "order_at"
            taken = columns.get(moment)
            dates = tuple(
                name for name in header if name != taken and taken and is_date(values, name, is_named_so=False)
            )
            has_tax = "line_tax_amount" in columns or "tax_amount" in columns
            rate = None if has_tax else next((name for name, short in plain.items() if short in TAX_RATES), None)
            return Matched(dataset, columns, dates, rate)
    return None


def missing(header: tuple[str, ...], values: Values, said: Mapping[str, str]) -> list[str]:
    """What keeps the file from being lines of orders: those of our columns that it has to have."""
    columns = _columns("order_lines", {name: plain_name(name) for name in header}, values, said)
    return [" or ".join(some) for some in _NEEDS["order_lines"] if not any(one in columns for one in some)]


def _columns(dataset: str, plain: Mapping[str, str], values: Values, said: Mapping[str, str]) -> dict[str, str]:
    kinds = {column.name: column.kind for column in DATASETS[dataset].columns}
    found = {ours: theirs for ours, theirs in said.items() if ours in kinds and theirs in plain}
    for ours, words in _WORDS[dataset].items():
        if ours in found:
            continue
        for word in words:
            theirs = next(
                (name for name, short in plain.items() if _is_called(short, word, ours) and name not in found.values()),
                None,
            )
            if theirs is None:
                continue
            kind = kinds[ours]
            if kind in (DAY, MOMENT) and not is_date(values, theirs):
                continue
            if kind.is_number and not is_number(values, theirs):
                continue
            if kind is CURRENCY and values.share(theirs, "regexp_full_match(t, '[A-Za-z]{3}')") < _SAMPLED:
                continue
            found[ours] = theirs
            break
    return found


def _is_called(name: str, word: str, ours: str) -> bool:
    """Whether a name is the word; of an id, also with another way to say that it is a number."""
    stem = _NUMBERED.sub("", name)
    return name == word or (ours.endswith("_id") and stem != name and stem == _NUMBERED.sub("", word))
