/** Of the laps of a name, the slowest tenth does not count: it was interrupted. */
const COUNTED = 0.9
const CLOCK_SAMPLES = 10_000

/** Times between two looks at `performance.now()`, by name, without what the look itself takes. */
export class Laps {
  readonly #laps = new Map<string, number[]>()

  /** @param times The start of the first lap, and the end of each. */
  add(names: readonly string[], times: readonly number[]): void {
    for (let i = 0; i < names.length; i++) {
      const lap = times[i + 1]! - times[i]!
      const laps = this.#laps.get(names[i]!)
      if (laps === undefined) this.#laps.set(names[i]!, [lap])
      else laps.push(lap)
    }
  }

  /** Mean nanoseconds of a lap: the clock's steps are too coarse for a median. */
  ns(name: string): number {
    return mean(this.#laps.get(name)!) - clockNs()
  }
}

let clock: number | undefined

function clockNs(): number {
  if (clock !== undefined) return clock
  const laps: number[] = []
  for (let i = 0; i < CLOCK_SAMPLES; i++) {
    const start = performance.now()
    laps.push(performance.now() - start)
  }
  return (clock = mean(laps))
}

function mean(milliseconds: readonly number[]): number {
  const sorted = Float64Array.from(milliseconds).sort()
  const counted = sorted.subarray(0, Math.ceil(COUNTED * sorted.length))
  return (counted.reduce((sum, time) => sum + time, 0) / counted.length) * 1e6
}
