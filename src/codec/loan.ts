import type { DataType, FixedSizeList, Schema, TypeMap } from 'apache-arrow'
import { InvalidArgumentError } from '../base/errors.js'
import { validateInteger } from '../base/validators.js'
import { align64 } from './alignment.js'
import { bitmapBytes, countSetBits } from './bitmap.js'
import { BufferViews } from './buffer_views.js'
import { type ColumnShape, Kind } from './column_shape.js'
import { type SchemaTemplate, templateOf } from './schema_template.js'

const MAX_ROWS = 0x7fffffff

/** The array that a column is filled through: of a Bool bits, of a FixedSizeList the values of all its items. */
export type LoanArray<T extends DataType> =
  T extends FixedSizeList<infer Item> ? LoanArray<Item> : T['TArray']

/** The values of every column, by name. */
export type LoanColumns<T extends TypeMap> = { readonly [P in keyof T]: LoanArray<T[P]> }

/** The validity bits of every nullable column, by name: bit `row % 8` of byte `row / 8` is set if the row is not null. */
export type LoanValidity<T extends TypeMap> = { readonly [P in keyof T]?: Uint8Array }

/**
 * Plans a slot whose columns are filled in place instead of copied.
 *
 * @throws InvalidArgumentError for a column that is not of fixed width (integers, floats, decimals, booleans, dates,
 *   times, timestamps, durations, intervals, fixed-size binary, fixed-size lists of those), or two of one name
 */
export function planLoan<T extends TypeMap>(schema: Schema<T>, rows: number): LoanPlan<T> {
  validateInteger(rows, 'rows', 0, MAX_ROWS)
  const template = templateOf(schema)
  const { fields } = schema
  const names = new Set<string>()
  for (const [i, field] of fields.entries()) {
    const { name } = field
    if (names.has(name))
      throw new InvalidArgumentError(`a loan has two columns named ${JSON.stringify(name)}`)
    names.add(name)
    if (!isFixedWidth(template.shape?.columns[i])) {
      throw new InvalidArgumentError(
        `column ${field.toString()} is not of fixed width, and a loan has only columns that are: use write()`,
      )
    }
  }
  const columns = template.shape!.columns
  return new LoanPlan(
    template,
    fields.map(({ name, nullable }, i) => ({ name, nullable, shape: columns[i]! })),
    rows,
  )
}

function isFixedWidth(shape: ColumnShape | undefined): boolean {
  switch (shape?.kind) {
    case Kind.Bool:
      return true
    case Kind.Fixed:
      return shape.dictionary === undefined
    case Kind.FixedList:
      return isFixedWidth(shape.children[0])
    default:
      return false
  }
}

interface LoanField {
  readonly name: string
  readonly nullable: boolean
  readonly shape: ColumnShape
}

/** One slot, lent to be filled: `open`, fill the arrays, `finish`. */
export class LoanPlan<T extends TypeMap> {
  /** Bytes to claim. */
  readonly byteLength: number
  readonly rows: number
  readonly #template: SchemaTemplate
  readonly #fields: readonly LoanField[]
  readonly #reserved: BodyLayout
  #target: Uint8Array | undefined
  #offset = 0
  #validity: Record<string, Uint8Array> = {}

  /** See `planLoan`. */
  constructor(template: SchemaTemplate, fields: readonly LoanField[], rows: number) {
    this.#template = template
    this.#fields = fields
    this.rows = rows
    this.#reserved = layOut(fields, rows, (field) => (field.nullable ? rows : 0))
    this.byteLength = this.#bodyOffset + this.#reserved.byteLength + template.tail(0).byteLength
  }

  /**
   * The arrays to fill. They lie over `target`, whose `byteLength` bytes from `offset` on (best a multiple of 64) must stay
   * put until `finish`. Their contents are undefined, except that `validity` says that nothing is null.
   */
  open(target: Uint8Array, offset = 0): LoanColumns<T> {
    const body = target.byteOffset + offset + this.#bodyOffset
    if (body % 8 !== 0) throw new RangeError(`a loan must start on a multiple of 8 bytes, not at ${body}`)
    this.#target = target
    this.#offset = offset
    this.#validity = Object.create(null) as Record<string, Uint8Array>
    const columns = Object.create(null) as Record<string, unknown>
    const buffer = target.buffer as ArrayBuffer
    for (const { name, nullable, shape } of this.#fields) {
      if (nullable) {
        const bits = new Uint8Array(
          buffer,
          body + this.#reserved.offsets[shape.buffer]!,
          bitmapBytes(this.rows),
        )
        this.#validity[name] = bits.fill(0xff)
      }
      const leaf = leafOf(shape)
      const count =
        leaf.kind === Kind.Bool
          ? bitmapBytes(rowsOf(shape, this.rows))
          : rowsOf(shape, this.rows) * leaf.stride
      columns[name] = new leaf.arrayType(buffer, body + this.#reserved.offsets[leaf.buffer + 1]!, count)
    }
    return columns as LoanColumns<T>
  }

  /** The bits through which rows are made null, after `open`. */
  get validity(): LoanValidity<T> {
    return this.#validity
  }

  /**
   * Writes everything but the columns around the first `rows` rows, which must be filled.
   * @returns the bytes of the slot, at most `byteLength`
   */
  finish(rows: number): number {
    validateInteger(rows, 'rows', 0, this.rows)
    if (this.#target === undefined) throw new TypeError('finish() of a loan that was not opened')
    const { head } = this.#template
    const views = BufferViews.of(this.#target.buffer)
    const start = this.#target.byteOffset + this.#offset
    const used = layOut(this.#fields, rows, ({ name }) => this.#nullsIn(name, rows))
    const message = this.#template.recordBatch([], undefined)
    // The columns stay where they are; only what follows the last one moves up.
    const last = used.lengths.length - 1
    const bodyLength = last < 0 ? 0 : align64(this.#reserved.offsets[last]! + used.lengths[last]!)
    views.u8.set(head, start)
    message.write(views, start + head.length, rows, used.nodes, this.#reserved.lengths, bodyLength)
    message.shortenBuffers(views, start + head.length, used.lengths)
    const tail = this.#template.tail(0)
    const end = this.#bodyOffset + bodyLength
    tail.write(views, start + end, [{ offset: head.length, metadataLength: message.byteLength, bodyLength }])
    return end + tail.byteLength
  }

  get #bodyOffset(): number {
    return this.#template.head.length + this.#template.recordBatch([], undefined).byteLength
  }

  #nullsIn(name: string, rows: number): number {
    const bits = this.#validity[name]
    return bits === undefined ? 0 : rows - countSetBits(bits, 0, rows)
  }
}

/** The numbers of a body. Buffers follow each other, each on a multiple of 64. */
interface BodyLayout {
  readonly nodes: number[]
  readonly offsets: number[]
  readonly lengths: number[]
  readonly byteLength: number
}

function layOut(
  fields: readonly LoanField[],
  rows: number,
  nullsOf: (field: LoanField) => number,
): BodyLayout {
  const nodes: number[] = []
  const offsets: number[] = []
  const lengths: number[] = []
  let byteLength = 0
  const add = (length: number) => {
    offsets.push(byteLength)
    lengths.push(length)
    byteLength += align64(length)
  }
  for (const field of fields) {
    let nulls = nullsOf(field)
    let length = rows
    for (let shape: ColumnShape | undefined = field.shape; shape !== undefined; shape = shape.children[0]) {
      nodes.push(length, nulls)
      add(nulls === 0 ? 0 : bitmapBytes(length))
      if (shape.kind === Kind.Fixed) add(length * shape.width)
      else if (shape.kind === Kind.Bool) add(bitmapBytes(length))
      else length *= shape.listSize
      nulls = 0
    }
  }
  return { nodes, offsets, lengths, byteLength }
}

/** The values of a column: its own, or those of the innermost items of fixed-size lists. */
function leafOf(shape: ColumnShape): ColumnShape {
  return shape.kind === Kind.FixedList ? leafOf(shape.children[0]!) : shape
}

function rowsOf(shape: ColumnShape, rows: number): number {
  return shape.kind === Kind.FixedList ? rowsOf(shape.children[0]!, rows * shape.listSize) : rows
}
