import type { RecordBatch } from 'apache-arrow'
import { metadataOf } from './arena_record_batch.js'
import { BodyPlan, DictionaryValues } from './body_plan.js'
import { BufferViews } from './buffer_views.js'
import type { ColumnData } from './column_data.js'
import type { DictionaryShape, SchemaShape } from './column_shape.js'
import type { EncodePlan } from './encode_plan.js'
import type { MessageTemplate } from './message_template.js'
import { planColumn } from './plan_column.js'
import type { SchemaTemplate } from './schema_template.js'
import type { MessageBlock, TailTemplate } from './tail_template.js'

/** Plans the rows [from, from + rows) of a batch by its schema's template. The schema's shape must be known. */
export function planByTemplate(
  template: SchemaTemplate,
  batch: RecordBatch,
  from: number,
  rows: number,
): EncodePlan {
  const shape = template.shape!
  const dictionaries = shape.dictionaries.length === 0 ? undefined : new DictionaryValues()
  const body = new BodyPlan(shape, dictionaries)
  const children = batch.data.children as unknown as readonly ColumnData[]
  const { columns } = shape
  for (let i = 0; i < columns.length; i++) planColumn(body, columns[i]!, children[i], from, rows)
  const message = { template: template.recordBatch(body.variadicCounts, metadataOf(batch)), rows, body }
  if (dictionaries === undefined) return new TemplatePlan(template, [message], rows)
  return new TemplatePlan(template, [...planDictionaries(template, shape, dictionaries), message], rows)
}

interface PlannedMessage {
  readonly template: MessageTemplate
  readonly rows: number
  readonly body: BodyPlan
}

function planDictionaries(
  template: SchemaTemplate,
  shape: SchemaShape,
  values: DictionaryValues,
): PlannedMessage[] {
  const messages: PlannedMessage[] = []
  // Backwards: a dictionary's own values may be the first to refer to one that is written before it.
  for (let slot = shape.dictionaries.length - 1; slot >= 0; slot--) {
    messages.unshift(...planDictionary(template, shape.dictionaries[slot]!, values))
  }
  return messages
}

/** One message a chunk; those after the first are deltas. No chunk at all is written as an empty dictionary. */
function planDictionary(
  template: SchemaTemplate,
  dictionary: DictionaryShape,
  values: DictionaryValues,
): PlannedMessage[] {
  const chunks = (values.of(dictionary)?.data ?? [undefined]) as unknown as (ColumnData | undefined)[]
  const column = dictionary.values.columns[0]!
  return chunks.map((chunk, i) => {
    const rows = chunk?.length ?? 0
    const body = new BodyPlan(dictionary.values, values)
    planColumn(body, column, chunk, 0, rows)
    return { template: template.dictionaryBatch(dictionary, i > 0, body.variadicCounts), rows, body }
  })
}

class TemplatePlan implements EncodePlan {
  readonly byteLength: number
  readonly rows: number
  readonly #template: SchemaTemplate
  readonly #messages: readonly PlannedMessage[]
  readonly #tail: TailTemplate

  constructor(template: SchemaTemplate, messages: readonly PlannedMessage[], rows: number) {
    this.#template = template
    this.#messages = messages
    this.#tail = template.tail(messages.length - 1)
    this.rows = rows
    let byteLength = template.headLength + this.#tail.byteLength
    for (const message of messages) byteLength += message.template.byteLength + message.body.byteLength
    this.byteLength = byteLength
  }

  writeTo(target: Uint8Array | BufferViews, offset = 0): void {
    if (offset + this.byteLength > target.byteLength) {
      throw new RangeError(
        `the slot takes ${this.byteLength} bytes, and there are ${target.byteLength - offset}`,
      )
    }
    if (target instanceof BufferViews) return this.#write(target, offset)
    const start = target.byteOffset + offset
    if (start % 8 === 0) return this.#write(BufferViews.of(target.buffer), start)
    const aligned = new Uint8Array(this.byteLength)
    this.#write(BufferViews.of(aligned.buffer), 0)
    target.set(aligned, offset)
  }

  #write(views: BufferViews, start: number): void {
    const { head, headLength } = this.#template
    views.u8.set(head, start)
    let at = start + headLength
    const blocks = new Array<MessageBlock>(this.#messages.length)
    for (let i = 0; i < blocks.length; i++) {
      const { template, rows, body } = this.#messages[i]!
      blocks[i] = { offset: at - start, metadataLength: template.byteLength, bodyLength: body.byteLength }
      template.write(views, at, rows, body.nodes, body.bufferLengths, body.byteLength)
      at += template.byteLength
      body.write(views, at)
      at += body.byteLength
    }
    this.#tail.write(views, at, blocks)
  }
}
