import { type Data, type DataType, type Decimal } from 'apache-arrow'
import type { Accumulator } from './accumulator.js'
import { columnFromBigints, columnFromDecimals, columnFromNumbers } from './build_column.js'
import { growFloat64 } from './growable.js'
import { bigintsOf, decimalsOf, numbersOf } from './scalars.js'
import { validityFromFlags } from './validity.js'

/** Values that 64-bit floats sum exactly: 2^20 of at most 32 bits stay below 2^53. */
const EXACT_ADDITIONS = 2 ** 20
const WORD = 32n

/** A sum which a mean can be made of. */
export interface SumAccumulator extends Accumulator {
  /** The mean of `count` values; for integers, as near to the exact one as a float can be. */
  meanOf(key: number, count: number, scale: number): number
  readonly counts: Float64Array
}

export class CountAccumulator implements Accumulator {
  private counts = new Float64Array(0)

  constructor(readonly type: DataType) {}

  add(_column: Data, keys: Int32Array, keyCount: number): void {
    if (keyCount > this.counts.length) this.counts = growFloat64(this.counts, keyCount)
    countKeys(keys, this.counts)
  }

  finish(keyCount: number): Data {
    return columnFromNumbers(this.type, growFloat64(this.counts, keyCount), keyCount, { nullCount: 0 })
  }
}

/** Compensated summation (A. Neumaier, 1974: the improved Kahan–Babuška algorithm), one sum to a key. */
export class FloatSum implements SumAccumulator {
  counts = new Float64Array(0)
  private sums = new Float64Array(0)
  private lost = new Float64Array(0)

  constructor(readonly type: DataType) {}

  add(column: Data, keys: Int32Array, keyCount: number): void {
    if (keyCount > this.sums.length) {
      this.counts = growFloat64(this.counts, keyCount)
      this.sums = growFloat64(this.sums, keyCount)
      this.lost = growFloat64(this.lost, keyCount)
    }
    countKeys(keys, this.counts)
    const { sums, lost } = this
    const values = numbersOf(column)
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!
      if (key < 0) continue
      const value = values[i]!
      const sum = sums[key]!
      const next = sum + value
      lost[key]! += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
      sums[key] = next
    }
  }

  meanOf(key: number, count: number): number {
    return this.sumOf(key) / count
  }

  finish(keyCount: number): Data {
    const sums = Float64Array.from({ length: keyCount }, (_, key) => this.sumOf(key))
    return columnFromNumbers(
      this.type,
      sums,
      keyCount,
      validityFromFlags(growFloat64(this.counts, keyCount), keyCount),
    )
  }

  /** An infinite or NaN sum is what it is; its compensation is NaN. */
  private sumOf(key: number): number {
    const sum = this.sums[key] ?? 0
    return Number.isFinite(sum) ? sum + this.lost[key]! : sum
  }
}

/** Exact sums: added up in floats while these are exact, 32 bits at a time, then carried into bigints. */
export class IntegerSum implements SumAccumulator {
  counts = new Float64Array(0)
  private low = new Float64Array(0)
  private high = new Float64Array(0)
  private readonly carried: bigint[] = []
  private additions = 0

  constructor(
    readonly type: DataType,
    private readonly kind: 'number' | 'bigint',
  ) {}

  add(column: Data, keys: Int32Array, keyCount: number): void {
    if (keyCount > this.low.length) {
      this.counts = growFloat64(this.counts, keyCount)
      this.low = growFloat64(this.low, keyCount)
      this.high = growFloat64(this.high, keyCount)
    }
    countKeys(keys, this.counts)
    const addRange = this.kind === 'number' ? this.numberAdder(column, keys) : this.bigintAdder(column, keys)
    for (let begin = 0; begin < keys.length; begin += EXACT_ADDITIONS) {
      const end = Math.min(begin + EXACT_ADDITIONS, keys.length)
      if (this.additions + end - begin > EXACT_ADDITIONS) this.carry()
      this.additions += end - begin
      addRange(begin, end)
    }
  }

  meanOf(key: number, count: number, scale: number): number {
    return ratio(this.sumOf(key), BigInt(count) * 10n ** BigInt(scale))
  }

  finish(keyCount: number): Data {
    const sums = Array.from({ length: keyCount }, (_, key) => this.sumOf(key))
    return columnFromBigints(
      this.type,
      sums,
      keyCount,
      validityFromFlags(growFloat64(this.counts, keyCount), keyCount),
    )
  }

  private numberAdder(column: Data, keys: Int32Array): (begin: number, end: number) => void {
    const values = numbersOf(column)
    const { low } = this
    return (begin, end) => {
      for (let i = begin; i < end; i++) if (keys[i]! >= 0) low[keys[i]!]! += values[i]!
    }
  }

  private bigintAdder(column: Data, keys: Int32Array): (begin: number, end: number) => void {
    const { buffer, byteOffset, length } = bigintsOf(column)
    const lowWords = new Uint32Array(buffer, byteOffset, length * 2)
    const signed = column.values instanceof BigInt64Array
    const highWords = signed ? new Int32Array(buffer, byteOffset, length * 2) : lowWords
    const { low, high } = this
    return (begin, end) => {
      for (let i = begin; i < end; i++) {
        const key = keys[i]!
        if (key < 0) continue
        low[key]! += lowWords[i * 2]!
        high[key]! += highWords[i * 2 + 1]!
      }
    }
  }

  private carry(): void {
    for (let key = 0; key < this.low.length; key++) this.carried[key] = this.sumOf(key)
    this.low.fill(0)
    this.high.fill(0)
    this.additions = 0
  }

  private sumOf(key: number): bigint {
    return (this.carried[key] ?? 0n) + BigInt(this.low[key] ?? 0) + (BigInt(this.high[key] ?? 0) << WORD)
  }
}

export class DecimalSum implements SumAccumulator {
  counts = new Float64Array(0)
  private readonly sums: bigint[] = []

  constructor(readonly type: Decimal) {}

  add(column: Data, keys: Int32Array, keyCount: number): void {
    if (keyCount > this.counts.length) this.counts = growFloat64(this.counts, keyCount)
    countKeys(keys, this.counts)
    const values = decimalsOf(column)
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!
      if (key >= 0) this.sums[key] = (this.sums[key] ?? 0n) + values[i]!
    }
  }

  meanOf(key: number, count: number, scale: number): number {
    return ratio(this.sums[key] ?? 0n, BigInt(count) * 10n ** BigInt(scale))
  }

  finish(keyCount: number): Data {
    const sums = Array.from({ length: keyCount }, (_, key) => this.sums[key] ?? 0n)
    return columnFromDecimals(
      this.type,
      sums,
      keyCount,
      validityFromFlags(growFloat64(this.counts, keyCount), keyCount),
    )
  }
}

export class MeanAccumulator implements Accumulator {
  constructor(
    readonly type: DataType,
    private readonly sum: SumAccumulator,
    private readonly scale: number,
  ) {}

  add(column: Data, keys: Int32Array, keyCount: number): void {
    this.sum.add(column, keys, keyCount)
  }

  finish(keyCount: number): Data {
    const counts = growFloat64(this.sum.counts, keyCount)
    const means = new Float64Array(keyCount)
    for (let key = 0; key < keyCount; key++)
      if (counts[key]! > 0) means[key] = this.sum.meanOf(key, counts[key]!, this.scale)
    return columnFromNumbers(this.type, means, keyCount, validityFromFlags(counts, keyCount))
  }
}

function countKeys(keys: Int32Array, counts: Float64Array): void {
  for (let i = 0; i < keys.length; i++) if (keys[i]! >= 0) counts[keys[i]!]!++
}

/** The quotient of two integers: 64 bits of it are computed exactly and then rounded once. */
function ratio(dividend: bigint, divisor: bigint): number {
  if (dividend < 0n) return -ratio(-dividend, divisor)
  const shift = Math.max(0, 64 + divisor.toString(2).length - dividend.toString(2).length)
  const scaled = dividend << BigInt(shift)
  // A remainder is folded into the last bit, so that the one rounding sees on which side of a tie the value lies.
  const quotient = scaled / divisor
  return Number(scaled % divisor === 0n ? quotient : quotient | 1n) / 2 ** shift
}
