/**
 * Just enough of the FlatBuffers wire format (https://flatbuffers.dev/internals) to find where a field lies in a
 * message that apache-arrow has built. Nothing is checked but by the DataView: of bytes made elsewhere any number may come, or a RangeError.
 */
export class FlatbufferTable {
  readonly #view: DataView
  readonly #position: number

  private constructor(view: DataView, position: number) {
    this.#view = view
    this.#position = position
  }

  static root(bytes: Uint8Array): FlatbufferTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return new FlatbufferTable(view, view.getUint32(0, true))
  }

  /** The position of the field with this id (counted in the order of the schema file), or 0 if it is absent. */
  field(id: number): number {
    const vtable = this.#position - this.#view.getInt32(this.#position, true)
    const entry = 4 + 2 * id
    if (entry >= this.#view.getUint16(vtable, true)) return 0
    const offset = this.#view.getUint16(vtable + entry, true)
    return offset === 0 ? 0 : this.#position + offset
  }

  /** The table that this field refers to. */
  table(id: number): FlatbufferTable {
    return new FlatbufferTable(this.#view, this.#follow(id))
  }

  /** The position of the first element of the vector that this field refers to. */
  vector(id: number): number {
    return this.#follow(id) + 4
  }

  int16(id: number): number {
    const position = this.field(id)
    return position === 0 ? 0 : this.#view.getInt16(position, true)
  }

  uint8(id: number): number {
    const position = this.field(id)
    return position === 0 ? 0 : this.#view.getUint8(position)
  }

  #follow(id: number): number {
    const position = this.field(id)
    return position + this.#view.getUint32(position, true)
  }
}

/** Field ids of the tables that the codec looks into, from Arrow's `Message.fbs`, `Schema.fbs` and `File.fbs`. */
export const MessageField = {
  version: 0,
  headerType: 1,
  header: 2,
  bodyLength: 3,
  customMetadata: 4,
} as const
export const RecordBatchField = { length: 0, nodes: 1, buffers: 2 } as const
export const DictionaryBatchField = { id: 0, data: 1, isDelta: 2 } as const
export const SchemaField = { endianness: 0 } as const
export const FooterField = { version: 0, schema: 1, dictionaries: 2, recordBatches: 3 } as const
