import { type Data, type DataType, type Field } from 'apache-arrow'
import { typeName } from './buffers.js'
import { InvalidArgumentError } from '../base/errors.js'
import { ColumnTypeError } from './frame_error.js'
import { growInt32 } from './growable.js'
import { Interner, NULL_CODE, valueType } from './interner.js'
import { sameType } from './same_type.js'
import { takeColumn } from './take.js'

/** The key of a row with a null in a key column, where such rows have no key. */
export const NO_KEY = -1

/**
 * Numbers the distinct keys of rows from 0, in order of appearance; a key is the values of one column or of several. Columns of one
 * name may come dictionary-encoded in one batch and plain in the next.
 *
 * With `nulls: 'group'` null is a value like others, as grouping wants it; with `nulls: 'none'` a row with a null in
 * its key has `NO_KEY`, as joins want it.
 */
export class KeyEncoder {
  private readonly interners: Interner[]
  /** For one key column: the key of each code, shifted by one so that null has a place. */
  private keyOfCode = new Int32Array(0)
  private readonly keyOfPath = new Map<number, Map<number, number>>()
  private paths = 0
  /** The codes of each key, column by column. */
  private readonly codes: Int32Array[]
  private count = 0

  constructor(
    private readonly fields: readonly Field[],
    private readonly nulls: 'group' | 'none',
    operation: string,
  ) {
    if (fields.length === 0) throw new InvalidArgumentError(`${operation} needs at least one key column`)
    this.interners = fields.map(
      (field) => new Interner(valueType(field.type as DataType), `${operation} by "${field.name}"`),
    )
    this.codes = fields.map(() => new Int32Array(64))
  }

  /** How many distinct keys have been seen. */
  get size(): number {
    return this.count
  }

  /** The key of every row. Throws `ERR_QADS_COLUMN_TYPE` when a column is not of the type that it had before. */
  encode(columns: readonly Data[], rows: number): Int32Array {
    const codes = columns.map((column, i) => {
      const interner = this.interners[i]!
      const type = valueType(column.type)
      if (!sameType(type, interner.type)) {
        throw new ColumnTypeError(
          `the key column "${this.fields[i]!.name}" is ${typeName(type)} here and ${typeName(interner.type)} elsewhere; cast one of them`,
        )
      }
      return interner.encode(column)
    })
    const keys = new Int32Array(rows)
    const [first] = codes
    for (let row = 0; row < rows; row++) {
      keys[row] = codes.length === 1 ? this.keyOfSingle(first![row]!) : this.keyOfTuple(codes, row)
    }
    return keys
  }

  /** The key columns of the keys from 0 to `size`, in order; dictionaries come out as their values. */
  columns(): Data[] {
    return this.interners.map((interner, i) =>
      takeColumn(interner.values(), this.codes[i]!.subarray(0, this.count)),
    )
  }

  private keyOfSingle(code: number): number {
    if (code === NULL_CODE && this.nulls === 'none') return NO_KEY
    if (code + 1 >= this.keyOfCode.length) this.keyOfCode = growInt32(this.keyOfCode, code + 2, NO_KEY)
    let key = this.keyOfCode[code + 1]!
    if (key === NO_KEY) {
      key = this.newKey()
      this.keyOfCode[code + 1] = key
      this.codes[0]![key] = code
    }
    return key
  }

  /** Walks a tree with one level for each column, of which the nodes are numbered. */
  private keyOfTuple(codes: readonly Int32Array[], row: number): number {
    if (this.nulls === 'none' && codes.some((column) => column[row] === NULL_CODE)) return NO_KEY
    let node = 0
    for (let i = 0; i < codes.length; i++) {
      let branches = this.keyOfPath.get(node)
      branches ??= this.newBranches(node)
      const code = codes[i]![row]!
      let next = branches.get(code)
      if (next === undefined) {
        if (i < codes.length - 1) {
          next = ++this.paths
        } else {
          next = this.newKey()
          for (let column = 0; column < codes.length; column++)
            this.codes[column]![next] = codes[column]![row]!
        }
        branches.set(code, next)
      }
      node = next
    }
    return node
  }

  private newBranches(node: number): Map<number, number> {
    const branches = new Map<number, number>()
    this.keyOfPath.set(node, branches)
    return branches
  }

  private newKey(): number {
    const key = this.count++
    for (let i = 0; i < this.codes.length; i++) {
      if (key >= this.codes[i]!.length) this.codes[i] = growInt32(this.codes[i]!, key + 1, 0)
    }
    return key
  }
}
