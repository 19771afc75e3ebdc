"""Batches that go with their writer because nobody came."""

from __future__ import annotations

import pytest

from .support.arenas import unique_name
from .support.child import Child

WRITERS = 'support.leaving_writers'


def warnings_of(way: str, name: str) -> list[str]:
    with Child(WRITERS, way, name=name) as child:
        return [line for line in child.finished().splitlines() if line.startswith('qadataswap')]


@pytest.mark.parametrize('way', ['forgotten', 'left_at_exit', 'closed'])
def test_are_warned_of_once(way: str) -> None:
    name = unique_name()
    [line] = warnings_of(way, name)
    assert 'WARN' in line
    assert f'arena={name} the writer left 1 batches unread' in line
    assert 'finish()' in line


@pytest.mark.parametrize('way', ['finished', 'aborted', 'was_read', 'losing'])
def test_are_not_warned_of_where_somebody_reads_or_nobody_asked(way: str) -> None:
    assert warnings_of(way, unique_name()) == []
