import { Message, MetadataVersion, Schema, Struct, Type } from 'apache-arrow'
import type { DataType, Dictionary, Field } from 'apache-arrow'
import { CorruptError, IncompatibleError } from '../base/errors.js'
import { type SchemaShape, shapeOfSchema } from './column_shape.js'
import { FlatbufferTable, MessageField, SchemaField } from './flatbuffer.js'

/** A schema message that was parsed, and what decoding batches of it needs. */
export interface KnownSchema {
  readonly schema: Schema
  /** Undefined if batches of this schema are read by apache-arrow's own reader. */
  readonly shape: SchemaShape | undefined
  /** The type of a batch as a whole: one for all batches, as apache-arrow keeps what it makes for rows in it. */
  readonly structType: Struct
  /** Position of the first column of each name. */
  readonly positions: ReadonlyMap<PropertyKey, number>
  /** The flatbuffer with its padding. */
  readonly bytes: Uint8Array
}

const SCHEMAS_KEPT = 64
const NO_ID = 0

/** The schemas that a reader has met, most recent first. A schema is recognised by its bytes, or the id that stands for them. */
export class SchemaCache {
  readonly #known: KnownSchema[] = []
  readonly #ids = new Map<number, KnownSchema>()
  #last: KnownSchema | undefined
  #lastId = NO_ID

  findId(id: number): KnownSchema | undefined {
    if (id === NO_ID) return undefined
    if (id === this.#lastId) return this.#last
    const known = this.#ids.get(id)
    if (known !== undefined) this.#keepId(id, known)
    return known
  }

  /**
   * The schema of a message; batches of equal messages share it.
   * @param id Stands for exactly these bytes, if given: `findId` finds it from now on.
   */
  find(message: Uint8Array, id = NO_ID): KnownSchema {
    const known = this.#findBytes(message)
    if (id !== NO_ID) this.#keepId(id, known)
    return known
  }

  #keepId(id: number, known: KnownSchema): void {
    if (this.#ids.size >= SCHEMAS_KEPT) this.#ids.clear()
    this.#ids.set(id, known)
    this.#last = known
    this.#lastId = id
  }

  #findBytes(message: Uint8Array): KnownSchema {
    const known = this.#known
    for (let i = 0; i < known.length; i++) {
      const entry = known[i]!
      if (entry.bytes.length !== message.length || Buffer.compare(entry.bytes, message) !== 0) continue
      if (i > 0) {
        known.splice(i, 1)
        known.unshift(entry)
      }
      return entry
    }
    const entry = parse(Uint8Array.from(message))
    known.unshift(entry)
    if (known.length > SCHEMAS_KEPT) known.pop()
    return entry
  }
}

function parse(bytes: Uint8Array): KnownSchema {
  const header = FlatbufferTable.root(bytes).table(MessageField.header)
  if (header.int16(SchemaField.endianness) !== 0) {
    throw new IncompatibleError('the batch was written big-endian: only little-endian machines are supported')
  }
  const schema = named(decode(bytes))
  checkUnions(schema)
  const positions = new Map<PropertyKey, number>()
  schema.fields.forEach(({ name }, i) => {
    if (!positions.has(name)) positions.set(name, i)
  })
  // Older metadata is left to apache-arrow.
  const shape = schema.metadataVersion >= MetadataVersion.V5 ? shapeOfSchema(schema) : undefined
  return { schema, shape, structType: new Struct(schema.fields), positions, bytes }
}

function decode(bytes: Uint8Array): Schema {
  try {
    const message = Message.decode(bytes)
    if (!message.isSchema()) throw new TypeError('the first message is not a schema')
    return message.header()
  } catch (cause) {
    const unknown = /Unrecognized type: "(\w+)"/.exec(String(cause))?.[1]
    if (unknown !== undefined) {
      throw new IncompatibleError(
        `the batch has a column of type ${unknown}, which apache-arrow does not know: write another type, or read it in ` +
          'Python, Rust or C++',
        { cause },
      )
    }
    throw new CorruptError(`the schema of a batch cannot be read: ${String(cause)}`, { cause })
  }
}

/** Before version 5 unions had validity bitmaps, of which apache-arrow takes the bytes for type ids. */
export function checkUnions(schema: Schema): void {
  if (schema.metadataVersion >= MetadataVersion.V5) return
  const field = schema.fields.find(({ type }) => hasUnion(type as DataType))
  if (field === undefined) return
  throw new IncompatibleError(
    `column "${field.name}" has a union in Arrow metadata older than version 5, which apache-arrow does not read: write it with version 5 ` +
      '(pyarrow: IpcWriteOptions(metadata_version=MetadataVersion.V5)), or read it in Python, Rust or C++',
  )
}

function hasUnion(type: DataType): boolean {
  if (type.typeId === Type.Union) return true
  if (type.typeId === Type.Dictionary) return hasUnion((type as Dictionary<DataType>).dictionary)
  return ((type.children as Field[] | null) ?? []).some((child) => hasUnion(child.type as DataType))
}

/** apache-arrow reads a name that is empty or left out as null. */
function named(schema: Schema): Schema {
  for (const { type } of schema.fields) nameChildren(type as DataType)
  const fields = schema.fields.map(nameField)
  return new Schema(fields, schema.metadata, schema.dictionaries, schema.metadataVersion)
}

function nameField(field: Field): Field {
  return (field.name as string | null) === null ? field.clone({ name: '' }) : field
}

/** In place, for the type belongs to the schema that was just decoded. */
function nameChildren(type: DataType): void {
  const children = type.children as Field[] | null
  children?.forEach((child, i) => {
    nameChildren(child.type as DataType)
    children[i] = nameField(child)
  })
}
