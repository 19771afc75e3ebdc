"""The examples do what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[3] / 'examples/python'


def test_a_list_keeps_every_frame_that_came_through_a_smaller_ring() -> None:
    command = [sys.executable, str(EXAMPLES / 'keep_everything.py'), '200']
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert output.startswith('200 frames, 191 MiB, kept through a ring of 64 MiB')
    assert 'every value is as it was written; 0 bytes copied by reading' in output
