import test from 'ava'
import * as qads from 'qadataswap'

import { fromNative } from '#src/base/errors.js'

test('every error class has a stable code, a name and the base class', (t) => {
  const seen = new Set<string>()
  for (const [name, value] of Object.entries(qads)) {
    if (!name.endsWith('Error') || name === 'QadsError') continue
    const type = value as unknown as (new (message: string) => qads.QadsError) & { code: string }
    const error = new type('what happened')
    t.true(error instanceof qads.QadsError, name)
    t.true(error instanceof Error, name)
    t.is(error.name, name === 'AbortedError' ? 'AbortError' : name)
    t.regex(error.code, /^ERR_QADS_[A-Z_]+$/)
    t.is(error.message, 'what happened')
    t.false(seen.has(error.code), `${error.code} belongs to one class`)
    seen.add(error.code)
  }
  t.true(seen.size > 20)
})

test('errors of the addon become ours by their code, and others stay what they are', (t) => {
  const native = Object.assign(new Error('arena "x" is gone'), { code: 'ERR_QADS_NOT_FOUND' })
  const error = fromNative(native)
  t.true(error instanceof qads.NotFoundError)
  t.is((error as Error).message, 'arena "x" is gone')
  const other = Object.assign(new Error('no such file'), { code: 'ENOENT' })
  t.is(fromNative(other), other)
  t.is(fromNative('text'), 'text')
  t.is(fromNative(error), error)
})
