import { type Data, DataType, Vector } from 'apache-arrow'
import { BareVector } from './bare_vector.js'

interface Fields {
  get: (index: number) => unknown
  set: (index: number, value: unknown) => void
  data: readonly Data[]
  length: number
}

const initialize = BareVector as unknown as (this: Fields, data: Data) => void

/** `new Vector([data]).memoize()` without apache-arrow's constructors, which define seven properties on every vector. */
const MemoizedBareVector = function (this: Fields, data: Data) {
  initialize.call(this, data)
  const { get, set, length } = this
  let values: unknown[] | undefined
  // Not assigned where they are made: see BareVector.
  const getOnce = (index: number) => {
    values ??= new Array<undefined>(length)
    return values[index] ?? (values[index] = get(index))
  }
  const setAndKeep = (index: number, value: unknown) => {
    set(index, value)
    values ??= new Array<undefined>(length)
    values[index] = value
  }
  this.get = getOnce
  this.set = setAndKeep
} as unknown as new (data: Data) => Vector

MemoizedBareVector.prototype = Object.create(Vector.prototype, {
  isMemoized: { value: true },
  memoize: {
    value(this: Vector) {
      return this
    },
  },
  unmemoize: {
    value(this: Vector) {
      return new Vector(this.data)
    },
  },
  slice: {
    value(this: Vector, begin?: number, end?: number) {
      return Vector.prototype.slice.call(this, begin, end).memoize()
    },
  },
}) as Vector

/** The vector of some chunks that keeps the values it has given out, as apache-arrow's readers hold dictionaries. */
export function memoizedVector(chunks: readonly Data[]): Vector {
  const [only] = chunks
  return chunks.length === 1 && only !== undefined && !DataType.isDictionary(only.type)
    ? new MemoizedBareVector(only)
    : new Vector(chunks).memoize()
}
