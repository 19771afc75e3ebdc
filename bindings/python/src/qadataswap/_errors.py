"""Errors: one class per kind, each with a stable `code` that is the same in every language."""

from __future__ import annotations

from typing import ClassVar


class QadsError(Exception):
    """The base of every error that this library raises. Test `code`, or catch one of the classes below."""

    code: ClassVar[str] = 'ERR_QADS_SYSTEM'


class NameInvalidError(QadsError, ValueError):
    """The name of an arena breaks the rules: 1 to 200 of `A-Z a-z 0-9 . _ -`, and not only dots."""

    code = 'ERR_QADS_NAME_INVALID'


class InvalidArgumentError(QadsError, ValueError):
    """An argument is of the wrong type or out of its range."""

    code = 'ERR_QADS_INVALID_ARGUMENT'


class NotFoundError(QadsError):
    """There is no arena of this name."""

    code = 'ERR_QADS_NOT_FOUND'


class WriterExistsError(QadsError):
    """The arena has a writer that is alive."""

    code = 'ERR_QADS_WRITER_EXISTS'


class IncompatibleError(QadsError):
    """The arena was made by another version of the layout, or a batch is of types that polars lacks."""

    code = 'ERR_QADS_INCOMPATIBLE'


class NotAnArenaError(QadsError):
    """The shared-memory segment of this name is something else."""

    code = 'ERR_QADS_NOT_AN_ARENA'


class CorruptError(QadsError):
    """Shared memory holds something that no writer of this library writes.

    The next read goes on behind it.
    """

    code = 'ERR_QADS_CORRUPT'


class TooManyReadersError(QadsError):
    """Every entry of the arena's reader table is taken."""

    code = 'ERR_QADS_TOO_MANY_READERS'


class NoSpaceError(QadsError):
    """Shared memory has not enough room for the arena."""

    code = 'ERR_QADS_NO_SPACE'


class BatchTooLargeError(QadsError):
    """One row is larger than the ring."""

    code = 'ERR_QADS_BATCH_TOO_LARGE'


class SchemaMismatchError(QadsError):
    """The arena allows one schema, and the batch has another."""

    code = 'ERR_QADS_SCHEMA_MISMATCH'


class TimedOutError(QadsError, TimeoutError):
    """The time-out passed first.

    Nothing was read; of a write, the message says which parts are in the ring.
    """

    code = 'ERR_QADS_TIMED_OUT'


class WriterDiedError(QadsError):
    """The writer's process ended without `end()` or `abort()`. What it had committed was delivered before."""

    code = 'ERR_QADS_WRITER_DIED'


class WriterAbortedError(QadsError):
    """The writer gave up with `abort(reason)`. What it had committed was delivered before this error."""

    code = 'ERR_QADS_WRITER_ABORTED'

    @property
    def reason(self) -> str:
        """What the writer said."""
        return str(self.args[0]) if self.args else ''


class ClosedError(QadsError):
    """The writer or reader was closed, or the arena was ended."""

    code = 'ERR_QADS_CLOSED'


class PermissionDeniedError(QadsError):
    """The arena belongs to another user, or its mode forbids it."""

    code = 'ERR_QADS_PERMISSION'


class ForkedError(QadsError):
    """The writer, reader or bell was made before a `fork`, in the parent process."""

    code = 'ERR_QADS_FORKED'


class FullError(QadsError):
    """The ring is full, and the arena's policy is `error`."""

    code = 'ERR_QADS_FULL'


class OperatingSystemError(QadsError):
    """The operating system refused a call."""

    code = 'ERR_QADS_SYSTEM'


_CLASSES: dict[str, type[QadsError]] = {
    kind.code: kind
    for kind in (
        NameInvalidError,
        InvalidArgumentError,
        NotFoundError,
        WriterExistsError,
        IncompatibleError,
        NotAnArenaError,
        CorruptError,
        TooManyReadersError,
        NoSpaceError,
        BatchTooLargeError,
        SchemaMismatchError,
        TimedOutError,
        WriterDiedError,
        WriterAbortedError,
        ClosedError,
        PermissionDeniedError,
        ForkedError,
        FullError,
        OperatingSystemError,
    )
}


def error_of(code: str, message: str) -> QadsError:
    """The exception that an error of the native side stands for."""
    return _CLASSES.get(code, OperatingSystemError)(message)
