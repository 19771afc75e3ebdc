"""Small checks of arguments; each says the range and the value received."""

from __future__ import annotations

import math
from typing import TypeVar

from ._errors import InvalidArgumentError, NameInvalidError

T = TypeVar('T', bound=str)


def check_name(name: object) -> str:
    """The characters and the length are checked where the name is used, once for all languages."""
    if not isinstance(name, str):
        raise NameInvalidError(f"the arena's name must be a str, got {name!r}")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        # Half a surrogate pair: of the name of a file that is not UTF-8, for one.
        raise NameInvalidError(
            f'{name!a} is not a name for an arena: its character {error.start + 1} is no text; use 1 to '
            '200 of the characters A-Z a-z 0-9 . _ -, and not only dots'
        ) from None
    return name


def check_int(value: object, what: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidArgumentError(f'{what} must be an int from {low} to {high}, got {value!r}')
    return value


def check_positive(value: object, what: str, high: float) -> float:
    """A number in (0, high]."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= high:
        raise InvalidArgumentError(f'{what} must be a number above 0 and at most {high}, got {value!r}')
    return value


def check_bool(value: object, what: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidArgumentError(f'{what} must be True or False, got {value!r}')
    return value


def check_one_of(value: object, what: str, allowed: tuple[T, ...]) -> T:
    for choice in allowed:
        if value == choice:
            return choice
    choices = ', '.join(repr(choice) for choice in allowed)
    raise InvalidArgumentError(f'{what} must be one of {choices}, got {value!r}')


def check_timeout(value: object, what: str = 'timeout', unit: str = 'seconds') -> float:
    """A duration; None (for ever) comes back as -1."""
    if value is None:
        return -1.0
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise InvalidArgumentError(f'{what} must be a number of {unit}, 0 or more, or None, got {value!r}')
    return -1.0 if math.isinf(value) else float(value)
