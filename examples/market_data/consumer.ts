/** Bars of one second, and trades beside the quote that stood when they happened, while both arrive. */
import { batchToRows, first, last, max, min, sum } from 'qadataswap'
import { asofJoin, fromArena, groupAggregate } from 'qadataswap/rx'
import { lastValueFrom, map, mergeMap, toArray } from 'rxjs'

import type { QuoteColumns, TradeColumns } from './ticks.js'

const ONE_SECOND_NS = 1_000_000_000n

/** One second of one symbol. */
export interface Bar {
  time: bigint | null
  sym: string | null
  open: number | null
  high: number | null
  low: number | null
  close: number | null
  volume: bigint | null
}

export function bars(arena: string): Promise<Bar[]> {
  return lastValueFrom(
    fromArena<TradeColumns>(`${arena}-trades`, { waitMs: 30_000 }).pipe(
      groupAggregate({
        by: ['sym'],
        window: { column: 'time', every: ONE_SECOND_NS },
        aggregates: {
          open: first('price'),
          high: max('price'),
          low: min('price'),
          close: last('price'),
          volume: sum('size'),
        },
      }),
      mergeMap((batch) => batchToRows(batch, { timestamps: 'exact' })),
      toArray(),
    ),
  )
}

/** How far each trade was from the middle of the quote before it, in the order of the trades; null without a quote. */
export function distances(arena: string): Promise<(number | null)[]> {
  const quotes = fromArena<QuoteColumns>(`${arena}-quotes`, { waitMs: 30_000 })
  return lastValueFrom(
    fromArena<TradeColumns>(`${arena}-trades`, { waitMs: 30_000 }).pipe(
      asofJoin(quotes, { on: 'time', by: ['sym'] }),
      map((batch) =>
        batchToRows(batch).map(({ price, bid, ask }) =>
          bid === null || ask === null ? null : price! - (bid + ask) / 2,
        ),
      ),
      mergeMap((rows) => rows),
      toArray(),
    ),
  )
}
