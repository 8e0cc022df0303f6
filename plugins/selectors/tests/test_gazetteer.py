"""The index of cities that is made when the plugin is built."""

from __future__ import annotations

from importlib import resources

import msgspec
import pytest

from accord_selectors import gazetteer, geonames
from accord_selectors.cities import FORMAT, Index, name_key


@pytest.fixture(scope="module")
def installed() -> Index:
    data = resources.files("accord_selectors").joinpath(gazetteer.FILE).read_bytes()
    return msgspec.msgpack.decode(data, type=Index)


def test_the_installed_index_is_what_the_code_makes_of_geonames(installed: Index) -> None:
    made = geonames.index()
    stale = [field for field in Index.__struct_fields__ if getattr(made, field) != getattr(installed, field)]
    assert not stale, "the index is of older code: `make setup`, or `uv pip install -e plugins/selectors`"


def test_an_index_of_another_format_is_made_anew(
    installed: Index, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("index")
    older = msgspec.structs.replace(installed, format=FORMAT - 1, names={})
    (folder / gazetteer.FILE).write_bytes(msgspec.msgpack.encode(older))
    made = []
    monkeypatch.setattr(resources, "files", lambda _package: folder)
    monkeypatch.setattr(geonames, "index", lambda: made.append(1) or installed)
    assert gazetteer.load().cities("columbus")[0]
    (folder / gazetteer.FILE).unlink()
    assert gazetteer.load().cities("columbus")[0]
    assert made == [1, 1]


def test_the_cities_of_a_name_come_the_largest_first() -> None:
    known = gazetteer.load()
    cities, other_name = known.cities(name_key("St. Petersburg"))
    assert [city.country for city in cities] == ["RU", "US"]
    assert not other_name
    for name in ("columbus", "birmingham", "san jose"):
        sizes = [city.population for city in known.cities(name)[0]]
        assert len(sizes) > 1
        assert sizes == sorted(sizes, reverse=True)


def test_other_names_and_slips_of_the_pen_lead_to_the_city() -> None:
    known = gazetteer.load()
    assert [(known.cities(name)[0][0].name, known.cities(name)[1]) for name in ("vegas", "muenchen")] == [
        ("Las Vegas", False),
        ("Munich", True),
    ]
    assert known.cities("cincinati")[0][0].name == "Cincinnati"
    assert known.cities("sampleville")[0] == ()


def test_the_nearest_city_is_found_over_the_edge_of_a_square() -> None:
    known = gazetteer.load()
    for lat, lon in ((39.99, -83.001), (40.001, -82.999)):
        city = known.nearest(lat, lon)
        assert city is not None
        assert city.name == "Columbus"
    assert known.nearest(40.0, -140.0) is None
