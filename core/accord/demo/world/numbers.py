"""Telephone numbers of the world: only from blocks that regulators keep for fiction.

- North America: 555-0100 to 555-0199 in each area code (NANPA), toll-free only 800-555-0199.
- United Kingdom: the blocks of 1,000 that Ofcom keeps for drama, 07700 900 among them.
- France (ARCEP) and Australia (ACMA): blocks of 10,000 kept for audiovisual works.

A number belongs to one actor at a time. Given-up numbers go, after a silence, to strangers.
"""

from __future__ import annotations

import heapq

from accord.demo.world.dice import dice
from accord.demo.world.places import AMERICAN, City
from accord.demo.world.settings import WorldError

HOTLINE = "+18005550199"
"""The help line: the one toll-free number that is kept for fiction."""

AREA_CODES = (
    "201", "202", "203", "205", "206", "207", "208", "209", "210", "212", "213", "214", "215", "216", "217",
    "218", "219", "220", "223", "224", "225", "227", "228", "229", "231", "234", "235", "239", "240", "248",
    "251", "252", "253", "254", "256", "260", "262", "267", "269", "270", "272", "276", "279", "281", "283",
    "301", "302", "303", "304", "305", "307", "308", "309", "310", "312", "313", "314", "315", "316", "317",
    "318", "319", "320", "321", "323", "324", "325", "326", "327", "330", "331", "332", "334", "336",
    "337", "339",
    "341", "346", "347", "351", "352", "360", "361", "363", "364", "380", "385", "386", "401", "402", "404",
    "405", "406", "407", "408", "409", "410", "412", "413", "414", "415", "417", "419", "423", "424", "425",
    "430", "432", "434", "435", "440", "442", "443", "445", "447", "448", "458", "463", "464", "469", "470",
    "475", "478", "479", "480", "484", "501", "502", "503", "504", "505", "507", "508", "509", "510", "512",
    "513", "515", "516", "517", "518", "520", "530", "531", "534", "539", "540", "541", "551", "557", "559",
    "561", "562", "563", "564", "567", "570", "571", "572", "573", "574", "575", "580", "582", "585", "586",
    "601", "602", "603", "605", "606", "607", "608", "609", "610", "612", "614", "615", "616", "617", "618",
    "619", "620", "623", "626", "628", "629", "630", "631", "636", "640", "641", "645", "646", "650", "651",
    "656", "657", "659", "660", "661", "662", "667", "669", "678", "680", "681", "682", "686", "689",
    "701", "702",
    "703", "704", "706", "707", "708", "712", "713", "714", "715", "716", "717", "718", "719", "720", "724",
    "725", "726", "727", "730", "731", "732", "734", "737", "740", "743", "747", "754", "757", "760", "762",
    "763", "765", "769", "770", "771", "772", "773", "774", "775", "779", "781", "785", "786", "801", "802",
    "803", "804", "805", "806", "808", "810", "812", "813", "814", "815", "816", "817", "818", "820", "826",
    "828", "830", "831", "832", "838", "839", "840", "843", "845", "847", "848", "850", "854", "856", "857",
    "858", "859", "860", "862", "863", "864", "865", "870", "872", "878", "901", "903", "904", "906", "907",
    "908", "909", "910", "912", "913", "914", "915", "916", "917", "918", "919", "920", "925", "928", "929",
    "930", "931", "934", "936", "937", "938", "940", "941", "943", "945", "947", "948", "949", "951", "952",
    "954", "956", "959", "970", "971", "972", "973", "978", "979", "980", "984", "985", "986", "989", "204",
    "226", "236", "249", "250", "289", "306", "343", "365", "403", "416", "418", "431", "437", "438", "450",
    "506", "514", "519", "579", "581", "587", "604", "613", "639", "647", "705", "709", "778", "780", "782",
    "807", "819", "825", "867", "873", "902", "905",
)  # fmt: skip
"""Geographic area codes of the United States and Canada."""

BRITISH = (
    "+442079460", "+441134960", "+441144960", "+441164960", "+441174960", "+441184960",
    "+441214960", "+441314960", "+441414960", "+441514960", "+441614960", "+441914980", "+442896496",
    "+442920180", "+447700900",
)  # fmt: skip
"""Prefixes of the Ofcom drama blocks, three digits to follow."""
FRENCH = (
    "+3326191", "+3335301", "+3346571", "+3353649",
)  # fmt: skip
AUSTRALIAN = (
    "+6125550", "+6127010", "+6135550", "+6137010", "+6175550", "+6177010", "+6185550", "+6187010",
)  # fmt: skip
"""Prefixes of the French and Australian blocks, four digits to follow."""

ANSWERING_SERVICES = ("+12125550100", "+13125550100", "+12135550100")
"""Numbers that answer for several unrelated actors."""


def block(code: str) -> tuple[str, int]:
    """The prefix of a code's block in E.164 and how many digits follow it."""
    if not code.startswith("+"):
        return f"+1{code}55501", 2
    return code, 3 if code.startswith("+44") else 4


def is_fictitious(number: str) -> bool:
    """Whether an E.164 number lies in a block that is kept for fiction."""
    if number == HOTLINE:
        return True
    for code in (*AREA_CODES, *BRITISH, *FRENCH, *AUSTRALIAN):
        prefix, width = block(code)
        if number.startswith(prefix) and len(number) == len(prefix) + width and number[1:].isdecimal():
            return True
    return False


class Numbers:
    """Hands out the numbers of one world; ask in the order in which tenures' actors start.

    Times are seconds since the epoch. Memory grows with the numbers in use, not with records.
    """

    def __init__(self, seed: str, *, reassigned: float, silence_s: float) -> None:
        self._seed = seed
        self._reassigned = reassigned
        self._silence_s = silence_s
        self._rng = dice(seed, "numbers")
        self._unused: dict[str, list[str]] = {}
        self._given_up: dict[str, list[tuple[float, str, int]]] = {}
        elsewhere = [*AREA_CODES]
        self._rng.shuffle(elsewhere)
        self._elsewhere = [*reversed(AUSTRALIAN), *reversed(FRENCH), *reversed(BRITISH), *elsewhere]

    def take(self, city: City, start: float, end: float, owner: int) -> str:
        """An E.164 number for the tenure of actor number `owner`, of the city where possible.

        :raises WorldError: when all blocks are used up.
        """
        number = self._from_a_stranger(city, start, owner) if self._rng.random() < self._reassigned else None
        if number is None:
            number = self._fresh(city)
        if number is None:
            number = self._from_a_stranger(city, start, owner)
        if number is None:
            raise WorldError(
                "the numbers kept for fiction are used up; ask for fewer records or longer rotation_days"
            )
        heapq.heappush(
            self._given_up.setdefault(self._region(city), []), (end + self._silence_s, number, owner)
        )
        return number

    @staticmethod
    def _region(city: City) -> str:
        # A number moves within its part of a country: by state or province where there is one.
        return f"{city.country} {city.name.rpartition(', ')[2]}" if city.country in AMERICAN else city.country

    def _from_a_stranger(self, city: City, start: float, owner: int) -> str | None:
        waiting = self._given_up.get(self._region(city))
        if not waiting or waiting[0][0] > start or waiting[0][2] == owner:
            return None
        return heapq.heappop(waiting)[1]

    def _fresh(self, city: City) -> str | None:
        code = self._rng.choice(city.codes)
        for candidate in (code, *city.codes):
            if number := self._next(candidate):
                return number
        while self._elsewhere:
            if number := self._next(self._elsewhere[-1]):
                return number
            self._elsewhere.pop()
        return None

    def _next(self, code: str) -> str | None:
        if code not in self._unused:
            prefix, width = block(code)
            numbers = [f"{prefix}{tail:0{width}d}" for tail in range(10**width)]
            dice(self._seed, "numbers", code).shuffle(numbers)
            self._unused[code] = [number for number in numbers if number not in ANSWERING_SERVICES]
        unused = self._unused[code]
        return unused.pop() if unused else None
