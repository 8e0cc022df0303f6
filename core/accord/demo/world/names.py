"""Made-up names of people, businesses, streets and handles."""

from __future__ import annotations

from random import Random

PEOPLE = (
    "Sasha", "Mia", "Lena", "Nora", "Ruby", "Ivy", "Stella", "Bella", "Gina", "Tara", "Amber", "Jade",
    "Coco", "Lola", "Mila", "Nina", "Vera", "Zoe", "Eva", "Anya", "Dana", "Kira", "Lara", "Maya", "Nadia",
    "Olga", "Paula", "Rita", "Sonia", "Tina", "Uma", "Wanda", "Xenia", "Yara", "Zara", "Alba", "Belen",
    "Carla", "Dolores", "Elisa", "Fiona", "Greta", "Helena", "Irene", "Jasmine", "Karina", "Lucia", "Marta",
    "Noemi", "Perla", "Rosa", "Silvia", "Teresa", "Valeria", "Violet", "Daisy", "Hazel", "Pearl", "Opal",
    "Skye", "Summer", "Autumn", "April", "June", "Scarlett", "Monica", "Vanessa", "Veronica", "Angela",
    "Bianca", "Camila", "Diana", "Emily", "Faith", "Grace", "Hope", "Isla", "Joy", "Kelly", "Layla",
    "Megan", "Nicole", "Paige", "Quinn", "Rachel", "Sierra", "Trinity", "Willow", "Carmen", "Candy",
    "Crystal", "Diamond", "Ginger", "Honey", "Misty", "Star", "Aurora", "Celeste", "Luna", "Nova", "Raven",
    "Sunny", "Tiffany", "Yasmin", "Zelda",
)  # fmt: skip
_FIRST = (
    "Golden", "Jade", "Lotus", "Silver", "Royal", "Green", "Blue", "Crystal", "Sunny", "Quiet", "Bamboo",
    "Orchid", "Pearl", "Harmony", "Maple", "Willow", "Cedar", "Grand", "Little", "Evening", "Velvet",
    "River", "Harbor", "Park", "Star", "Rose", "Ocean", "Sakura", "Amber", "Ivory",
)  # fmt: skip
_SECOND = {
    "spa": (
        "Spa",
        "Wellness",
        "Massage",
        "Day Spa",
        "Therapy Center",
        "Bodywork",
        "Foot Spa",
        "Wellness Salon",
        "Relaxation Studio",
        "Health Center",
    ),
    "agency": (
        "Companions",
        "Introductions",
        "Agency",
        "Company",
        "Management",
        "Social Agency",
        "Elite Agency",
        "Hostesses",
        "Companion Bureau",
    ),
}
_PLACE = (
    "Garden", "Lake", "Hill", "Court", "House", "Valley", "Bridge", "Gate", "Point", "Square", "Terrace",
    "Grove",
)  # fmt: skip
_STREETS = (
    "Maple", "Oak", "Cedar", "Elm", "Pine", "Main", "Church", "Market", "Park", "River", "Lake", "Hill",
    "Sunset", "Union", "Mill",
)  # fmt: skip
_STYLE = (
    "real", "true", "sweet", "lady", "miss", "just", "only", "the", "its", "ask", "hello", "xo", "my",
    "dear",
)  # fmt: skip


def business(kind: str, rng: Random) -> str:
    """The name of a spa or an agency."""
    second = rng.choice(_SECOND[kind])
    return f"{rng.choice(_FIRST)} {rng.choice(_PLACE)} {second}"


def street(rng: Random) -> str:
    """A street address without a town."""
    return f"{rng.randint(10, 9899)} {rng.choice(_STREETS)} {rng.choice(('St', 'Ave', 'Rd', 'Blvd', 'Lane'))}"


def slug(name: str, rng: Random) -> str:
    """A made-up account name that starts from a name: mia.lane482, sweetmia91, ..."""
    base = "".join(letter for letter in name.lower() if letter.isalnum())
    tail = rng.choice(_PLACE).lower()
    number = rng.randint(10, 99_999)
    return rng.choice(
        (
            f"{base}.{tail}{number}",
            f"{rng.choice(_STYLE)}{base}{number}",
            f"{base}_{tail}{number}",
            f"{base}{number}",
        )
    )
