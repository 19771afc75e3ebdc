import * as arrow from 'apache-arrow'
import test from 'ava'
import fc from 'fast-check'
import { batchSpec, buildBatch } from './arbitraries.js'
import { batchDifference } from './equal.js'

function batch(
  type: arrow.DataType,
  values: readonly unknown[],
  nullable = true,
  metadata?: [string, string][],
) {
  const data = arrow.vectorFromArray(values as never[], type).data[0]!
  const schema = new arrow.Schema([new arrow.Field('x', type, nullable)])
  const struct = arrow.makeData({
    type: new arrow.Struct(schema.fields),
    length: values.length,
    children: [data],
  })
  return new arrow.RecordBatch(schema, struct, new Map(metadata))
}

test('a batch equals the one that is built of the same spec', (t) => {
  fc.assert(
    fc.property(batchSpec(), (spec) => {
      t.is(batchDifference(buildBatch(spec), buildBatch(spec)), undefined)
    }),
  )
})

test('a change of any kind is found', (t) => {
  const int = new arrow.Int32()
  const list = new arrow.List(new arrow.Field('item', new arrow.Int32(), true))
  const struct = new arrow.Struct([new arrow.Field('a', new arrow.Utf8(), true)])
  const words = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())
  const pairs: [arrow.RecordBatch, arrow.RecordBatch][] = [
    [batch(int, [1, 2]), batch(int, [1, 3])],
    [batch(int, [1, 2]), batch(int, [1, null])],
    [batch(int, [1, 2]), batch(int, [1])],
    [batch(int, [1, 2]), batch(int, [1, 2], false)],
    [batch(int, [1, 2]), batch(new arrow.Uint32(), [1, 2])],
    [batch(int, [1, 2]), batch(int, [1, 2], true, [['k', 'v']])],
    [batch(new arrow.Float64(), [0]), batch(new arrow.Float64(), [-0])],
    [batch(new arrow.Bool(), [true, true]), batch(new arrow.Bool(), [true, false])],
    [batch(new arrow.Utf8(), ['ab']), batch(new arrow.Utf8(), ['ac'])],
    [
      batch(new arrow.Utf8View(), ['a string of some length']),
      batch(new arrow.Utf8View(), ['a string of Some length']),
    ],
    [batch(list, [[1, 2]]), batch(list, [[1, 3]])],
    [batch(list, [[1, 2]]), batch(list, [[1]])],
    [batch(struct, [{ a: 'x' }]), batch(struct, [{ a: 'y' }])],
    [batch(words, ['a', 'b']), batch(words, ['a', 'c'])],
    [batch(new arrow.TimestampSecond('UTC'), [0]), batch(new arrow.TimestampSecond('Europe/Vienna'), [0])],
  ]
  for (const [a, b] of pairs) {
    t.is(batchDifference(a, a), undefined)
    t.is(typeof batchDifference(a, b), 'string')
    t.is(typeof batchDifference(b, a), 'string')
  }
})
