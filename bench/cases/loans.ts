import { ArenaChannel } from '../lib/arena_channel.js'
import { atLeast, type Bench } from '../lib/bench.js'
import { COLUMNS, numbersSchema, rowsOf } from '../lib/batches.js'
import { inTurns } from '../lib/measure.js'

const ROUNDS = 9
const COUNT = 128

function fillColumn(column: Float64Array, seed: number): void {
  for (let row = 0; row < column.length; row++) column[row] = row + seed
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
    const buffers = Array.from({ length: 32 }, () =>
      Array.from({ length: COLUMNS }, () => new Float64Array(rows).fill(1)),
    )
    const gigabytesPerSecond = (ms: number) => (bytes * COUNT) / ms / 1e6
    const comparison = await inTurns(
      {
        name: 'loan',
        round: async () => {
          const start = performance.now()
          for (let i = 0; i < COUNT; i++) {
            const loan = await channel.writer.loan(numbersSchema, rows)
            for (let c = 0; c < COLUMNS; c++) fillColumn(loan.columns[`c${c}`]!, i + c)
            loan.commit()
          }
          return gigabytesPerSecond(performance.now() - start)
        },
      },
      {
        name: 'private',
        round: () => {
          const start = performance.now()
          for (let i = 0; i < COUNT; i++) {
            const columns = buffers[i % buffers.length]!
            for (let c = 0; c < COLUMNS; c++) fillColumn(columns[c]!, i + c)
          }
          return gigabytesPerSecond(performance.now() - start)
        },
      },
      ROUNDS,
    )
    await channel.close()
    const row = { figure: '8 MiB a batch', unit: 'GB/s', ours: 'loan', peer: 'private arrays', comparison }
    return [atLeast(0.95, row)]
  },
}
