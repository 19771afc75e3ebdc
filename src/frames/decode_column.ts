import { type Data } from 'apache-arrow'
import { concatColumns } from './concat.js'
import { NULL_CODE } from './interner.js'
import { withBuffers } from './null_column.js'
import { takeColumn } from './take.js'
import { validityOf } from './validity.js'

/** A dictionary-encoded column as a plain one; any other column as it is. */
export function decodeColumn(source: Data): Data {
  const column = withBuffers(source)
  if (column.dictionary === undefined) return column
  const validity = validityOf(column)
  const indices = Int32Array.from((column.values as Int32Array).subarray(0, column.length))
  if (validity) {
    const { bits, offset } = validity
    for (let i = 0; i < indices.length; i++) {
      if ((bits[(offset + i) >> 3]! & (1 << ((offset + i) & 7))) === 0) indices[i] = NULL_CODE
    }
  }
  const chunks = column.dictionary.data as Data[]
  return decodeColumn(takeColumn(chunks.length === 1 ? chunks[0]! : concatColumns(chunks), indices))
}
