"""Internet names that both e-mail addresses and URLs end with."""

from __future__ import annotations

CLEAR_DOMAINS = frozenset(
    """
    com net org edu gov mil info biz name mobi pro xyz online site club live shop store link cam
    chat vip fun top app dev page blog website space tech agency rocks world today life social media
    network email dating models escort massage fans bio ly gg cc tv io co ai uk ca au de fr es nl eu
    mx br ar cl pe ve ec uy cr pa gt hn ni cu pr jp cn kr tw hk sg th vn ph nz za ng ke gh eg ma tn
    ru ua pl cz sk hu ro bg gr tr il ae sa qa kw lt lv ee fi se dk ie lu li cat asia nyc london
    berlin paris example test invalid
    """.split()
)
"""Top-level domains that no sentence without a space after its full stop is likely to show."""

WORDY_DOMAINS = frozenset(
    "me in is it at to no so be am my us do as id la pm ch fm pt pk im st sh ws mu re".split()
)
"""Top-level domains that are words or abbreviations too: taken only with a scheme, `www.` or a path."""

MAIL_PROVIDERS = frozenset(
    """
    gmail googlemail yahoo ymail hotmail outlook live msn icloud me mac aol proton protonmail pm gmx
    mail yandex zoho tutanota tuta fastmail hushmail qq web rocketmail
    """.split()
)
