import { type Field, type RecordBatch, Schema } from 'apache-arrow'
import { planByArrow } from './encode_fallback.js'
import type { EncodePlan } from './encode_plan.js'
import { planByTemplate } from './encode_template.js'
import { templateOf } from './schema_template.js'

/** Plans one slot for the rows [from, from + rows) of a batch, without slicing it. */
export function planRows(batch: RecordBatch, from: number, rows: number): EncodePlan {
  let template = templateOf(batch.schema)
  if (template.hasDuplicateNames) template = templateOf(schemaOfColumns(batch))
  if (template.shape !== undefined) return planByTemplate(template, batch, from, rows)
  const whole = from === 0 && rows === batch.numRows
  return planByArrow(whole ? batch : batch.slice(from, from + rows))
}

/**
 * The schema with the types that the columns have. apache-arrow's RecordBatch looks columns up by name when it is made, and
 * gives the first column of a name the type of the last.
 */
function schemaOfColumns({ schema, data }: RecordBatch): Schema {
  const columns = data.type.children
  const fields = schema.fields.map((field: Field, i) => {
    const { type } = data.children[i]!
    return columns[i]!.type === type ? columns[i]! : field.clone({ type })
  })
  return new Schema(fields, schema.metadata)
}
