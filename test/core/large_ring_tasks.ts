import { createReader, createWriter, release, type ArenaWriter } from 'qadataswap'

import { numberSchema, type NumberColumns } from '../support/batches.js'
import type { Parent } from '../support/child_process.js'
import type { Vector } from 'apache-arrow'
import { Float64, makeData, RecordBatch } from 'apache-arrow'

/** 300 MB a batch: nine of them go around the ring once. */
const ROWS = 37_500_000
const BATCHES = 11

/** Says what is wrong, or null. */
export async function goAround(
  { name, sizeMb }: { name: string; sizeMb: number },
  parent: Parent,
): Promise<void> {
  const writer: ArenaWriter = createWriter(name, { sizeMb })
  const reader = createReader(name)
  const values = new Float64Array(ROWS)
  const batch = new RecordBatch({ value: makeData({ type: new Float64(), data: values }) })
  let wrong: string | null = null
  const places = [0, 1, ROWS >> 1, ROWS - 1]
  for (let id = 1; id <= BATCHES; id++) {
    for (const place of places) values[place] = id * (place + 1)
    writer.writeSync(batch)
    const loan = writer.loanSync<NumberColumns>(numberSchema, 10)
    loan.columns.id.fill(id)
    loan.commit()
    const [large, small] = [reader.readSync()!, reader.readSync()!]
    const column = large.getChild('value') as Vector<Float64>
    for (const place of places) {
      if (column.get(place) !== id * (place + 1)) wrong ??= `batch ${id} has ${column.get(place)} at ${place}`
    }
    if (small.getChild('id')!.get(9) !== id)
      wrong ??= `the loan after batch ${id} has ${small.getChild('id')!.get(9)}`
    release(large)
  }
  reader.close()
  writer.close()
  parent.report(wrong)
}
