/** The same pipeline over two arenas, written three ways: readings → those that are high → their number and sum. */
import { isDeepStrictEqual } from 'node:util'

import { withForAwait } from './with_for_await.js'
import { withPipeline } from './with_pipeline.js'
import { withRx } from './with_rx.js'

const arena = `three-ways-${process.pid}`
const results = {
  pipeline: await withPipeline(`${arena}-a`),
  rx: await withRx(`${arena}-b`),
  'for await': await withForAwait(`${arena}-c`),
}
console.table(results)
const same = Object.values(results).every((result) => isDeepStrictEqual(result, results.pipeline))
console.log(same && results.pipeline.count > 0 ? 'the same three times' : 'WRONG: they differ')
process.exitCode = same && results.pipeline.count > 0 ? 0 : 1
