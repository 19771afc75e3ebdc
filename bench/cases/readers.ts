import { atMost, type Bench } from '../lib/bench.js'
import { compare } from '../lib/measure.js'
import { nativeProgram } from '../lib/native_program.js'

const BATCHES = 20_000
const ROUNDS = 9

/** What more readers cost the writer. */
export const readers: Bench = {
  name: 'readers',
  title: 'A write with more readers, C++, against a write with one reader',
  async run() {
    const costs = await nativeProgram<Record<'r1' | 'r8' | 'r32', number[]>>('readers', [BATCHES, ROUNDS])
    const row = { unit: 'ns', peer: '1 reader' }
    return [
      atMost(1.3, { ...row, figure: '8 readers', ours: '8', comparison: compare(costs.r8, costs.r1) }),
      atMost(2, { ...row, figure: '32 readers', ours: '32', comparison: compare(costs.r32, costs.r1) }),
    ]
  },
}
