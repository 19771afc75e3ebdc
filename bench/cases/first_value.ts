import { createReader, createWriter, type ArenaBatch } from 'qadataswap'

import { atMost, type Bench, type Missing, type Row } from '../lib/bench.js'
import { numbers, type Numbers } from '../lib/batches.js'
import { againstGoal, spreadOf } from '../lib/measure.js'
import { nativeProgram } from '../lib/native_program.js'
import { rustFirstValue } from '../lib/rust_bench.js'

const BATCHES = 20_000
const ROUNDS = 9
const GOAL_BATCH_NS = 5000
const GOAL_COLUMN_NS = 1000
const GOAL_NATIVE_NS = 200

/** The time from a batch that is ready in the ring to its first value. */
export const firstValue: Bench = {
  name: 'first-value',
  title: 'A ready batch (100 rows x 6) to its first value; the ratio is to the goal',
  async run() {
    const node = inNode({ everyColumn, columnByName })
    const rows: (Row | Missing)[] = [
      row('Node: tryRead, first value of every column', GOAL_BATCH_NS, node.everyColumn),
      row('Node: tryRead, one column by name', GOAL_COLUMN_NS, node.columnByName),
    ]
    const { ns } = await nativeProgram<{ ns: number[] }>('first_value', [100_000, ROUNDS])
    rows.push(row('C++: peek, one load', GOAL_NATIVE_NS, ns))
    const rust = await rustFirstValue(ROUNDS)
    if (typeof rust === 'string') return [...rows, { figure: 'Rust', why: rust }]
    rows.push(row('Rust: peek (verified), one load', GOAL_NATIVE_NS, rust.load))
    rows.push(row('Rust: next_batch, one value of one column', GOAL_NATIVE_NS, rust.column))
    return rows
  },
}

function row(figure: string, goal: number, ns: readonly number[]): Row {
  const comparison = againstGoal(ns, goal)
  return atMost(1, { figure, unit: 'ns', ours: 'median of a round', peer: 'goal', comparison })
}

function everyColumn(batch: ArenaBatch<Numbers>): number {
  let sum = 0
  for (let c = 0; c < batch.numCols; c++) sum += batch.getChildAt(c)!.get(0) as number
  return sum
}

const columnByName = (batch: ArenaBatch<Numbers>): number => batch.getChild('c3')!.get(0)!

/** Median nanoseconds of each round for each way to look at a batch, a round of each in turns. */
function inNode<K extends string>(
  looks: Record<K, (batch: ArenaBatch<Numbers>) => number>,
): Record<K, number[]> {
  const name = `bench-first-${process.pid}`
  using writer = createWriter<Numbers>(name)
  using reader = createReader<Numbers>(name)
  const batch = numbers(100)
  const ways = Object.keys(looks) as K[]
  const medians = Object.fromEntries(ways.map((way) => [way, [] as number[]])) as Record<K, number[]>
  for (let round = 0; round <= ROUNDS; round++) {
    for (const way of ways) {
      const look = looks[way]
      const times: number[] = []
      for (let i = 0; i < BATCHES; i++) {
        writer.writeSync(batch)
        const start = process.hrtime.bigint()
        look(reader.tryRead()!)
        times.push(Number(process.hrtime.bigint() - start))
      }
      if (round > 0) medians[way].push(spreadOf(times).median)
    }
  }
  return medians
}
