/** One side of a comparison: does the work once and gives what it cost. */
export interface Side {
  readonly name: string
  /** One round: the cost in the comparison's unit. */
  readonly round: () => Promise<number> | number
}

export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

export interface Comparison {
  readonly ours: Spread
  readonly peer: Spread
  /** Ours ÷ peer, round by round. */
  readonly ratio: Spread
  readonly rounds: number
}

/** The values below which these shares of all lie. */
export function percentiles<K extends string>(
  values: readonly number[],
  shares: Readonly<Record<K, number>>,
): Record<K, number> {
  const sorted = Float64Array.from(values).sort()
  const entries = Object.entries<number>(shares)
  return Object.fromEntries(
    entries.map(([name, share]) => [name, sorted[Math.round(share * (sorted.length - 1))]!]),
  ) as Record<K, number>
}

/** Median, and the 10th and 90th percentile. */
export function spreadOf(values: readonly number[]): Spread {
  return percentiles(values, { median: 0.5, low: 0.1, high: 0.9 })
}

/** Costs that were measured in turns, the first of each beside the first of the other. */
export function compare(ours: readonly number[], peer: readonly number[]): Comparison {
  return {
    ours: spreadOf(ours),
    peer: spreadOf(peer),
    ratio: spreadOf(ours.map((cost, round) => cost / peer[round]!)),
    rounds: ours.length,
  }
}

/** A figure with a goal of its own, such as nanoseconds: the ratio is to that goal. */
export function againstGoal(ours: readonly number[], goal: number): Comparison {
  return compare(
    ours,
    ours.map(() => goal),
  )
}

interface Turns {
  /** Rounds of each side that do not count, because it still compiles what it runs. Default 1. */
  readonly warmUp?: number
}

/** A, B, A, B …: so that a busy machine slows both. */
export async function inTurns(
  ours: Side,
  peer: Side,
  rounds: number,
  { warmUp = 1 }: Turns = {},
): Promise<Comparison> {
  const costs: { ours: number; peer: number }[] = []
  for (let round = -warmUp; round < rounds; round++) {
    const cost = { ours: await ours.round(), peer: await peer.round() }
    if (round >= 0) costs.push(cost)
  }
  return compare(
    costs.map((cost) => cost.ours),
    costs.map((cost) => cost.peer),
  )
}
