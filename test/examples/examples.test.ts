import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import test from 'ava'

/** Runs an example as its README line does; it exits with 0 only when its own check holds. */
async function run(example: string, ...args: string[]): Promise<string> {
  const main = fileURLToPath(new URL(`../../examples/${example}/main.js`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args])
  return stdout
}

test.serial(
  'flights: what the consumer computes in place is what Polars computes in the producer',
  async (t) => {
    const output = await run('flights')
    t.regex(output, /the same as Polars' own group-by over 3000000 rows, for all 229 origins/)
    t.regex(output, /bytes copied on the read side: 0/)
  },
)

test.serial('market data: bars and the as-of join are what plain loops compute', async (t) => {
  const output = await run('market_data')
  t.is(output.match(/as computed plainly/g)?.length, 2)
  t.false(output.includes('WRONG'))
})

test.serial('three ways: pipeline, RxJS and for await give the same', async (t) => {
  t.true(existsSync(fileURLToPath(new URL('../../examples/three_ways/main.js', import.meta.url))))
  t.regex(await run('three_ways'), /the same three times/)
})

test.serial(
  'keep everything: batches that are never let go keep their values, and nothing is copied',
  async (t) => {
    const output = await run('keep_everything', '300')
    t.regex(output, /every value is as it was written; 0 bytes copied/)
    t.true(Number(/; (\d+) moved out/.exec(output)![1]) > 100, output)
  },
)
