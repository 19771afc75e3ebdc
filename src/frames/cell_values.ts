import {
  type DataType,
  type Decimal,
  type FixedSizeBinary,
  type Int,
  TimeUnit,
  type Timestamp,
  Type,
} from 'apache-arrow'
import { typeName } from './buffers.js'
import { InvalidArgumentError } from '../base/errors.js'
import { show } from '../base/validators.js'
import { digitsOfNumber, formatDecimal, parseDecimal } from './decimal_text.js'
import { OutOfRangeError } from './frame_error.js'

const MS_PER_DAY = 86_400_000
const encoder = new TextEncoder()

/** The stored number of a cell of a `number` column. */
export function numberOfCell(type: DataType, cell: unknown): number {
  switch (type.typeId) {
    case Type.Bool:
      return typeof cell === 'boolean' ? Number(cell) : refuse(type, cell, 'true or false')
    case Type.Float:
      return typeof cell === 'number' ? cell : refuse(type, cell, 'a number')
    case Type.Date:
      return Math.floor(milliseconds(type, cell) / MS_PER_DAY)
    case Type.Int: {
      const { bitWidth, isSigned } = type as Int
      const value = wholeNumber(type, cell)
      const low = isSigned ? -(2 ** (bitWidth - 1)) : 0
      if (value < low || value >= low + 2 ** bitWidth)
        throw new OutOfRangeError(`${value} does not fit into ${typeName(type)}`)
      return value
    }
    default:
      return wholeNumber(type, cell)
  }
}

/** The stored integer of a cell of a `bigint` column. */
export function bigintOfCell(type: DataType, cell: unknown): bigint {
  if (typeof cell === 'bigint') return cell
  if (type.typeId === Type.Timestamp) return timestamp((type as Timestamp).unit, milliseconds(type, cell))
  if (type.typeId === Type.Date) return BigInt(Math.floor(milliseconds(type, cell)))
  return BigInt(wholeNumber(type, cell))
}

/** The unscaled integer of a decimal: of a bigint itself, of a number or a string its digits. */
export function decimalOfCell(type: Decimal, cell: unknown): bigint {
  const unscaled =
    typeof cell === 'bigint'
      ? cell
      : typeof cell === 'string' || typeof cell === 'number'
        ? parseDecimal(typeof cell === 'number' ? digitsOfNumber(cell) : cell, type.scale)
        : refuse(type, cell, 'a string, a number or an unscaled bigint')
  if (unscaled >= 10n ** BigInt(type.precision) || unscaled <= -(10n ** BigInt(type.precision))) {
    throw new OutOfRangeError(
      `${formatDecimal(unscaled, type.scale)} has more than the ${type.precision} digits of ${typeName(type)}`,
    )
  }
  return unscaled
}

export function bytesOfCell(type: DataType, cell: unknown): Uint8Array {
  const isText = type.typeId === Type.Utf8 || type.typeId === Type.LargeUtf8 || type.typeId === Type.Utf8View
  if (isText) return typeof cell === 'string' ? encoder.encode(cell) : refuse(type, cell, 'a string')
  if (!(cell instanceof Uint8Array)) return refuse(type, cell, 'a Uint8Array')
  if (type.typeId === Type.FixedSizeBinary && cell.length !== (type as FixedSizeBinary).byteWidth) {
    return refuse(type, cell, `${(type as FixedSizeBinary).byteWidth} bytes`)
  }
  return cell
}

/** The words of an interval. */
export function wordsOfCell(cell: unknown, stride: number): Int32Array {
  if (cell instanceof Int32Array && cell.length === stride) return cell
  // apache-arrow reads the months of a year-month interval as a pair of years and months.
  if (cell instanceof Int32Array && stride === 1 && cell.length === 2)
    return Int32Array.of(cell[0]! * 12 + cell[1]!)
  throw new InvalidArgumentError(`an interval takes an Int32Array of ${stride}, got ${show(cell)}`)
}

function wholeNumber(type: DataType, cell: unknown): number {
  const value = typeof cell === 'bigint' ? Number(cell) : cell
  return Number.isSafeInteger(value)
    ? (value as number)
    : refuse(type, cell, 'a whole number (as bigint beyond 2^53)')
}

function milliseconds(type: DataType, cell: unknown): number {
  const value = cell instanceof Date ? cell.getTime() : cell
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return refuse(type, cell, 'a Date, or milliseconds since the epoch')
}

function timestamp(unit: TimeUnit, ms: number): bigint {
  const whole = Math.floor(ms)
  switch (unit) {
    case TimeUnit.SECOND:
      return BigInt(Math.floor(ms / 1000))
    case TimeUnit.MILLISECOND:
      return BigInt(whole)
    case TimeUnit.MICROSECOND:
      return BigInt(whole) * 1000n + BigInt(Math.round((ms - whole) * 1000))
    case TimeUnit.NANOSECOND:
      return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1_000_000))
  }
}

function refuse(type: DataType, cell: unknown, takes: string): never {
  throw new InvalidArgumentError(`a column of ${typeName(type)} takes ${takes}, got ${show(cell)}`)
}
