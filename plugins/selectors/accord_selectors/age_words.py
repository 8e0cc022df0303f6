"""Words beside a number that make it no age."""

from __future__ import annotations

NUMBERED = frozenset(
    """
    room exit suite apt route hwy highway unit floor studio number top interstate street ave avenue box gate
    pier channel phase level mile building house station blocks block area zone bay dock stall booth stand
    platform track lane bus line train flight terminal section row seat table aisle bed cabin hall door desk
    counter tower plot lot parcel plaza wing deck slip slot bin locker pod
    page chapter part volume issue episode season verse psalm article clause rule law act
    paragraph figure appendix exhibit annex item notice note memo lesson module question answer problem step
    test draft version edition title heading record entry text file form document report
    order ticket invoice account batch bond model size type code key case claim docket ad advert advertisement
    listing post posting album photo pic picture image video clip thread message
    group team class grade round match game player jersey district ward precinct sector region
    week day days part hour hours minutes month year night set pack option choice plan
    """.split()
)
"""Things that are counted or numbered: "notice 18", "lot 22"."""
NO_NAME = NUMBERED | frozenset(
    """
    may june july april march sept october november december january february august until till from
    over under age last next just only about open save off free available massage models girls specials
    special service visiting hotel motel inn lounge club diner bar cafe salon spa shop store carat karat
    wheeler savage monday tuesday wednesday thursday friday saturday sunday
    """.split()
)
"""Words that are no person's name."""
MACHINES = """
    jet jets raptor fighter fighters hornet falcon plane planes aircraft truck lens lenses stop connector
    key keys training gym class
""".split()
"""What is named by an f and a number: "f35 jet"."""
BEFORE_F = NUMBERED | frozenset("press hit aperture bmw ford nikon canon glacier hurricane formula".split())
"""What stands before such a name, or before the seat that an f and a number are."""
