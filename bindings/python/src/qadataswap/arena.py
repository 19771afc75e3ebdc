"""Arenas by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _native
from ._errors import NotFoundError
from ._info import ArenaInfo, ArenaState, ReaderInfo, ReaderState
from ._options import ON_FULL, ReaderArguments, WriterArguments
from ._validators import check_name
from .reader import Reader
from .writer import Writer

if TYPE_CHECKING:
    from typing_extensions import Unpack

_NO_PIN = 2**64 - 1
_ARENA_STATES: dict[int, ArenaState] = {
    1: 'open',
    2: 'ended',
    3: 'aborted',
}
_READER_STATES: dict[int, ReaderState] = {
    1: 'joining',
    2: 'live',
    3: 'leaving',
}


def list_arenas() -> list[str]:
    """The names of the arenas on this machine, those of other users included, sorted."""
    return _native.list_arenas()


def inspect_arena(name: str) -> ArenaInfo:
    """Looks at an arena without attaching to it. The numbers are read one by one while the arena lives.

    :raises NotFoundError, NotAnArenaError, IncompatibleError, CorruptError: there is no sound arena
    :raises PermissionDeniedError: it is another user's
    :raises NameInvalidError: no arena can have this name
    """
    info = _native.inspect_arena(check_name(name))
    on_full = info.pop('on_full')
    state = _ARENA_STATES.get(info.pop('state'), 'corrupt')
    reason = info.pop('abort_reason')
    readers = tuple(_reader_info(reader) for reader in info.pop('readers'))
    return ArenaInfo(
        name=name,
        on_full=ON_FULL[on_full] if on_full < len(ON_FULL) else 'block',
        state=state,
        abort_reason=reason if state == 'aborted' else None,
        readers=readers,
        **info,
    )


def _reader_info(info: dict[str, Any]) -> ReaderInfo:
    state = _READER_STATES.get(info.pop('state'), 'corrupt')
    pin = info.pop('pin')
    return ReaderInfo(state=state, pin=None if pin == _NO_PIN else pin, **info)


def unlink_arena(name: str) -> bool:
    """Removes the name of an arena.

    Needed only for what a crashed writer left behind and nobody will create again. Parties that are attached
    go on with each other; new ones do not find them.

    :returns: False when there was none.
    """
    return _native.unlink_arena(check_name(name))


class SharedMemoryArena:
    """One named shared-memory segment: one channel, with one writer and many readers.

    Making the object creates nothing.
    """

    def __init__(self, name: str) -> None:
        self.name = check_name(name)

    @staticmethod
    def list() -> list[str]:
        """The names of all arenas on this machine."""
        return list_arenas()

    def create_writer(self, **options: Unpack[WriterArguments]) -> Writer:
        """Creates the arena and its writer. See `Writer`."""
        return Writer(self.name, **options)

    def create_reader(self, **options: Unpack[ReaderArguments]) -> Reader:
        """See `Reader`."""
        return Reader(self.name, **options)

    def exists(self) -> bool:
        """True while the name exists: a writer is there, or readers still drain what it left."""
        try:
            inspect_arena(self.name)
        except NotFoundError:
            return False
        return True

    def inspect(self) -> ArenaInfo:
        """See `inspect_arena`."""
        return inspect_arena(self.name)

    def unlink(self) -> bool:
        """See `unlink_arena`."""
        return unlink_arena(self.name)

    def __repr__(self) -> str:
        return f'SharedMemoryArena({self.name!r})'
