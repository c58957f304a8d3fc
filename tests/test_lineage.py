"""The same bloc keeps its name."""

import string

from fissure.windows.lineage import follow


def people(letters):
    return list(letters)


def named(*periods):
    lines = follow(periods, [str(k) for k in range(len(periods))])
    return [n.names for n in lines.named], [n.events for n in lines.named], lines.lineages


def test_names_follow_members_not_sizes():
    names, events, lines = named(
        [people("abcde"), people("wxyz")], [people("wxyzuv"), people("abcd")]
    )
    assert names == [("A", "B"), ("B", "A")]
    assert events == [("A appears", "B appears"), ()]
    assert [(line.name, line.periods, line.largest) for line in lines] == [
        ("A", ("0", "1"), 5),
        ("B", ("0", "1"), 6),
    ]


def test_a_bloc_that_dissolves_and_returns():
    first = [people("abcde"), people("wxyz")]
    names, events, _ = named(first, [], first)
    assert names == [("A", "B"), (), ("A", "B")]
    assert events[1] == ("A dissolves", "B dissolves")
    assert events[2] == ("A returns", "B returns")


def test_a_bloc_of_newcomers_has_a_new_name():
    names, events, _ = named([people("abcde"), people("wxyz")], [people("abcde"), people("klmn")])
    assert names[1] == ("A", "C")
    assert events[1] == ("B dissolves", "C appears")


def test_a_bloc_that_splits_in_equal_parts_and_one_that_loses_some():
    names, events, _ = named(
        [people("abcdefgh"), people("wxyz")],
        [people("wxyz"), people("abcd"), people("efgh")],
    )
    assert names[1][0] == "B"
    # half of its members each: one part keeps the name
    assert names[1][1:] == ("A", "C")
    assert events[1] == ("C splits off from A",)
    _, events, _ = named(
        [people("abcdefghi"), people("wxyz")],
        [people("wxyz"), people("abc"), people("def"), people("ghi")],
    )
    assert events[1][0] == "A splits into C and D and E"


def test_blocs_that_merge():
    names, events, _ = named(
        [people("abcdef"), people("wxyz"), people("klmn")],
        [people("abcdefklmn"), people("wxyz")],
    )
    assert names[1] == ("A", "B")
    assert events[1] == ("C merges into A",)


def test_too_few_in_common_say_nothing():
    names, _, _ = named([people("ab"), people("xy")], [people("ab"), people("xy")])
    assert names[1] == ("C", "D")


def test_the_order_of_members_changes_nothing():
    a, b = people("abcde"), people("wxyz")
    assert named([a, b], [b, a]) == named([a[::-1], b[::-1]], [b, a])


def test_more_blocs_than_letters():
    periods = [[[f"{k}{c}{i}" for i in range(4)] for c in "ab"] for k in range(15)]
    names, _, lines = named(*periods)
    assert names[12] == ("Y", "Z")
    assert names[13] == ("A2", "B2")
    assert len({line.name for line in lines}) == 30
    assert set(string.ascii_uppercase) < {line.name for line in lines}
