import { type DataType, Decimal, Float64, type Int, Int64, Type, Uint32, Uint64 } from 'apache-arrow'
import type { Accumulator } from './accumulator.js'
import { type AggregateFunction } from './aggregate.js'
import { bytePicker, decimalPicker, numberPicker, type PickFunction, bigintPicker } from './pickers.js'
import { refuseType, scalarKind } from './scalars.js'
import {
  CountAccumulator,
  DecimalSum,
  FloatSum,
  IntegerSum,
  MeanAccumulator,
  type SumAccumulator,
} from './sums.js'

/** The accumulator for a function over values of a type (not a dictionary). Throws `ERR_QADS_COLUMN_TYPE` when there is none. */
export function createAccumulator(fn: AggregateFunction, type: DataType): Accumulator {
  switch (fn) {
    case 'count':
      return createCount()
    case 'sum':
      return createSum(type)
    case 'mean':
      return new MeanAccumulator(
        new Float64(),
        createSum(refuseUnitful(type)),
        type.typeId === Type.Decimal ? (type as Decimal).scale : 0,
      )
    default:
      return createPicker(fn, type)
  }
}

/** Counts the rows that it is given keys of. */
export function createCount(): Accumulator {
  return new CountAccumulator(new Uint32())
}

function createSum(type: DataType): SumAccumulator {
  switch (type.typeId) {
    case Type.Float:
      return new FloatSum(new Float64())
    case Type.Bool:
      return new IntegerSum(new Uint64(), 'number')
    case Type.Int: {
      const { isSigned, bitWidth } = type as Int
      return new IntegerSum(isSigned ? new Int64() : new Uint64(), bitWidth === 64 ? 'bigint' : 'number')
    }
    case Type.Duration:
      return new IntegerSum(type, 'bigint')
    case Type.Decimal: {
      const { scale, bitWidth } = type as Decimal
      return new DecimalSum(
        new Decimal(scale, MAX_PRECISION[bitWidth] ?? (type as Decimal).precision, bitWidth),
      )
    }
    default:
      return refuseType('a sum', type, 'numbers, booleans, decimals and durations')
  }
}

/** Digits that a decimal of so many bits can have. */
const MAX_PRECISION: Readonly<Record<number, number>> = { 32: 9, 64: 18, 128: 38, 256: 76 }

function refuseUnitful(type: DataType): DataType {
  return type.typeId === Type.Duration ? refuseType('a mean', type, 'numbers, booleans and decimals') : type
}

function createPicker(fn: PickFunction, type: DataType): Accumulator {
  switch (scalarKind(type)) {
    case 'number':
      return numberPicker(fn, type)
    case 'bigint':
      return bigintPicker(fn, type)
    case 'decimal':
      return decimalPicker(fn, type)
    case 'bytes':
      return bytePicker(fn, type)
    default:
      return refuseType(`"${fn}"`, type, 'numbers, booleans, times, decimals, strings and binaries')
  }
}
