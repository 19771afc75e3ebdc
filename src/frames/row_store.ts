import type { Data, RecordBatch } from 'apache-arrow'
import { concatColumns, copyBatch } from './concat.js'
import { takeColumn } from './take.js'

/** Stored rows that nobody refers to any more are dropped when they are more than half of all, beyond so many. */
const SPARE_ROWS = 4096

interface Chunk {
  /** The id of the first row. */
  readonly base: number
  readonly rows: number
  readonly columns: readonly Data[]
}

/** The id of no row. */
export const NO_ROW = -1

/**
 * Keeps rows of batches that are gone, in memory of its own. Each row has an id, which stays its own until the rows are
 * compacted. The owner of the store knows which ids are still in use.
 */
export class RowStore {
  private chunks: Chunk[] = []
  private nextId = 0
  private stored = 0

  /** Whether no batch has been added. */
  get isEmpty(): boolean {
    return this.chunks.length === 0
  }

  /** Copies the rows of a batch, whose columns must be of the same types each time; gives the id of the first, the others follow. */
  add(batch: RecordBatch): number {
    return this.append(copyBatch(batch).data.children, batch.numRows)
  }

  /** Whether it is worth calling `compact`, given how many rows are in use. */
  isSparse(rowsInUse: number): boolean {
    return this.stored > 2 * rowsInUse + SPARE_ROWS
  }

  /** Keeps only the rows with these ids; gives the new id of the first, the others follow in order. */
  compact(ids: Float64Array): number {
    const columns = this.gather(ids)
    this.chunks = []
    this.stored = 0
    return this.append(columns, ids.length)
  }

  /** The rows with these ids, in order; nulls for `NO_ROW`. At least one row must have been added. */
  gather(ids: Float64Array): Data[] {
    const rows = new Int32Array(ids.length).fill(NO_ROW)
    const used = new Map<number, number[]>()
    const chunkOf = new Int32Array(ids.length)
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] === NO_ROW) continue
      const index = this.chunkAt(ids[i]!)
      chunkOf[i] = index
      rows[i] = ids[i]! - this.chunks[index]!.base
      const picks = used.get(index)
      if (picks === undefined) used.set(index, [i])
      else picks.push(i)
    }
    const width = this.chunks[0]?.columns.length ?? 0
    if (used.size <= 1) {
      const [index = 0] = used.keys()
      return Array.from({ length: width }, (_, column) =>
        takeColumn(this.chunks[index]!.columns[column]!, rows),
      )
    }
    // Rows of several chunks: take those of each chunk, then put them into the order asked for.
    const order = new Int32Array(ids.length).fill(NO_ROW)
    let at = 0
    for (const picks of used.values()) for (const i of picks) order[i] = at++
    return Array.from({ length: width }, (_, column) => {
      const parts = [...used].map(([index, picks]) =>
        takeColumn(
          this.chunks[index]!.columns[column]!,
          Int32Array.from(picks, (i) => rows[i]!),
        ),
      )
      return takeColumn(concatColumns(parts), order)
    })
  }

  private append(columns: readonly Data[], rows: number): number {
    const base = this.nextId
    if (rows > 0 || this.isEmpty) this.chunks.push({ base, rows, columns })
    this.nextId += rows
    this.stored += rows
    return base
  }

  /** The position of the chunk that holds a row, by bisection. */
  private chunkAt(id: number): number {
    let low = 0
    let high = this.chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.chunks[middle]!.base <= id) low = middle
      else high = middle - 1
    }
    return low
  }
}
