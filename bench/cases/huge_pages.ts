import type { Bench } from '../lib/bench.js'
import { compare } from '../lib/measure.js'
import { nativeProgram } from '../lib/native_program.js'

const RING_MIB = 256
const ROUNDS = 9

/** What transparent huge pages would gain a writer. Rings do not use them; bench/README.md says why. */
export const hugePages: Bench = {
  name: 'huge-pages',
  title: 'Batches copied into shared memory of huge pages, against small pages',
  async run() {
    const rows = []
    for (const mebibytes of [1, 8, 64]) {
      const figure = `${mebibytes} MiB a batch`
      const args = [RING_MIB, mebibytes, ROUNDS]
      const { small, huge } = await nativeProgram<Record<'small' | 'huge', number[]>>('huge_pages', args)
      rows.push(
        huge.length === 0
          ? { figure, why: 'the kernel makes no huge pages of shared memory' }
          : {
              figure,
              unit: 'GB/s',
              ours: 'huge pages',
              peer: 'small pages',
              comparison: compare(huge, small),
            },
      )
    }
    return rows
  },
}
