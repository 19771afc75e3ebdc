"""A process that runs one function of a test module, and talks to the test in JSON lines."""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

_ROOT = Path(__file__).parents[2]


class Child:
    """Runs `function` of `module` (below `tests`) with `arguments`; killed at the end of the `with` block."""

    def __init__(self, module: str, function: str, **arguments: Any) -> None:
        command = [sys.executable, '-m', __name__, module, function, json.dumps(arguments)]
        self._process = subprocess.Popen(
            command,
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def report(self) -> Any:
        """The next value that the child reports; fails when it ends without one."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f'the child ended without a report: {self._wait()}')
        return json.loads(line)

    def tell(self, value: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value) + '\n')
        self._process.stdin.flush()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9, and gone."""
        self._process.kill()
        self._process.wait()

    def finished(self) -> str:
        """Waits for the child's own end, which must be clean; what it wrote to standard error."""
        code, error = self._wait()
        assert code == 0, f'code {code}\n{error}'
        return error

    def _wait(self) -> tuple[int, str]:
        _, error = self._process.communicate()
        return self._process.returncode, error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


def report(value: Any) -> None:
    """In a child: tells the test."""
    print(json.dumps(value), flush=True)


def told() -> Any:
    """In a child: what the test tells next."""
    return json.loads(sys.stdin.readline())


if __name__ == '__main__':
    module, function, arguments = sys.argv[1:]
    getattr(importlib.import_module(f'tests.{module}'), function)(**json.loads(arguments))
