import type { DataType, Dictionary, Field, Schema } from 'apache-arrow'
import { Type } from 'apache-arrow'
import { DictionaryIds } from './wire_schema.js'

/**
 * Text that is the same for two schemas exactly when their schema messages are: names, types, nullability, metadata,
 * and which columns share a dictionary, but not the numbers that apache-arrow gave the dictionaries.
 */
export function schemaKey(schema: Schema): string {
  const ids = new DictionaryIds()
  let key = metadataKey(schema.metadata)
  for (const field of schema.fields) key += fieldKey(field, ids)
  return key
}

function fieldKey(field: Field, ids: DictionaryIds): string {
  // With its length before it, no name can pass for a name and something else.
  const name = field.name || ''
  return `${name.length}:${name}${field.nullable ? '?' : '!'}${metadataKey(field.metadata)}${typeKey(field.type as DataType, ids)};`
}

function metadataKey(metadata: Map<string, string>): string {
  return metadata.size === 0 ? '' : JSON.stringify([...metadata])
}

/** Every parameter that some type has. A type has only some of them; the rest read as undefined. */
interface Parameters {
  readonly bitWidth?: number
  readonly isSigned?: boolean
  readonly precision?: number
  readonly scale?: number
  readonly unit?: number
  readonly timezone?: string | null
  readonly byteWidth?: number
  readonly listSize?: number
  readonly keysSorted?: boolean
  readonly mode?: number
  readonly typeIds?: Int32Array
}

function typeKey(type: DataType, ids: DictionaryIds): string {
  if (type.typeId === Type.Dictionary) {
    const of = type as Dictionary
    const id = ids.of(of.id)
    const indices = typeKey(of.indices as DataType, ids)
    return `d${id}${of.isOrdered ? 'o' : ''}(${indices})(${typeKey(of.dictionary as DataType, ids)})`
  }
  const p = type as unknown as Parameters
  let key = `${type.typeId}`
  if (p.bitWidth !== undefined) key += `w${p.bitWidth}`
  if (p.isSigned !== undefined) key += p.isSigned ? 's' : 'u'
  if (p.precision !== undefined) key += `p${p.precision}`
  if (p.scale !== undefined) key += `c${p.scale}`
  if (p.unit !== undefined) key += `n${p.unit}`
  if (p.timezone) key += `z${JSON.stringify(p.timezone)}`
  if (p.byteWidth !== undefined) key += `b${p.byteWidth}`
  if (p.listSize !== undefined) key += `l${p.listSize}`
  if (p.keysSorted) key += 'k'
  if (p.mode !== undefined) key += `m${p.mode}`
  if (p.typeIds !== undefined) key += `t${p.typeIds.join()}`
  const children = type.children as Field[] | null
  if (children !== null && children.length > 0) {
    key += '{'
    for (const child of children) key += fieldKey(child, ids)
    key += '}'
  }
  return key
}
