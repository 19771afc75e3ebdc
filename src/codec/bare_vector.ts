import { type Data, type Type, Vector } from 'apache-arrow'
import { instance as getVisitor } from 'apache-arrow/visitor/get'
import { instance as indexOfVisitor } from 'apache-arrow/visitor/indexof'
import { instance as setVisitor } from 'apache-arrow/visitor/set'

interface Visitors {
  readonly get: (data: Data, index: number) => unknown
  readonly set: (data: Data, index: number, value: unknown) => void
  readonly indexOf: (data: Data, element: unknown) => number
}

/** The fields of apache-arrow's Vector of one chunk, in its order. */
interface Fields {
  isValid: (index: number) => boolean
  get: (index: number) => unknown
  set: (index: number, value: unknown) => void
  indexOf: (element: unknown) => number
  _offsets: readonly number[]
  data: readonly Data[]
  type: Data['type']
  stride: number
  numChildren: number
  length: number
}

const visitorsOfType: Partial<Record<Type, Visitors>> = {}

function visitorsOf(type: Type): Visitors {
  return (visitorsOfType[type] ??= {
    get: getVisitor.getVisitFnByTypeId(type) as Visitors['get'],
    set: setVisitor.getVisitFnByTypeId(type) as Visitors['set'],
    indexOf: indexOfVisitor.getVisitFnByTypeId(type) as Visitors['indexOf'],
  })
}

/**
 * A Vector of one chunk, without apache-arrow's constructor, which first finds out what it was given. It is of the same
 * class and has the same fields; a test compares them.
 */
export const BareVector = function (this: Fields, data: Data) {
  const { type } = data
  const { get, set, indexOf } = visitorsOf(type.typeId)
  // Not assigned where they are made: V8 takes a function that is written into a property for a long-lived one and puts
  // it, and so the batch behind it, where only a collection of the whole heap finds it.
  const isValid = (index: number) => data.getValid(index)
  const getValue = (index: number) => get(data, index)
  const setValue = (index: number, value: unknown) => set(data, index, value)
  const findIndex = (element: unknown) => indexOf(data, element)
  this.isValid = isValid
  this.get = getValue
  this.set = setValue
  this.indexOf = findIndex
  this._offsets = [0, data.length]
  this.data = [data]
  this.type = type
  this.stride = data.stride
  this.numChildren = (type.children as readonly unknown[] | null | undefined)?.length ?? 0
  this.length = data.length
} as unknown as new (data: Data) => Vector
BareVector.prototype = Vector.prototype
