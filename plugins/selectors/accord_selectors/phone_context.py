"""What stands around digits and tells whether they are a telephone number."""

from __future__ import annotations

import re

UNITS = frozenset(
    """h hr hrs hour hours hora horas hh hhr min mins minute minutes minutos m s sec qv am pm a p noon
    lb lbs pound pounds kg kgs kilos oz cm mm ft feet foot inch inches in mi mile miles km metres meters
    yr yrs year years yo yrsold anos ano old days day week weeks months month nights night noche
    st nd rd th percent k c f d dd ddd rooms photos pics reviews posts likes followers people sq acres
    degrees floor blvd street avenue ave road lane drive""".split()
)
KISSES = frozenset("roses rose rosas kisses besos".split())
"""What a price is counted in, and what a message ends with."""
COUNTED = frozenset(
    "photos pics reviews views likes followers times visits hits points posts subscribers".split()
)
"""What is counted, however large the count."""
NEVER_AFTER_A_PHONE = (
    COUNTED
    | frozenset("sq sqft ft feet lbs kg km miles".split())
    | frozenset(
        """roses rose rosas kisses dollars dollar usd eur euro euros gbp quid bucks pesos mxn cad aud reais
    soles dlls""".split()
    )
)

CUE_WORDS = frozenset(
    """
    call calls calling text texts txt txts texting tel tele telephone phone fone ph cell cel celular
    celu mobile mob movil whatsapp whats wa wsp sms msg message dial ring reach contact number num
    nbr telefono llama llamame llamar marca escribe escribeme mensaje hmu hit contacto numero fon
    viber facetime imessage digits line
    """.split()
)
CHATTER = CUE_WORDS | frozenset(
    """me now ok okay baby babe bb hey honey hun dear real love please pls today tonight here at us
    asap only yes xo xoxo anytime later mi ya amor bebe ahora""".split()
)
"""Words that are put between the groups of a number so that it does not look like one."""
CUE_SIGNS = frozenset("☎☏📞📱📲✆")
_WORDS = re.compile(r"[a-z]+")
_BEFORE = re.compile(r"(?<![a-z])[a-z].*|[^a-z].*", re.DOTALL)
_AFTER = re.compile(r".{0,11}(?:.[a-z]*)?", re.DOTALL)

_STRONG_LABELS = frozenset(
    """
    id ids ref reference licence license licensed licenced licencia lic permit permiso registration
    registered reg registro invoice factura serial isbn issn acct tracking certificate cert ein ssn
    vat tax rfc npi siret abn sku upc ean imei confirmation membership version zip zipcode cedula
    dni passport policy member lmt cmt lmbt mbt cosmetology estab establishment unix timestamp promo coupon
    visitor visitors view views count counts counter hits population iban routing expediente folio matricula
    camtc vin curp nss cuit cuil nif nie dea hash barcode gtin asin cpf cnpj gst uuid udid docket
    tin itin fein duns ubi usdot mls apn ndc clabe orcid pmid doi crn txid uid userid otp passcode password
    pin checksum odometer mileage timestamp epoch referencia poliza fedex usps dhl
    """.split()
)
"""Words that make the digits after them an identifier of something else than a telephone."""
_WEAK_LABELS = frozenset(
    """
    post posting ad advert listing anuncio case order model part code card user item account cuenta
    ticket badge build batch bond profile page room suite unit tax file image img
    photo pic picture gallery lot parcel claim plate chassis device student employee staff visa insurance
    coupon voucher gift credit debit user username session token seq patient rx prescription
    loan customer client medicare reservation job report incident locker
    flight gate cage auth sort verification security meeting zoom bar raffle lottery random codigo orden
    cheque check wire transaction tx asset sample study trial document doc stock vehicle
    dl dln drivers
    shipment container project contract quote complaint citation inmate warrant patent trademark pedido guia
    """.split()
)
"""Words that do so only with "number", "#" or a colon behind them."""
DOCUMENTS = """
post posting ad advert listing anuncio profile session order item ticket account cuenta transaction tx
shipment parcel batch bid wallet loan claim reservation quote complaint warrant incident
""".split()
"""Words that need nothing behind them where ten digits follow in one row and no telephone word is near."""
LABELS = _STRONG_LABELS | _WEAK_LABELS | {"booking"}
_NUMBER_OF = r"(?:[ _]?(?:ids?|no|nos|nr|num|number|numero|code|card)(?![a-z]))"
_NOT_A_PHONE = re.compile(
    rf"(?<![a-z])(?<!area )(?:(?:{'|'.join(sorted(_STRONG_LABELS))})(?:\.? ?{_NUMBER_OF})?"
    rf"|(?:{'|'.join(sorted(_WEAK_LABELS))})(?:{_NUMBER_OF}|[ ]?[#:=]|$)"
    r"|booking[ _]?(?:ids?|code|ref|reference))"
    r"(?:[ ]?(?:is|es|was))?(?P<rest>[^a-z0-9]{0,4}(?:[a-z]{1,4}[ \-#.:]?)?)$"
)

_DATES = re.compile(
    r"""(?<![0-9.])(?:
        (?:19|20)[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])
      | (?:0?[1-9]|[12][0-9]|3[01])([-/.])(?:0?[1-9]|[12][0-9]|3[01])\2(?:19|20)[0-9]{2}(?![0-9])
      | (?:0?[1-9]|[12][0-9]|3[01])/(?:0?[1-9]|[12][0-9]|3[01])/[0-9]{2}(?![0-9/])
      | (?:(?:0?[1-9]|[12][0-9]|3[01])/(?:0?[1-9]|[12][0-9]|3[01])[ ,&]{1,3}){2,}
        (?:0?[1-9]|[12][0-9]|3[01])/(?:0?[1-9]|[12][0-9]|3[01])(?![0-9/])
      | [0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?![0-9:])
      | (?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?![0-9.])
      | [0-9]{1,3}(?:,[0-9]{3})+(?![0-9,-]|[ ][0-9]{4})
      | [0-9]{1,4}[.,][0-9]{2}(?![0-9])(?![-.,*~_/ ]{1,2}[0-9]{1,4}[-.])
      | (?<!')[4-7]\s?'\s?[0-9]{1,2}(?![0-9])(?!'[0-9])
      | 24\s?[/-]\s?7(?![0-9])
      | (?<=[a-z][ ])[0-9]{5}-[0-9]{4}(?![0-9-])
      | (?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])
        (?:[0-5][0-9]){1,2}(?![0-9])
      | (?!1\.[2-9][0-9]{9}(?![0-9]))[0-9]{1,2}\.[0-9]{5,}(?![0-9])
      | [0-9]{3}\.[0-9]{8,}(?![0-9])
    )""",
    re.VERBOSE,
)


_DATE_MARK, _TIMESTAMP = re.compile("[-/.:,']"), re.compile("[0-9]{12}")
"""One of these stands in all that the long pattern finds."""


def not_a_phone(low: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of dates, times, addresses, heights and amounts within a stretch."""
    if not (_DATE_MARK.search(low, start, end) or _TIMESTAMP.search(low, start, end)):
        return []
    return [match.span() for match in _DATES.finditer(low, start, end)]


def has_cue(low: str, start: int, end: int) -> bool:
    """Whether words such as "call" or "text" stand shortly before or right after: whole words only."""
    return _cues(_BEFORE.search(low, max(0, start - 48), start)) or _cues(_AFTER.match(low, end, end + 32))


def _cues(stretch: re.Match[str] | None) -> bool:
    if stretch is None:
        return False
    text = stretch[0]
    return not CUE_WORDS.isdisjoint(_WORDS.findall(text)) or not (
        text.isascii() or CUE_SIGNS.isdisjoint(text)
    )


def is_cue(text: str) -> bool:
    """Whether a word or sign in here announces a telephone number."""
    return not CUE_WORDS.isdisjoint(_WORDS.findall(text)) or not (
        text.isascii() or CUE_SIGNS.isdisjoint(text)
    )


def is_labelled_otherwise(low: str, start: int) -> bool:
    """Whether a label such as "licence no." stands right before, and no telephone word nearer."""
    before = low[max(0, start - 40) : start]
    if LABELS.isdisjoint(_WORDS.findall(before)):
        return False
    label = _NOT_A_PHONE.search(before)
    # What begins with a plus sign is a telephone number whatever stands before: "reference. +1 614 555 0134".
    return label is not None and "+" not in label["rest"] and not is_cue(label["rest"])
