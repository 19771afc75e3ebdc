import type { Comparison } from './measure.js'

/** One line of the result: ours against a named peer. */
export interface Row {
  /** What was measured, in words. */
  readonly figure: string
  readonly unit: string
  readonly ours: string
  readonly peer: string
  readonly comparison: Comparison
  /** What the ratio should be, in words: "≥ 0.9". */
  readonly goal?: string
  readonly goalRatio?: number
  readonly met?: boolean
}

/** A figure that could not be measured here, and why. */
export interface Missing {
  readonly figure: string
  readonly why: string
}

export interface Settings {
  /** Run the long form of benches that have one. */
  readonly full: boolean
}

export interface Bench {
  readonly name: string
  readonly title: string
  run(settings: Settings): Promise<(Row | Missing)[]>
}

type Plain = Omit<Row, 'goal' | 'goalRatio' | 'met'>

const words = (goal: number) => (goal < 0.5 ? `1/${Math.round(1 / goal)}` : String(goal))

export function atLeast(goal: number, row: Plain): Row {
  return { ...row, goal: `≥ ${words(goal)}`, goalRatio: goal, met: row.comparison.ratio.median >= goal }
}

export function atMost(goal: number, row: Plain): Row {
  return { ...row, goal: `≤ ${words(goal)}`, goalRatio: goal, met: row.comparison.ratio.median <= goal }
}
