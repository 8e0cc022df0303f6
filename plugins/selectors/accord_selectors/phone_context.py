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
NEVER_AFTER_A_PHONE = frozenset(
    "sq sqft ft feet lbs kg km miles photos pics reviews views likes followers".split()
) | frozenset(
    "roses rose rosas kisses dollars dollar usd eur euro euros gbp quid bucks pesos mxn cad aud reais soles dlls".split()
)

_CUE_WORDS = (
    "call|calls|calling|text|texts|txt|txts|texting|tel|tele|telephone|phone|fone|ph|cell|cel|celular|celu|mobile|mob"
    "|movil|whatsapp|whats|wa|wsp|sms|msg|message|dial|ring|reach|contact|number|num|nbr|telefono|llama|llamame|llamar"
    "|marca|escribe|escribeme|mensaje|hit me up|hmu|hit me|contacto|numero|fon|viber|facetime|imessage|digits|line"
)
CUE = re.compile(rf"(?<![a-z])(?:{_CUE_WORDS})(?![a-z])|[☎☏📞📱📲✆]")
_LABELS = (
    "ids?|ref|reference|licen[cs]ed?|licencia|lic|permit|permiso|registration|registered|reg|registro|invoice|factura"
    "|serial|isbn|issn|acct|tracking|certificate|cert|ein|ssn|vat|tax|rfc|npi|siret|abn|sku|upc|ean|imei|confirmation"
    "|membership|version|zip|zipcode|cedula|dni|passport|policy|lmt|cmt|lmbt|mbt|cosmetology|estab|establishment|unix"
    "|timestamp|promo|coupon|visitors|views?|counts?|counter|hits|population|iban|routing|expediente|folio|matricula"
)
_WEAK_LABELS = (
    "post|posting|ad|advert|listing|anuncio|case|order|model|part|(?<!area )code|card|user|item|account|cuenta|ticket"
    "|booking|member|badge|build|batch|bond|profile|page|room|suite|unit"
)
_NUMBER_OF = r"(?:[ _]?(?:ids?|no|nos|nr|num|number|numero|code|card)(?![a-z]))"
NOT_A_PHONE = re.compile(
    rf"(?<![a-z])(?:(?:{_LABELS}){_NUMBER_OF}?|(?:{_WEAK_LABELS})(?:{_NUMBER_OF}|[ ]?[#:=]|$))"
    r"(?:[ ]?(?:is|es|was))?(?P<rest>[^a-z0-9]{0,4}(?:[a-z]{1,4}[ \-#.:]?)?)$"
)
"""A label right before digits that makes them an identifier of something else."""

_DATES = re.compile(
    r"""(?<![0-9.])(?:
        (?:19|20)[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])
      | (?:0?[1-9]|[12][0-9]|3[01])([-/.])(?:0?[1-9]|[12][0-9]|3[01])\2(?:19|20)[0-9]{2}(?![0-9])
      | (?:0?[1-9]|[12][0-9]|3[01])/(?:0?[1-9]|[12][0-9]|3[01])/[0-9]{2}(?![0-9/])
      | [0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?![0-9:])
      | (?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?![0-9.])
      | [0-9]{1,3}(?:,[0-9]{3})+(?![0-9,-]|[ ][0-9]{4})
      | [0-9]{1,4}[.,][0-9]{2}(?![0-9])(?![-.,*~_/ ]{1,2}[0-9]{1,4}[-.])
      | [4-7]\s?'\s?[0-9]{1,2}(?![0-9])(?!'[0-9])
    )""",
    re.VERBOSE,
)


def not_a_phone(low: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of dates, times, addresses, heights and amounts within a stretch."""
    return [match.span() for match in _DATES.finditer(low, start, end)]


def has_cue(low: str, start: int, end: int) -> bool:
    """Whether words such as "call" or "text" stand shortly before or right after."""
    return bool(CUE.search(low, max(0, start - 48), start) or CUE.search(low, end, end + 12))


def is_labelled_otherwise(low: str, start: int) -> bool:
    """Whether a label such as "licence no." stands right before, and no telephone word nearer."""
    before = low[max(0, start - 40) : start]
    label = NOT_A_PHONE.search(before)
    return label is not None and not CUE.search(label["rest"])
