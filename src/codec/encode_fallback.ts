import { type Data, Message, MetadataVersion, type RecordBatch, RecordBatchStreamWriter } from 'apache-arrow'
import type { Schema, Vector } from 'apache-arrow'
import { Footer } from 'apache-arrow/ipc/metadata/file'
import { BufferRegion, FieldNode } from 'apache-arrow/ipc/metadata/message'
import { ALIGNMENT, align64 } from './alignment.js'
import { BufferViews } from './buffer_views.js'
import type { EncodePlan } from './encode_plan.js'
import { encapsulate } from './message_template.js'
import { FILE_PREFIX } from './schema_template.js'
import { MAGIC } from './tail_template.js'
import { DictionaryIds, wireSchema } from './wire_schema.js'

/**
 * Plans a batch by apache-arrow's own writer: the reference for the template, and the way for types that the template
 * does not know. It allocates the metadata anew and copies what apache-arrow copies (shifted bitmaps, moved offsets);
 * other column buffers are copied once, when the plan is written.
 */
export function planByArrow(batch: RecordBatch): EncodePlan {
  return new ArrowPlan(new SlotWriter().chunksOf(batch), batch.numRows)
}

class ArrowPlan implements EncodePlan {
  readonly byteLength: number

  constructor(
    private readonly chunks: readonly Uint8Array[],
    readonly rows: number,
  ) {
    this.byteLength = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  writeTo(target: Uint8Array | BufferViews, offset = 0): void {
    const bytes = target instanceof BufferViews ? target.u8 : target
    let at = offset
    for (const chunk of this.chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
  }
}

/** apache-arrow's stream writer, made to collect the bytes of a whole file whose bodies are aligned to 64 bytes. */
class SlotWriter extends RecordBatchStreamWriter {
  readonly #chunks: Uint8Array[] = []
  readonly #ids = new DictionaryIds()
  #wire: Schema | undefined

  constructor() {
    super({ autoDestroy: false })
  }

  chunksOf(batch: RecordBatch): readonly Uint8Array[] {
    this.write(batch)
    this.finish()
    return this.#chunks
  }

  protected override _write(chunk: Uint8Array | Int32Array): this {
    if (chunk.byteLength === 0) return this
    this.#chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    this._position += chunk.byteLength
    return this
  }

  protected override _writePadding(bytes: number): this {
    return bytes > 0 ? this._write(new Uint8Array(bytes)) : this
  }

  protected override _writeSchema(schema: Schema): this {
    this.#wire = wireSchema(schema, this.#ids)
    const head = encapsulate(Message.encode(Message.from(this.#wire)), FILE_PREFIX)
    head.set(MAGIC)
    return this._write(head)
  }

  protected override _writeMessage(message: Message): this {
    return super._writeMessage(message, ALIGNMENT)
  }

  protected override _writeDictionaryBatch(dictionary: Data, id: number, isDelta = false): this {
    return super._writeDictionaryBatch(dictionary, this.#ids.of(id), isDelta)
  }

  protected override _assembleRecordBatch(batch: RecordBatch | Vector) {
    const { nodes, buffers, variadicBufferCounts } = super._assembleRecordBatch(batch)
    let byteLength = 0
    const bufferRegions = buffers.map((buffer) => {
      const region = new BufferRegion(byteLength, buffer.byteLength)
      byteLength += align64(buffer.byteLength)
      return region
    })
    // A slice without a bitmap has an unknown null count, which apache-arrow would write as -1.
    const counted = nodes.map((node) => new FieldNode(node.length, Math.max(0, node.nullCount)))
    return { byteLength, nodes: counted, bufferRegions, buffers, variadicBufferCounts }
  }

  protected override _writeBodyBuffers(buffers: ArrayBufferView[]): this {
    for (const { buffer, byteOffset, byteLength } of buffers) {
      this._write(new Uint8Array(buffer, byteOffset, byteLength))
      this._writePadding(align64(byteLength) - byteLength)
    }
    return this
  }

  protected override _writeFooter(schema: Schema): this {
    super._writeFooter(schema)
    const { _recordBatchBlocks: batches, _dictionaryBlocks: dictionaries } = this
    const footer = Footer.encode(new Footer(this.#wire!, MetadataVersion.V5, batches, dictionaries))
    return this._write(footer)._write(Int32Array.of(footer.length))._write(MAGIC)
  }
}
