"""Names of columns that say that their values change figures, whoever maps them."""

from __future__ import annotations

import re
import unicodedata


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEST = _names("test istest testorder testmode")
LIVE_MODE = _names("livemode")
CANCELLED_AT = _names(
    "cancelledat canceledat cancelledon canceledon cancelleddate canceleddate cancellationdate storniertam"
)
STATUS = _names("status orderstatus orderstate statusoftheorder bestellstatus auftragsstatus statut statutcommande")
CURRENCY = _names("currency currencycode ordercurrency paymentcurrency waehrung devise moneda valuta")
TAX = _names(
    "tax taxes taxamount taxtotal totaltax totaltaxes ordertax linetax salestax vat vatamount totalvat mwst "
    "ust umsatzsteuer steuer gst hst pst tva iva btw moms"
)
TAX_RATES = _names(
    "taxrate vatrate taxpercent vatpercent mwstsatz ustsatz steuersatz mwstprozent tauxtva tauxdetva tipoiva "
    "aliquotaiva ivaporcentaje btwtarief btwpercentage"
)
KIND = _names("kind paymentkind transactionkind transactiontype paymenttype")
TOTAL = _names("total ordertotal grandtotal totalprice totalamount amounttotal")
TELLING = TEST | LIVE_MODE | CANCELLED_AT | STATUS | CURRENCY | TAX | TAX_RATES | KIND | TOTAL


def plain_name(name: str) -> str:
    """The last name of a path, of letters and digits alone."""
    last = name.strip(". ").rpartition(".")[2].lower()
    for letter, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("°", "o")):
        last = last.replace(letter, letters)
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", last))
