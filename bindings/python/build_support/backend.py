"""The build backend: scikit-build-core, and a source distribution that brings the core's sources along."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scikit_build_core import build as _build
from scikit_build_core.build import (
    build_editable,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    'build_editable',
    'build_sdist',
    'build_wheel',
    'get_requires_for_build_editable',
    'get_requires_for_build_sdist',
    'get_requires_for_build_wheel',
    'prepare_metadata_for_build_editable',
    'prepare_metadata_for_build_wheel',
]

_NATIVE = Path('../../native')
_COPY = Path('core_sources')
_PARTS = ('CMakeLists.txt', 'cmake', 'core', 'ipc', 'capi', 'arrow')


def build_sdist(sdist_directory: str, config_settings: dict[str, Any] | None = None) -> str:
    with _core_sources():
        return _build.build_sdist(sdist_directory, config_settings)


@contextlib.contextmanager
def _core_sources() -> Iterator[None]:
    """In a clone, the core's sources are beside this project; a source distribution has them inside."""
    if not _NATIVE.is_dir():
        yield
        return
    shutil.rmtree(_COPY, ignore_errors=True)
    try:
        for part in _PARTS:
            source = _NATIVE / part
            if source.is_dir():
                shutil.copytree(source, _COPY / part)
            else:
                _COPY.mkdir(exist_ok=True)
                shutil.copy2(source, _COPY / part)
        yield
    finally:
        shutil.rmtree(_COPY, ignore_errors=True)
