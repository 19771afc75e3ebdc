import { ArenaChannel } from '../lib/arena_channel.js'
import { atLeast, type Bench } from '../lib/bench.js'
import { COLUMNS, numbersSchema, rowsOf } from '../lib/batches.js'
import { inTurns } from '../lib/measure.js'

const ROUNDS = 9
const COUNT = 128

type Columns = Record<string, Float64Array>

function fillColumn(column: Float64Array, seed: number): void {
  for (let row = 0; row < column.length; row++) column[row] = row + seed
}

/** The same code for both sides, compiled once, so that only the memory and the arena differ. */
async function fillAll(
  next: (i: number) => Promise<{ columns: Columns; commit: () => unknown }>,
): Promise<void> {
  for (let i = 0; i < COUNT; i++) {
    const { columns, commit } = await next(i)
    for (let c = 0; c < COLUMNS; c++) fillColumn(columns[`c${c}`]!, i + c)
    commit()
  }
}

/** Columns filled in the ring, against columns filled in private memory. */
export const loans: Bench = {
  name: 'loan',
  title: 'Columns filled inside the ring (loan), against filling private typed arrays',
  async run() {
    const rows = rowsOf(8 * 2 ** 20)
    const bytes = rows * COLUMNS * 8
    const channel = await ArenaChannel.open('readable', 'scoped', { sizeMb: 256 })
    // As many private buffers as the ring holds, so that both sides go through as much memory.
    const buffers = Array.from({ length: 32 }, () => ({
      columns: Object.fromEntries(
        Array.from({ length: COLUMNS }, (_, c) => [`c${c}`, new Float64Array(rows).fill(1)]),
      ),
      commit: () => undefined,
    }))
    const round = async (next: Parameters<typeof fillAll>[0]) => {
      const start = performance.now()
      await fillAll(next)
      return (bytes * COUNT) / (performance.now() - start) / 1e6
    }
    const lent = async () => {
      const loan = await channel.writer.loan(numbersSchema, rows)
      return { columns: loan.columns as Columns, commit: () => loan.commit() }
    }
    const comparison = await inTurns(
      { name: 'loan', round: () => round(lent) },
      { name: 'private', round: () => round((i) => Promise.resolve(buffers[i % buffers.length]!)) },
      ROUNDS,
    )
    await channel.close()
    const row = { figure: '8 MiB a batch', unit: 'GB/s', ours: 'loan', peer: 'private arrays', comparison }
    return [atLeast(0.95, row)]
  },
}
