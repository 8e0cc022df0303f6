"""A hundred texts full of digits without a telephone number."""

from __future__ import annotations

import pytest

from accord_selectors.folding import fold
from accord_selectors.phones import phones

NEGATIVES = """\
30min $40, 60min $60, 90min $90
Rates 100 150 200 300 400 500 roses
80 120 200 40 60 100
60/80/100/120/150/200 specials
250 350 60 90
5'4 125 lbs 34-24-36 brown hair
measurements 34 24 36 size 7 shoe 38
height 5'7" weight 140 lbs waist 26
Posted 2024-05-15 12:30:45
05/15/2024 14:30 to 05/16/2024 18:00
15.05.2024 14.30.22
11-17-2015/16-67-4245
Post ID: 6145550134
post id 2145557788 seen 3345 times
Licence no. MT-2145557788
License #LMT2145557788
Massage license: 614555013
CMT 3145557788
ref 4155552671
Order number 2025550143
ISBN 978-0-306-40615-7
EIN 12-3456789
open 10am-10pm 7 days 24/7
Mon 9-5 Tue 10-6 Wed 11-7 Thu 9-5 Fri 10-9
9:00 10:00 11:00 12:00 13:00
9 10 11 12 1 2 3 4 5 6 7 8
4111 1111 1111 1111
8284 323545 572946
8284323545572946
1234567890
9876543210
0000000000
1111111111
zip 43215-1234 room 1204 floor 12
http://ads.example.com/posting/7412345678.html
http://ads.example.com/view?id=6145550134
https://ads.example.com/a/2145557788/
192.168.100.200 10.0.0.1
Invoice 2145557788
Tracking 1Z999AA10123456784
born in 1999, moved in 2017, 2 kids 3 cats 1 dog 4 fish 5 birds 6 mice
one two three
one two or three four five visitors
from two to four or six to eight
one cat two dogs three birds four fish five kids six toys seven cars
twenty five dollars for thirty minutes, fifty for an hour, one hundred for two
200 for 2 hours 300 for 3 hours 500 for 5
lat 39.961176 lon -82.998794
39.9611755, -82.9987942
timestamp 1715776245
unix 1715776245000
IMEI 356938035643809
$1,200.00 $2,500.00 $12,345,678.90
1,200 2,500 3,000 4,500
100% 200% 300%
2 for 1 4 for 3 10 for 8
1st 2nd 3rd 4th 5th 6th
W 120 H 165 A 23 B 34 C 60
age 23 height 165 weight 52 rate 300
23 165 52 300 450
90-60-90 168 52 23
score 3-2 1-0 2-2 4-1 0-0 5-3
2023 2024 2025 2026
SSN 123-45-6789
A1B2C3D4E5F6G7H8
550e8400-e29b-41d4-a716-446655440000
flight 2145 gate 34 seat 12 row 5
call between 9 and 11 or 2 and 4 or 6 and 8
call after 5 before 10, 30 min 100 60 min 180 90 min 250
text me 24/7 150 hh 250 hr 400 2hr
tel aviv 2024 30 40 50 60
phone calls 8am 9am 10am 12pm 1pm
5551234
555-0134
911 or 411 or 311
extension 4455 code 1234 pin 9876
Rm 200-300-4000 sq ft
1000-2000-3000
123-456-7890
100-200-3000
614-055-0134
114-555-0134
19-45-2000-22
12-24-36-48-60
20 25 30 35 40 45 50
6 7 8 9 10 11 12
seven days a week nine to five six to ten
5500 N 12th ave 60614
12345 Main Street Suite 200 Columbus 43215
100 200 300 4000 photos 20 30
SKU 0049000028911
UPC 049000028911
ad # 8845521973
user7745129630
view count 3125550199
NPI 1457382910
serial no 7087654321
TIN 6145550134
MLS 614-555-0134
loan number 614-555-0134
reservation #6145550134
meeting id 614 555 0134
gate code 614-555-0134
codigo: 614-555-0134
22/02 20/02 02/05 19/05
batch 20240515 1200 30
2 chairs 200 3 chairs 300 4 chairs 400
size 32 34 36 38 40 42
code ab6145550134 for the door
30 45 60 90 120 180
цена 100 за 30 минут, 200 за 60, рост 170 вес 55""".splitlines()


def test_there_are_a_hundred_of_them() -> None:
    assert len(set(NEGATIVES)) >= 100


@pytest.mark.parametrize("text", NEGATIVES)
def test_no_number_is_read_where_there_is_none(text: str) -> None:
    assert phones(fold(text), "US") == []


@pytest.mark.parametrize(
    "text",
    [
        "590 x 30 | 220 x 60 | 190 x 90",
        "price list: 250-60-80-400",
        "rates start at 260, 580, 450 and 570 for longer visits",
        "39.3746, -82.5693",
        "Columbus OH 43905-3742",
        "PO Box 04674, 43510",
        "bus 68, 00, 852, 542 stop 6965",
        "Massage Lic. Number: 6145550134",
        "cert. no. 6145550134",
        "order 6145550134 shipped",
        "Post 6145550134",
        "my profile 6145550134",
        "session 6145550134",
        "6145550134th customer",
        "6145550134 subscribers",
    ],
)
def test_lists_post_codes_and_documents_are_no_numbers(text: str) -> None:
    assert phones(fold(text), "US") == []


@pytest.mark.parametrize(
    "text",
    [
        "call about the order 6145550134",
        "order 614-555-0134",
        "614-55-50-134",
        "614 x 555 x 0134",
        "zip 43215, 614-555-0134",
        "loan 614-555-0134",
        "Reference. +1 614-555-0134",
        "meeting you soon 614-555-0134",
        "12/05 614-555-0134",
        "haz tu pedido 614-555-0134",
    ],
)
def test_a_number_beside_such_words_is_still_read(text: str) -> None:
    assert [found.number.e164 for found in phones(fold(text), "US")] == ["+16145550134"]
