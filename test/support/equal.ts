import type { Data, RecordBatch } from 'apache-arrow'
import { rowDifference } from './row_equal.js'
import { metadataDifference, schemaDifference } from './schema_equal.js'

/**
 * What tells two batches apart, or undefined: schema, types and their parameters, metadata, nulls and values, bit for bit
 * (but not what lies under a null, nor how the values are laid out). Dictionaries may be numbered differently.
 */
export function batchDifference(actual: RecordBatch, expected: RecordBatch): string | undefined {
  const schema = schemaDifference(actual.schema, expected.schema)
  if (schema !== undefined) return schema
  if (actual.numRows !== expected.numRows) return `${actual.numRows} rows instead of ${expected.numRows}`
  const metadata = metadataDifference(actual.metadata, expected.metadata)
  if (metadata !== undefined) return `batch ${metadata}`
  for (let column = 0; column < expected.schema.fields.length; column++) {
    const [a, b] = [actual, expected].map((batch) => batch.data.children[column]!) as [Data, Data]
    for (let row = 0; row < expected.numRows; row++) {
      const difference = rowDifference(a, row, b, row)
      if (difference !== undefined) return `column ${column}, row ${row}${difference}`
    }
  }
  return undefined
}

/** Throws unless the batches are the same; see `batchDifference`. */
export function assertBatchesEqual(actual: RecordBatch, expected: RecordBatch): void {
  const difference = batchDifference(actual, expected)
  if (difference !== undefined) throw new Error(`the batches differ: ${difference}`)
}
