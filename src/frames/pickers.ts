import { type Data, type DataType, type Decimal } from 'apache-arrow'
import type { Accumulator } from './accumulator.js'
import { columnFromBigints, columnFromBytes, columnFromDecimals, columnFromNumbers } from './build_column.js'
import { bigintsOf, bytesOf, decimalsOf, numbersOf } from './scalars.js'
import { type NewValidity, validityFromFlags } from './validity.js'

/** The functions that pick one of the values of a key. */
export type PickFunction = 'min' | 'max' | 'first' | 'last'

interface Kind<V, Source> {
  /** The values of a column. */
  open(column: Data): Source
  at(source: Source, row: number): V
  less(a: V, b: V): boolean
  /** Whether a value gives way to any other in `min` and `max`. */
  isNaN(value: V): boolean
  /** A copy that outlives the column. */
  keep(value: V): V
  build(type: DataType, values: V[], validity: NewValidity): Data
}

class Picker<V, Source> implements Accumulator {
  private readonly picked: (V | undefined)[] = []

  constructor(
    private readonly fn: PickFunction,
    readonly type: DataType,
    private readonly kind: Kind<V, Source>,
    private readonly filler: V,
  ) {}

  add(column: Data, keys: Int32Array, keyCount: number): void {
    const { kind, picked, fn } = this
    const source = kind.open(column)
    // The row that each key picks in this column: values are kept once a column, not once a row.
    const winners = new Int32Array(keyCount).fill(-1)
    for (let row = 0; row < keys.length; row++) {
      const key = keys[row]!
      if (key < 0) continue
      if (fn === 'last') {
        winners[key] = row
        continue
      }
      const winner = winners[key]!
      const best = winner >= 0 ? kind.at(source, winner) : picked[key]
      if (best === undefined || (fn !== 'first' && this.beats(kind.at(source, row), best))) winners[key] = row
    }
    for (let key = 0; key < keyCount; key++) {
      if (winners[key]! >= 0) picked[key] = kind.keep(kind.at(source, winners[key]!))
    }
  }

  finish(keyCount: number): Data {
    const isSet = Array.from({ length: keyCount }, (_, key) => (this.picked[key] === undefined ? 0 : 1))
    const values = Array.from({ length: keyCount }, (_, key) => this.picked[key] ?? this.filler)
    return this.kind.build(this.type, values, validityFromFlags(isSet, keyCount))
  }

  private beats(value: V, best: V): boolean {
    if (this.kind.isNaN(best)) return true
    return this.fn === 'min' ? this.kind.less(value, best) : this.kind.less(best, value)
  }
}

const NUMBERS: Kind<number, Float64Array> = {
  open: numbersOf,
  at: (values, row) => values[row]!,
  less: (a, b) => a < b,
  isNaN: Number.isNaN,
  keep: (value) => value,
  build: (type, values, validity) => columnFromNumbers(type, values, values.length, validity),
}

const BIGINTS: Kind<bigint, BigInt64Array | BigUint64Array> = {
  open: bigintsOf,
  at: (values, row) => values[row]!,
  less: (a, b) => a < b,
  isNaN: () => false,
  keep: (value) => value,
  build: (type, values, validity) => columnFromBigints(type, values, values.length, validity),
}

const DECIMALS: Kind<bigint, bigint[]> = {
  ...BIGINTS,
  open: decimalsOf,
  at: (values, row) => values[row]!,
  build: (type, values, validity) => columnFromDecimals(type as Decimal, values, values.length, validity),
}

const BYTES: Kind<Uint8Array, ReturnType<typeof bytesOf>> = {
  open: bytesOf,
  at: ({ starts, bytes }, row) => bytes.subarray(starts[row], starts[row + 1]),
  less: (a, b) => Buffer.compare(a, b) < 0,
  isNaN: () => false,
  keep: (value) => value.slice(),
  build: columnFromBytes,
}

export function numberPicker(fn: PickFunction, type: DataType): Accumulator {
  return new Picker(fn, type, NUMBERS, 0)
}

export function bigintPicker(fn: PickFunction, type: DataType): Accumulator {
  return new Picker(fn, type, BIGINTS, 0n)
}

export function decimalPicker(fn: PickFunction, type: DataType): Accumulator {
  return new Picker(fn, type, DECIMALS, 0n)
}

export function bytePicker(fn: PickFunction, type: DataType): Accumulator {
  return new Picker(fn, type, BYTES, new Uint8Array(0))
}
