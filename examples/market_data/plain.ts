/** The same results by plain loops over all rows: what the pipeline is checked against. */
import type { Bar } from './consumer.js'
import { quotes, trades } from './ticks.js'

const ONE_SECOND_NS = 1_000_000_000n

export function plainBars(tradeCount: number): Bar[] {
  const found = new Map<string, Bar & { volume: bigint }>()
  for (const { time, sym, price, size } of trades(tradeCount)) {
    const second = time - (time % ONE_SECOND_NS)
    const bar = found.get(`${second} ${sym}`)
    if (bar === undefined) {
      const volume = BigInt(size)
      found.set(`${second} ${sym}`, {
        time: second,
        sym,
        open: price,
        high: price,
        low: price,
        close: price,
        volume,
      })
      continue
    }
    bar.high = Math.max(bar.high!, price)
    bar.low = Math.min(bar.low!, price)
    bar.close = price
    bar.volume += BigInt(size)
  }
  return [...found.values()]
}

export function plainDistances(tradeCount: number, quoteCount: number): (number | null)[] {
  const all = [...quotes(quoteCount)]
  const standing = new Map<string, number>()
  let next = 0
  return Array.from(trades(tradeCount), ({ time, sym, price }) => {
    for (; next < all.length && all[next]!.time <= time; next++) {
      standing.set(all[next]!.sym, (all[next]!.bid + all[next]!.ask) / 2)
    }
    const mid = standing.get(sym)
    return mid === undefined ? null : price - mid
  })
}
