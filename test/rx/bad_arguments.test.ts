import test from 'ava'
import { count } from 'qadataswap'
import * as rx from 'qadataswap/rx'
import * as streams from 'qadataswap/streams'
import { NEVER } from 'rxjs'

type Factory = (...args: unknown[]) => unknown

const rxOf = rx as unknown as Record<string, Factory>
const streamsOf = streams as unknown as Record<string, Factory>
const project = (batch: unknown) => [batch]
const by = ['sym']
const aggregates = { rows: count() }
const source = () => ({})

/** Calls with one argument that cannot be right, by the words that name it. */
const REFUSED: [Record<string, Factory>, string, unknown[], string][] = [
  ...['concatMapBatch', 'mergeMapBatch', 'switchMapBatch'].map(
    (name): [Record<string, Factory>, string, unknown[], string] => [rxOf, name, ['save'], 'project'],
  ),
  ...[0, -1, 1.5, NaN, '4', null].map((concurrent): [Record<string, Factory>, string, unknown[], string] => [
    rxOf,
    'mergeMapBatch',
    [project, concurrent],
    'concurrent',
  ]),
  ...[rxOf, streamsOf].flatMap((of): [Record<string, Factory>, string, unknown[], string][] => [
    [of, 'selectColumns', ['price'], 'names'],
    [of, 'dropColumns', [undefined], 'names'],
    [of, 'dropColumns', [['price', 5]], 'names'],
    [of, 'renameColumns', [['price']], 'names'],
    [of, 'renameColumns', [{ px: 5 }], 'names.px'],
    [of, 'filterRows', ['price', project], 'names'],
    [of, 'filterRows', [['price'], 'price > 5'], 'predicate'],
    [of, 'sliceRows', ['1'], 'begin'],
    [of, 'sliceRows', [5, 4], 'end'],
  ]),
  [rxOf, 'rebatchRows', [], 'rows'],
  [rxOf, 'rebatchBytes', [], 'bytes'],
  [rxOf, 'bufferRows', [0], 'rows'],
  [rxOf, 'rebatchTime', ['1s'], 'ms'],
  [rxOf, 'rebatchTime', [5, null], 'options'],
  [rxOf, 'rebatchTime', [5, { maxRows: 0 }], 'options.maxRows'],
  [rxOf, 'reduceColumns', [undefined], 'aggregates'],
  [rxOf, 'reduceColumns', [{ rows: 'count' }], 'aggregates.rows'],
  [rxOf, 'groupAggregate', [undefined], 'options'],
  [rxOf, 'groupAggregate', [{ aggregates }], 'options.by'],
  [rxOf, 'groupAggregate', [{ by }], 'options.aggregates'],
  [rxOf, 'groupAggregate', [{ by, aggregates, window: 5 }], 'options.window'],
  [rxOf, 'asofJoin', [[], { on: 'time' }], 'right'],
  [rxOf, 'asofJoin', [NEVER], 'options'],
  [rxOf, 'asofJoin', [NEVER, { by }], 'options.on'],
  [rxOf, 'asofJoin', [NEVER, { on: 'time', by: 'sym' }], 'options.by'],
  [rxOf, 'withLatestByKey', ['right', { by }], 'right'],
  [rxOf, 'withLatestByKey', [NEVER], 'options'],
  [rxOf, 'withLatestByKey', [NEVER, {}], 'options.by'],
  [rxOf, 'meterLag', [{}], 'report'],
  [rxOf, 'meterLag', [project, null], 'options'],
  [rxOf, 'meterLag', [project, { infoOf: 5 }], 'options.infoOf'],
  [rxOf, 'meterThroughput', [], 'report'],
  [rxOf, 'meterThroughput', [project, { everyMs: -1 }], 'options.everyMs'],
  [rxOf, 'fromPull', [{}], 'open'],
  [rxOf, 'fromPull', [source, null], 'options'],
  [rxOf, 'fromPull', [source, { onFinished: 1 }], 'options.onFinished'],
  [rxOf, 'fromIterable', [undefined], 'iterable'],
  [rxOf, 'fromIterable', ['ticks'], 'iterable'],
  [rxOf, 'fromArena', ['ticks', null], 'options'],
  [rxOf, 'fromArena', ['ticks', { onReconnect: 5 }], 'options.onReconnect'],
  [rxOf, 'toArena', [{}], 'write'],
  [rxOf, 'toArena', ['ticks', null], 'options'],
  [streamsOf, 'createReadable', ['ticks', null], 'options'],
  [streamsOf, 'createWritable', ['ticks', null], 'options'],
  [streamsOf, 'rebatch', [undefined], 'size'],
  [streamsOf, 'rebatch', [5], 'size'],
  [streamsOf, 'limitRows', [-1], 'count'],
  [streamsOf, 'fromRows', [null], 'options'],
  [streamsOf, 'fromRows', [{ schema: 5 }], 'options.schema'],
  [streamsOf, 'toRows', [null], 'options'],
  [streamsOf, 'toRows', [{ timestamps: 'seconds' }], 'options.timestamps'],
  [streamsOf, 'toIpc', [null], 'options'],
  [streamsOf, 'tap', ['count'], 'observe'],
]

for (const [index, [of, name, args, what]] of REFUSED.entries()) {
  test(`${index}: ${of === rxOf ? 'rx' : 'streams'}: ${name} says at once that ${what} is wrong`, (t) => {
    const error = t.throws(() => of[name]!(...args), { code: 'ERR_QADS_INVALID_ARGUMENT' })
    t.true(error.message.includes(what), error.message)
  })
}

for (const [wrong, shown] of [
  [undefined, 'undefined'],
  [null, 'null'],
  [5, '5'],
  [{}, '{}'],
  [[], '[]'],
]) {
  test(`neither a name nor a reader or writer: ${shown as string}`, (t) => {
    const refused = { code: 'ERR_QADS_NAME_INVALID' }
    t.throws(() => streamsOf['createReadable']!(wrong), refused)
    t.throws(() => streamsOf['createWritable']!(wrong), refused)
    t.throws(() => rxOf['fromArena']!(wrong), refused)
  })
}

test('a transform needs a step', (t) => {
  for (const step of [undefined, {}, { each: 5 }, { each: project, end: 5 }])
    t.throws(() => new streams.BatchTransform(step as never), { code: 'ERR_QADS_INVALID_ARGUMENT' })
})
