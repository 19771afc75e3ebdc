import { type DataType, type Dictionary, type Field, type Schema, Type } from 'apache-arrow'

/** What tells two schemas apart, or undefined. Dictionaries may be numbered differently, if they are shared alike. */
export function schemaDifference(actual: Schema, expected: Schema): string | undefined {
  return new SchemaComparison().schemas(actual, expected)
}

export function metadataDifference(
  actual: Map<string, string>,
  expected: Map<string, string>,
): string | undefined {
  const [a, b] = [JSON.stringify([...actual]), JSON.stringify([...expected])]
  return a === b ? undefined : `metadata ${a} instead of ${b}`
}

const PARAMETERS = [
  'typeId',
  'bitWidth',
  'isSigned',
  'precision',
  'scale',
  'unit',
  'timezone',
  'byteWidth',
  'listSize',
  'keysSorted',
  'mode',
  'typeIds',
  'isOrdered',
] as const

class SchemaComparison {
  readonly #ids = new Map<number, number>()

  schemas(actual: Schema, expected: Schema): string | undefined {
    return (
      this.#fields(actual.fields, expected.fields, 'schema') ??
      metadataDifference(actual.metadata, expected.metadata)
    )
  }

  #fields(actual: readonly Field[], expected: readonly Field[], path: string): string | undefined {
    if (actual.length !== expected.length)
      return `${path}: ${actual.length} fields instead of ${expected.length}`
    for (const [i, field] of actual.entries()) {
      const difference = this.#field(field, expected[i]!, `${path}.${i}`)
      if (difference !== undefined) return difference
    }
    return undefined
  }

  #field(actual: Field, expected: Field, path: string): string | undefined {
    // apache-arrow leaves out empty names, and reads what is left out as null.
    const [a, b] = [actual.name || '', expected.name || '']
    if (a !== b) return `${path}: name ${JSON.stringify(a)} instead of ${JSON.stringify(b)}`
    if (actual.nullable !== expected.nullable) return `${path}: nullable ${String(actual.nullable)}`
    const metadata = metadataDifference(actual.metadata, expected.metadata)
    if (metadata !== undefined) return `${path}: ${metadata}`
    return this.#types(actual.type as DataType, expected.type as DataType, path)
  }

  #types(actual: DataType, expected: DataType, path: string): string | undefined {
    for (const parameter of PARAMETERS) {
      const [a, b] = [actual, expected].map((type) => JSON.stringify(valueOf(type, parameter)))
      if (a !== b) return `${path}: ${parameter} ${String(a)} instead of ${String(b)}`
    }
    if (actual.typeId === Type.Dictionary) {
      const [a, b] = [actual as Dictionary, expected as Dictionary]
      const known = this.#ids.get(b.id) ?? a.id
      this.#ids.set(b.id, a.id)
      if (known !== a.id) return `${path}: columns no longer share a dictionary`
      return (
        this.#types(a.indices as DataType, b.indices as DataType, `${path}.indices`) ??
        this.#types(a.dictionary as DataType, b.dictionary as DataType, `${path}.dictionary`)
      )
    }
    const [a, b] = [actual.children as Field[] | null, expected.children as Field[] | null]
    return this.#fields(a ?? [], b ?? [], path)
  }
}

/** Types that lack a parameter, or have none set, are alike. */
function valueOf(type: DataType, parameter: string): unknown {
  return (type as unknown as Record<string, unknown>)[parameter] ?? undefined
}
