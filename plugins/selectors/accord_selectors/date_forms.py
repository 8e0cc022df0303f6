"""The written forms of dates, English and Spanish, as patterns over folded text."""

from __future__ import annotations

import re

MONTHS = {
    name: number
    for number, names in enumerate(
        """january jan enero ene|february feb febrero|march mar marzo|april apr abril abr|may mayo
        |june jun junio|july jul julio|august aug agosto ago|september sept sep septiembre|october oct octubre
        |november nov noviembre|december dec diciembre dic""".split("|"),
        1,
    )
    for name in names.split()
}
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        """monday mon lunes|tuesday tues tue martes|wednesday wed miercoles|thursday thurs thur thu jueves
        |friday fri viernes|saturday sat sabado|sunday sun domingo""".split("|")
    )
    for name in names.split()
}
SPANS = {"day": 1, "dia": 1, "week": 7, "semana": 7, "month": 30, "mes": 30, "meses": 30}
"""Days of a unit; a month is taken for thirty."""

_month = "|".join(sorted(MONTHS, key=len, reverse=True))
_weekday = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_day = r"(?:0?[1-9]|[12][0-9]|3[01])"
_ordinal = r"(?:\s?(?:st|nd|rd|th))?"
_to = r"\s?(?:-|to|thru|through|until|till|al?|y|and|&|hasta(?:\sel)?)\s?"
_year = r"(?:,?\s(?:de(?:l)?\s)?(?P<year>20[0-9]{2})(?![0-9]))?"
_until = r"(?:until|till|til|thru|through|hasta|by|up\sto|ends?|ending)"
_marker = (
    rf"(?:{_until}|on|this|next|from|starting|starts|since|arriving|leaving|back|coming|here|landing|begins?"
    r"|desde|este|proximo|a\spartir\sdel?|llego|salgo)"
)

MONTH_FIRST = re.compile(
    rf"(?<![a-z0-9])(?P<month>{_month})\.?\s(?P<first>{_day}){_ordinal}(?![0-9]|\s?(?:am|pm|hr|hour|min)(?![a-z]))"
    rf"(?:{_to}(?:(?P<month2>{_month})\.?\s)?(?P<last>{_day}){_ordinal}(?![0-9/:]|\s?(?:am|pm|hr|hour|min)(?![a-z])))?{_year}"
)
DAY_FIRST = re.compile(
    rf"(?<![a-z0-9:/$.,])(?:(?P<first>{_day}){_ordinal}{_to})?(?P<last>{_day}){_ordinal}[\s\-](?:(?:of|de)\s)?"
    rf"(?P<month>{_month})(?![a-z]){_year}"
)
NUMERIC = re.compile(
    r"(?<![0-9a-z$/.:\-])(?:(?P<y>20[0-9]{2})(?P<s>[-/.])(?P<m>[01]?[0-9])(?P=s)(?P<d>[0-3]?[0-9])"
    r"|(?P<a>[0-3]?[0-9])(?P<t>[-/.])(?P<b>[0-3]?[0-9])(?P=t)(?P<year>(?:20)?[0-9]{2}))(?![0-9]|[-/.][0-9])"
)
SHORT = re.compile(
    rf"(?<![a-z])(?:{_marker}|between|del?)\s(?:the\s)?(?P<a>[0-3]?[0-9])/(?P<b>[0-3]?[0-9])"
    rf"(?:{_to}(?P<c>[0-3]?[0-9])/(?P<d>[0-3]?[0-9]))?(?![0-9/]|\s?(?:hr|hour|min|off|price)(?![a-z]))"
    r"|(?<![a-z0-9$/.])(?P<e>[0-3]?[0-9])/(?P<f>[0-3]?[0-9])\s?(?:-|to|thru|until|al)\s?(?P<g>[0-3]?[0-9])/(?P<h>[0-3]?[0-9])(?![0-9/])"
)
WEEKDAY = re.compile(
    rf"(?<![a-z])(?P<marker>{_marker})\s(?:the\s|el\s|este\s|this\s|next\s|proximo\s)?(?P<weekday>{_weekday})(?![a-z])"
)
WEEKDAYS_RANGE = re.compile(
    rf"(?<![a-z])(?P<first>{_weekday})(?:\s?-\s?|\s(?:to|thru|through|until|till|a)\s)(?P<last>{_weekday})(?![a-z])"
    r"(?!\s?(?:[:,]\s?)?(?:[0-9]|from\s[0-9]|noon))"
)
THE_DAY = re.compile(
    rf"(?<![a-z])(?:{_until})\s(?:the|el)\s(?P<day>{_day}){_ordinal}(?![0-9a-z/:])(?!\sde\s)"
)
AGO = re.compile(
    r"(?<![a-z0-9])(?:(?P<n>[0-9]{1,2}|an?|one|two|three|four|five)\s(?P<unit>day|week|month)s?\sago"
    r"|hace\s(?P<n2>[0-9]{1,2}|una?|dos|tres)\s(?P<unit2>dia|semana|mes(?:es)?)s?(?![a-z]))"
)
AHEAD = re.compile(
    r"(?<![a-z])(?:in|en)\s(?P<n>[1-9][0-9]?)\s(?P<unit>day|week|dia|semana)s?(?![a-z])(?!\sor)"
)
NEAR = re.compile(
    r"(?<![a-z])(?:(?P<after>day\safter\stomorrow|pasado\smanana)|(?P<tomorrow>tomorrow|tmrw|tmw|tomorow|(?<!la\s)manana)"
    r"|(?P<yesterday>yesterday|ayer)|(?P<weekend>(?:this|next|esta?e?)\s(?:weekend|fin\sde\ssemana))"
    r"|(?P<week>next\sweek|(?:la\s)?(?:proxima\ssemana|semana\sque\sviene)))(?![a-z])"
)
COUNTS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "un": 1,
    "una": 1,
    "two": 2,
    "dos": 2,
    "three": 3,
    "tres": 3,
    "four": 4,
    "five": 5,
}
OPENING = re.compile(r"(?<![a-z])(?:open|hours|abierto|daily)\s?:?\s?$")
