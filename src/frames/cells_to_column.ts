import {
  type Data,
  type DataType,
  type Decimal,
  type Dictionary,
  type FixedSizeList,
  makeData,
  type Map_,
  Type,
  Vector,
} from 'apache-arrow'
import { typeName } from './buffers.js'
import { InvalidArgumentError } from '../base/errors.js'
import { show } from '../base/validators.js'
import { columnFromBigints, columnFromBytes, columnFromDecimals, columnFromNumbers } from './build_column.js'
import { bigintOfCell, bytesOfCell, decimalOfCell, numberOfCell, wordsOfCell } from './cell_values.js'
import { ColumnTypeError, located } from './frame_error.js'
import { layoutOf } from './layout.js'
import { checkDistinct, propertyReader } from './properties.js'
import { scalarKind } from './scalars.js'
import { type NewValidity, validityFromFlags } from './validity.js'

/** A column of plain values, one to a row; null and undefined are nulls. Each value must fit the type: nothing is cut or rounded. */
export function columnFromCells(type: DataType, cells: readonly unknown[]): Data {
  const length = cells.length
  const validity = validityFromFlags(
    cells.map((cell) => (cell === null || cell === undefined ? 0 : 1)),
    length,
  )
  switch (scalarKind(type)) {
    case 'number':
      return columnFromNumbers(
        type,
        convert(cells, 0, (cell) => numberOfCell(type, cell)),
        length,
        validity,
      )
    case 'bigint':
      return columnFromBigints(
        type,
        convert(cells, 0n, (cell) => bigintOfCell(type, cell)),
        length,
        validity,
      )
    case 'decimal':
      return columnFromDecimals(
        type as Decimal,
        convert(cells, 0n, (cell) => decimalOfCell(type as Decimal, cell)),
        length,
        validity,
      )
    case 'bytes':
      return columnFromBytes(
        type,
        convert(cells, new Uint8Array(0), (cell) => bytesOfCell(type, cell)),
        validity,
      )
    default:
      return nestedColumn(type, cells, validity)
  }
}

function nestedColumn(type: DataType, cells: readonly unknown[], validity: NewValidity): Data {
  const length = cells.length
  switch (layoutOf(type)) {
    case 'null':
      convert(cells, null, (cell) => refuse(cell, 'nothing but null'))
      return makeData({ type: type as never, length })
    case 'fixed': {
      const { stride } = makeData({ type, length: 0 } as never)
      const data = new Int32Array(length * stride)
      convert(cells, undefined, (cell, row) => {
        data.set(wordsOfCell(cell, stride), row * stride)
        return undefined
      })
      return makeData({ type, length, ...validity, data } as never)
    }
    case 'list':
      return listColumn(type, cells, validity)
    case 'fixed-list': {
      const { listSize } = type as FixedSizeList
      const items = convert(cells, new Array<null>(listSize).fill(null), (cell) => {
        const list = itemsOf(cell)
        return list.length === listSize ? list : refuse(cell, `a list of ${listSize} items`)
      }).flat()
      return makeData({ type, length, ...validity, child: childColumn(type, 0, items) } as never)
    }
    case 'struct': {
      checkDistinct(
        type.children.map((field) => field.name),
        'a struct',
      )
      const objects = convert(cells, {}, (cell) => (isObject(cell) ? cell : refuse(cell, 'an object')))
      const children = type.children.map((field, i) =>
        childColumn(type, i, objects.map(propertyReader(field.name))),
      )
      return makeData({ type, length, ...validity, children } as never)
    }
    case 'dictionary':
      return dictionaryColumn(type as Dictionary, cells, validity)
    default:
      throw new ColumnTypeError(
        `a column of ${typeName(type)} cannot be made of plain values; build it with apache-arrow`,
      )
  }
}

function listColumn(type: DataType, cells: readonly unknown[], validity: NewValidity): Data {
  const isMap = type.typeId === Type.Map
  const lists = convert<readonly unknown[]>(cells, [], isMap ? entriesOf : itemsOf)
  const ends = new Float64Array(lists.length + 1)
  lists.forEach((list, i) => (ends[i + 1] = ends[i]! + list.length))
  const valueOffsets =
    type.typeId === Type.LargeList ? BigInt64Array.from(ends, BigInt) : Int32Array.from(ends)
  const items = lists.flat()
  const child = isMap ? entriesColumn(type as Map_, items as Entry[]) : childColumn(type, 0, items)
  return makeData({ type, length: lists.length, ...validity, valueOffsets, child } as never)
}

const NEGATIVE_ZERO = Symbol('-0')

function dictionaryColumn(type: Dictionary, cells: readonly unknown[], validity: NewValidity): Data {
  const entries = new Map<unknown, number>()
  const values: unknown[] = []
  const indices = convert(cells, 0, (cell) => {
    // A Map takes the two zeros for one key.
    const key = Object.is(cell, -0) ? NEGATIVE_ZERO : cell
    let index = entries.get(key)
    if (index === undefined) {
      index = values.push(cell) - 1
      entries.set(key, index)
    }
    return index
  })
  const dictionary = new Vector([columnFromCells(type.dictionary as DataType, values)])
  const { bitWidth, isSigned } = type.indices
  if (values.length > 2 ** (bitWidth - (isSigned ? 1 : 0))) {
    throw new InvalidArgumentError(
      `${values.length} distinct values are more than indices of ${bitWidth} bits can name`,
    )
  }
  const data = type.indices.ArrayType.from(indices)
  return makeData({ type, length: cells.length, ...validity, data, dictionary } as never)
}

function childColumn(type: DataType, i: number, cells: readonly unknown[]): Data {
  const field = type.children[i]!
  return located(`"${field.name}"`, () => columnFromCells(field.type as DataType, cells))
}

/** The values of the cells, `filler` for the nulls; an error names the row. */
function convert<V>(cells: readonly unknown[], filler: V, valueOf: (cell: unknown, row: number) => V): V[] {
  const values: V[] = []
  try {
    for (const cell of cells) {
      values.push(cell === null || cell === undefined ? filler : valueOf(cell, values.length))
    }
  } catch (error) {
    return located(`row ${values.length}`, () => {
      throw error
    })
  }
  return values
}

function itemsOf(cell: unknown): readonly unknown[] {
  if (Array.isArray(cell)) return cell as unknown[]
  if (typeof cell === 'object' && Symbol.iterator in cell!) return [...(cell as Iterable<unknown>)]
  return refuse(cell, 'a list')
}

type Entry = readonly [key: unknown, value: unknown]

function entriesOf(cell: unknown): readonly Entry[] {
  if (cell instanceof Map) return [...(cell as Map<unknown, unknown>)]
  return isObject(cell) ? Object.entries(cell) : refuse(cell, 'a Map')
}

/** A map's entries, as the structs of a key and a value that Arrow makes of them. */
function entriesColumn(type: Map_, entries: readonly Entry[]): Data {
  const { childType } = type
  const children = ([0, 1] as const).map((part) =>
    childColumn(
      childType,
      part,
      entries.map((entry) => entry[part]),
    ),
  )
  return makeData({ type: childType, length: entries.length, nullCount: 0, children } as never)
}

function isObject(cell: unknown): cell is Record<string, unknown> {
  return typeof cell === 'object' && cell !== null && !Array.isArray(cell)
}

function refuse(cell: unknown, takes: string): never {
  throw new InvalidArgumentError(`the column takes ${takes}, got ${show(cell)}`)
}
