"""Which arena it is that has a name now."""

from __future__ import annotations

from typing import TypeAlias

from . import _native
from ._errors import NotFoundError

Identity: TypeAlias = tuple[int, int]
"""Generation and creation time: the generation begins at 1 again when the name was gone meanwhile."""


def identity_of(name: str) -> Identity:
    """:raises NotFoundError: there is no such arena"""
    info = _native.inspect_arena(name)
    return info['generation'], info['created_ns']


def is_still(name: str, identity: Identity) -> bool:
    try:
        return identity_of(name) == identity
    except NotFoundError:
        return False
