import type { Data } from 'apache-arrow'

/** The buffers of a column, which are constant to everybody else. */
interface Buffers {
  values: unknown
  valueOffsets: unknown
  nullBitmap: unknown
  typeIds: unknown
  variadicBuffers: unknown
}

/**
 * Makes columns throw on use, with all their children and dictionaries: what apache-arrow does with a detached buffer
 * depends on the type, and is often a quiet null or false. Slices that were taken before are not reached.
 */
export function poison(columns: readonly Data[], error: () => Error): void {
  if (columns.length === 0) return
  const trap = trapOf(error)
  for (const column of columns) poisonColumn(column, trap)
}

function poisonColumn(column: Data, trap: object): void {
  const buffers = column as unknown as Buffers
  buffers.values = trap
  buffers.valueOffsets = trap
  buffers.nullBitmap = trap
  buffers.typeIds = trap
  buffers.variadicBuffers = trap
  for (const child of column.children) poisonColumn(child, trap)
  for (const chunk of column.dictionary?.data ?? []) poisonColumn(chunk as Data, trap)
}

/** An object that cannot even be looked at. */
function trapOf(error: () => Error): object {
  const fail = () => {
    throw error()
  }
  return new Proxy({}, { get: fail, set: fail, has: fail, getPrototypeOf: fail, ownKeys: fail })
}
