import { type Field, Message, Schema } from 'apache-arrow'
import { InvalidArgumentError } from '../base/errors.js'
import { addon } from '../native/load_addon.js'
import { type BatchShape, type DictionaryShape, type SchemaShape, shapeOfSchema } from './column_shape.js'
import { encapsulate, MessageTemplate } from './message_template.js'
import { schemaKey } from './schema_key.js'
import { MAGIC, TailTemplate } from './tail_template.js'
import { wireSchema } from './wire_schema.js'

/** Magic and its padding, before the schema message. */
export const FILE_PREFIX = 8

/** Everything that slots of one schema have in common: made once a schema, then only copied and patched. */
export class SchemaTemplate {
  /** As it is written; see `wireSchema`. */
  readonly schema: Schema
  /** Undefined if the schema has a type that only apache-arrow's own writer may know. */
  readonly shape: SchemaShape | undefined
  /** Whether two columns have one name. */
  readonly hasDuplicateNames: boolean
  /** Magic and schema message, padded to 64 bytes. */
  readonly head: Uint8Array
  readonly headLength: number
  readonly #messages = new Map<string, MessageTemplate>()
  readonly #tails: TailTemplate[] = []
  #usual: MessageTemplate | undefined

  constructor(schema: Schema) {
    this.schema = wireSchema(schema)
    this.shape = shapeOfSchema(this.schema)
    this.hasDuplicateNames = new Set(schema.names).size < schema.names.length
    this.head = encapsulate(Message.encode(Message.from(this.schema)), FILE_PREFIX)
    this.head.set(MAGIC)
    this.headLength = this.head.length
    const refusal = addon().schemaRefusal(this.head)
    if (refusal !== null) throw refused(schema, refusal)
  }

  /** The record batch message for this many variadic buffers in each view column. Batch metadata is not cached. */
  recordBatch(variadicCounts: readonly number[], metadata: Map<string, string> | undefined): MessageTemplate {
    const shape = this.shape!
    if (metadata !== undefined && metadata.size > 0) return messageOf(shape, variadicCounts, metadata)
    if (variadicCounts.length === 0) return (this.#usual ??= messageOf(shape, variadicCounts))
    return this.#cached(`r${variadicCounts.join()}`, () => messageOf(shape, variadicCounts))
  }

  dictionaryBatch(
    dictionary: DictionaryShape,
    isDelta: boolean,
    variadicCounts: readonly number[],
  ): MessageTemplate {
    const { id, values } = dictionary
    return this.#cached(`d${id}${isDelta ? '+' : ' '}${variadicCounts.join()}`, () =>
      messageOf(values, variadicCounts, undefined, { id, isDelta }),
    )
  }

  tail(dictionaryBlocks: number): TailTemplate {
    return (this.#tails[dictionaryBlocks] ??= new TailTemplate(this.schema, dictionaryBlocks))
  }

  #cached(key: string, make: () => MessageTemplate): MessageTemplate {
    let message = this.#messages.get(key)
    if (message === undefined) {
      // Variadic buffer counts may take any value, so that the number of templates must be bounded.
      if (this.#messages.size >= MESSAGES_KEPT) this.#messages.clear()
      message = make()
      this.#messages.set(key, message)
    }
    return message
  }
}

/** What no reader would take is refused here, by the same rules and once a schema. */
function refused(schema: Schema, why: string): InvalidArgumentError {
  const { fields } = schema
  const field = fields.length > 1 ? fields.find((one) => !isWritable(one)) : fields[0]
  const what = field === undefined ? 'the schema' : `column "${field.name}" of ${String(field.type)}`
  return new InvalidArgumentError(`${what} cannot be written, for every reader would refuse it: ${why}`)
}

function isWritable(field: Field): boolean {
  try {
    return new SchemaTemplate(new Schema([field], new Map(), new Map())).headLength > 0
  } catch {
    return false
  }
}

const MESSAGES_KEPT = 256
const SCHEMAS_KEPT = 64

function messageOf(
  shape: BatchShape,
  variadicCounts: readonly number[],
  metadata?: Map<string, string>,
  dictionary?: { readonly id: number; readonly isDelta: boolean },
): MessageTemplate {
  let bufferCount = shape.bufferCount
  for (const count of variadicCounts) bufferCount += count
  return new MessageTemplate({
    nodeCount: shape.nodeCount,
    bufferCount,
    variadicCounts,
    ...(metadata && { metadata }),
    ...(dictionary && { dictionary }),
  })
}

const bySchema = new WeakMap<Schema, SchemaTemplate>()
/** Most recently used last. Finds the template for a schema that was made anew and equals a known one. */
const byKey = new Map<string, SchemaTemplate>()

/** The template of a schema. A schema must not be changed once it was used here. */
export function templateOf(schema: Schema): SchemaTemplate {
  let template = bySchema.get(schema)
  if (template === undefined) {
    const key = schemaKey(schema)
    template = byKey.get(key) ?? new SchemaTemplate(schema)
    byKey.delete(key)
    byKey.set(key, template)
    if (byKey.size > SCHEMAS_KEPT) byKey.delete(byKey.keys().next().value!)
    bySchema.set(schema, template)
  }
  return template
}
