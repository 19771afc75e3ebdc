"""DataFrames that go round: `frames.py send ARENA` writes them, `frames.py check ARENA` compares."""

from __future__ import annotations

import datetime
import sys

import polars as pl
from polars.testing import assert_frame_equal

from qadataswap import SharedDataFrame


def frame(number: int, rows: int) -> pl.DataFrame:
    day, noon = datetime.date(2026, 11, 22), datetime.datetime(2026, 11, 22, 12)
    ids = range(number, number + rows)
    return pl.DataFrame(
        {
            'id': pl.Series(ids, dtype=pl.Int64),
            'small': pl.Series([n % 100 if n % 3 else None for n in ids], dtype=pl.UInt8),
            'price': pl.Series([n / 7 if n % 5 else None for n in ids], dtype=pl.Float64),
            'text': pl.Series(
                [f'tëxt {n}, longer than twelve bytes' if n % 4 else None for n in ids], dtype=pl.String
            ),
            'side': pl.Series([['buy', 'sell', None][n % 3] for n in ids], dtype=pl.Categorical),
            'flag': pl.Series([n % 2 == 0 if n % 7 else None for n in ids], dtype=pl.Boolean),
            'day': pl.Series([day + datetime.timedelta(days=n % 999) for n in ids], dtype=pl.Date),
            'at': pl.Series([noon + datetime.timedelta(seconds=n) for n in ids], dtype=pl.Datetime('us')),
            'zoned': pl.Series([noon for _ in ids], dtype=pl.Datetime('ns')).dt.replace_time_zone(
                'Asia/Shanghai'
            ),
            'took': pl.Series([datetime.timedelta(milliseconds=n) for n in ids], dtype=pl.Duration('ms')),
            'list': pl.Series([[n, None] if n % 3 else None for n in ids], dtype=pl.List(pl.Int32)),
            'words': pl.Series([[f'w{n}', 'x'] for n in ids], dtype=pl.List(pl.String)),
            'struct': pl.Series(
                [{'a': n, 'b': f'b{n}' if n % 2 else None} for n in ids],
                dtype=pl.Struct({'a': pl.Int64, 'b': pl.String}),
            ),
        }
    )


FRAMES = [frame(0, 11), frame(100, 0), frame(7, 50_000)]


def main() -> None:
    what, arena = sys.argv[1:]
    if what == 'send':
        with SharedDataFrame.create_writer(arena, size_mb=32) as writer:
            for some in FRAMES:
                writer.write(some)
        return
    with SharedDataFrame.create_reader(arena, wait_ms=60_000) as reader:
        got = list(reader)
    assert len(got) == len(FRAMES), f'{len(got)} frames'
    for left, right in zip(got, FRAMES, strict=True):
        assert_frame_equal(left, right)


if __name__ == '__main__':
    main()
