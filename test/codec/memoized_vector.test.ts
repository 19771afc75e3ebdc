import { makeData, Utf8, Vector, vectorFromArray } from 'apache-arrow'
import test from 'ava'

import { memoizedVector } from '#src/codec/memoized_vector.js'

const words = ['a', null, 'b', 'b', null, 'c']
const chunk = vectorFromArray(words, new Utf8()).data[0]!

test('a memoized vector is what apache-arrow makes of the same chunk', (t) => {
  const ours = memoizedVector([chunk])
  const theirs = new Vector([chunk]).memoize()
  t.true(ours instanceof Vector && Vector.isVector(ours))
  t.deepEqual(Object.keys(ours), Object.keys(theirs))
  for (const field of ['type', 'stride', 'numChildren', 'length', 'nullCount', 'isMemoized'] as const)
    t.is(ours[field], theirs[field])
  t.deepEqual([...ours], words)
  t.deepEqual(
    words.map((_, i): unknown => ours.get(i)),
    words,
  )
  t.is(ours.at(-1), 'c')
  t.is(ours.indexOf('b'), 2)
  t.false(ours.isValid(1))
  t.deepEqual(ours.toArray(), theirs.toArray())
})

test('a memoized vector keeps what it gave out', (t) => {
  const bytes = vectorFromArray(['a', 'b'], new Utf8()).data[0]!
  const ours = memoizedVector([bytes])
  t.is(ours.get(0), 'a')
  bytes.values.fill(0x7a)
  t.deepEqual([ours.get(0), ours.get(1)], ['a', 'z'])
})

test('memoize, unmemoize and slice give what they do on a vector of apache-arrow', (t) => {
  const ours = memoizedVector([chunk])
  t.is(ours.memoize(), ours)
  t.false(ours.unmemoize().isMemoized)
  t.deepEqual([...ours.unmemoize()], words)
  const slice = ours.slice(2, 5)
  t.true(slice.isMemoized)
  t.deepEqual([...slice], words.slice(2, 5))
})

test('several chunks, or none with values, are one vector', (t) => {
  const two = memoizedVector([chunk, chunk])
  t.true(two.isMemoized)
  t.deepEqual([...two], [...words, ...words])
  t.is(memoizedVector([makeData({ type: new Utf8() })]).length, 0)
})

test('what is set in a memoized vector is what it gives', (t) => {
  const numbers = vectorFromArray([1, 2, 3])
  const ours = memoizedVector(numbers.data)
  t.is(ours.get(1), 2)
  ours.set(1, 5)
  t.is(ours.get(1), 5)
  t.is(numbers.get(1), 5)
})
