import {
  Data,
  DataType,
  type Dictionary,
  Field,
  RecordBatch,
  Schema,
  Type,
  type TypeMap,
  Vector,
} from 'apache-arrow'
import { arenaBatchPrototype } from '../codec/arena_record_batch.js'
import { rebuildField, rebuildType } from '../codec/rebuild_type.js'
import { InvalidArgumentError } from '../base/errors.js'
import { show } from '../base/validators.js'
import { makeBatch } from './batch.js'
import { childFields } from './buffers.js'

// A program may hold another copy of apache-arrow than this library does: CommonJS beside ES modules, or another version. Its functions do
// not know the classes of the other copy. What comes in is therefore rebuilt of our classes, here and nowhere else, over the same memory.

const batches = new WeakMap<object, RecordBatch>()
const schemas = new WeakMap<object, Schema>()
const types = new WeakMap<object, DataType>()
const vectors = new WeakMap<object, Vector>()

/** Whether a value is a record batch, of any copy of apache-arrow. */
export function isBatch(value: unknown): value is RecordBatch {
  if (typeof value !== 'object' || value === null) return false
  if (isOf(RecordBatch, value)) return true
  const { schema, data, numRows } = value as Partial<RecordBatch>
  return (
    isSchema(schema) && Array.isArray((data as Partial<Data> | undefined)?.children) && numRows !== undefined
  )
}

/** Whether a value is a schema, of any copy of apache-arrow. */
export function isSchema(value: unknown): value is Schema {
  if (typeof value !== 'object' || value === null) return false
  return isOf(Schema, value) || (Array.isArray((value as Partial<Schema>).fields) && 'metadata' in value)
}

/** The batch itself if all of it is of this copy of apache-arrow, else one that is, over the same memory. */
export function adoptBatch<T extends TypeMap>(batch: RecordBatch<T>): RecordBatch<T> {
  if (Object.getPrototypeOf(batch) === arenaBatchPrototype) return batch
  if (!isBatch(batch)) {
    throw new InvalidArgumentError(
      `a record batch of apache-arrow is needed (of a table one of its batches), got ${show(batch)}`,
    )
  }
  const known = batches.get(batch)
  if (known !== undefined) return known as RecordBatch<T>
  const schema = adoptSchema(batch.schema)
  const { children } = batch.data
  const columns = children.map((column) => adoptData(column))
  if (
    isOf(RecordBatch, batch) &&
    schema === batch.schema &&
    columns.every((column, i) => column === children[i])
  )
    return batch
  const adopted = makeBatch(schema, columns, batch.numRows, batch.metadata)
  batches.set(batch, adopted)
  return adopted
}

/** The schema itself if all of it is of this copy of apache-arrow, else one that is. */
export function adoptSchema<T extends TypeMap>(schema: Schema<T>): Schema<T> {
  if (isOf(Schema, schema) && schema.fields.every(isOwnField)) return schema
  let adopted = schemas.get(schema)
  if (adopted === undefined) {
    const fields = schema.fields.map(
      (field: Field) =>
        new Field(field.name, adoptType(field.type as DataType), field.nullable, field.metadata),
    )
    adopted = new Schema(fields, schema.metadata, undefined, schema.metadataVersion)
    schemas.set(schema, adopted)
  }
  return adopted as Schema<T>
}

/**
 * A column as one of this copy of apache-arrow; with `given`, as one of that type, which differs from its own in nothing but names and
 * dictionary ids.
 */
export function adoptData(data: Data, given?: DataType): Data {
  const type = given ?? adoptType(data.type)
  const fields = given && childFields(given)
  const children = data.children.map((child, i) =>
    adoptData(child, fields?.[i]?.type as DataType | undefined),
  )
  const values = given && ((given as Dictionary).dictionary as DataType | undefined)
  const dictionary = data.dictionary && adoptDictionary(data.dictionary, values)
  if (
    isOf(Data, data) &&
    type === data.type &&
    dictionary === data.dictionary &&
    children.every((child, i) => child === data.children[i])
  )
    return data
  const { _nullCount: nullCount } = data as unknown as { readonly _nullCount: number }
  const { buffers, offset, length, variadicBuffers } = data
  return new Data(type, offset, length, nullCount, buffers as never, children, dictionary, variadicBuffers)
}

/** Batches that share a dictionary go on to share it. */
function adoptDictionary(dictionary: Vector, type: DataType | undefined): Vector {
  const known = vectors.get(dictionary)
  if (known?.length === dictionary.length && (type === undefined || known.type === type)) return known
  const chunks = dictionary.data as readonly Data[]
  const adopted = chunks.map((chunk) => adoptData(chunk, type))
  if (isOf(Vector, dictionary) && adopted.every((chunk, i) => chunk === chunks[i])) return dictionary
  const vector = new Vector(adopted)
  vectors.set(dictionary, vector)
  return vector
}

function adoptType(type: DataType): DataType {
  if (isOwnType(type)) return type
  let own = types.get(type)
  if (own === undefined) {
    own = rebuildType(type, {
      id: (dictionary) => sharedId(dictionary as Dictionary<DataType>),
      name: (name) => name,
    })
    types.set(type, own)
  }
  return own
}

/** Of other copies' dictionaries, by the type of their values: their own numbers may be those of other dictionaries here. */
const idsOfForeign = new WeakMap<object, Map<number, number>>()

function sharedId({ id, dictionary: values }: Dictionary<DataType>): number {
  const ids = idsOfForeign.get(values) ?? new Map<number, number>()
  idsOfForeign.set(values, ids)
  let own = ids.get(id)
  if (own === undefined) ids.set(id, (own = newId()))
  return own
}

/** Beyond the numbers that apache-arrow gives, and those that come in messages. */
let nextId = 2 ** 40

function newId(): number {
  return nextId++
}

/** The fields with new dictionary ids, so that they can stand beside fields of other batches in one schema. */
export function withNewDictionaries(fields: readonly Field[]): Field[] {
  const ids = new Map<number, number>()
  const id = (dictionary: Dictionary) => {
    let own = ids.get(dictionary.id)
    if (own === undefined) ids.set(dictionary.id, (own = newId()))
    return own
  }
  return fields.map((field) =>
    hasDictionary(field.type as DataType) ? rebuildField(field, { id, name: (name) => name }) : field,
  )
}

function hasDictionary(type: DataType): boolean {
  return (
    type.typeId === Type.Dictionary ||
    childFields(type).some((field) => hasDictionary(field.type as DataType))
  )
}

function isOwnField(field: Field): boolean {
  return isOf(Field, field) && isOwnType(field.type as DataType)
}

function isOwnType(type: DataType): boolean {
  if (!isOf(DataType, type)) return false
  if (type.typeId === Type.Dictionary) {
    const { indices, dictionary } = type as Dictionary<DataType>
    return isOf(DataType, indices) && isOwnType(dictionary)
  }
  return childFields(type).every(isOwnField)
}

/** By this copy's class alone: `instanceof` of apache-arrow's classes is true for those of other copies too. */
function isOf(own: { readonly prototype: object }, value: object): boolean {
  return Object.prototype.isPrototypeOf.call(own.prototype, value)
}
