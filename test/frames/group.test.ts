import { deepStrictEqual, ok } from 'node:assert/strict'
import test from 'ava'
import { type RecordBatch, Float64, Int64, Uint32, Uint64 } from 'apache-arrow'
import fc from 'fast-check'
import {
  type Aggregate,
  count,
  first,
  GroupAggregator,
  last,
  max,
  mean,
  min,
  reduceColumns,
  rowsToBatch,
  sum,
} from 'qadataswap'
import { batches } from './support/batches.js'
import { rowsOf } from './support/cells.js'
import { ALL_KINDS, type ColumnKind, SCALARS } from './support/columns.js'
import { holds } from './support/property.js'

type Row = Record<string, unknown>

const named = (name: string) => ALL_KINDS.find((kind) => kind.name === name)!
const KEYS = ALL_KINDS.filter((kind) => SCALARS.includes(kind) || kind.name.startsWith('Dictionary<Utf8'))
const SUMMABLE = /^(Bool|Int|Uint|Float64|Decimal|Duration)/
const TEXT = /Utf8|Binary/

/** The same by row-by-row means. */
function grouped(rows: readonly Row[], keys: readonly string[]): Row[][] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    // Zeros of both signs are one key, as are all NaNs.
    const key = keys
      .map((name) => (typeof row[name] === 'number' ? `n${row[name]}` : show(row[name])))
      .join('|')
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()]
}

function show(value: unknown): string {
  return typeof value === 'bigint' ? `b${value}` : JSON.stringify(value)
}

function less(a: unknown, b: unknown): boolean {
  if (typeof a === 'string' || Array.isArray(a)) return Buffer.compare(bytesOf(a), bytesOf(b)) < 0
  return (a as number) < (b as number)
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(value as number[])
}

function pick(values: readonly unknown[], better: (a: unknown, b: unknown) => boolean): unknown {
  const known = values.filter((value) => !Number.isNaN(value))
  if (known.length === 0) return values[0] ?? null
  return known.reduce((best, value) => (better(value, best) ? value : best))
}

/** What decimals are as numbers that add up: the words that the oracle reads, least first. */
function numeric(value: unknown): number | bigint {
  if (Array.isArray(value))
    return BigInt.asIntN(
      128,
      (value as number[]).reduceRight((all, word) => (all << 32n) | BigInt(word), 0n),
    )
  return typeof value === 'boolean' ? BigInt(value) : (value as number | bigint)
}

test('grouping by any key columns gives one row to each key, nulls included, in order of appearance', (t) => {
  const streams = fc
    .array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 })
    .chain((kinds) => batches(kinds, { min: 1, max: 4 }))
  holds(
    t,
    fc.property(streams, (stream) => {
      const keys = stream[0]!.schema.fields.map((field) => field.name)
      const aggregator = new GroupAggregator({ by: keys, aggregates: { rows: count() } })
      for (const one of stream) aggregator.add(one)
      const groups = grouped(stream.flatMap(rowsOf), keys)
      deepStrictEqual(aggregator.groups, groups.length)
      const result = aggregator.finish()!
      const expected = groups.map((rows) => ({
        ...Object.fromEntries(keys.map((key) => [key, rows[0]![key]])),
        rows: rows.length,
      }))
      deepStrictEqual(rowsOf(result).map(withoutSign), expected.map(withoutSign))
    }),
    { numRuns: 300 },
  )
})

for (const kind of SCALARS) {
  test(`count, first, last, min and max of ${kind.name} are those of its values that are not null`, (t) => {
    holds(
      t,
      fc.property(groupsOf(kind), (stream) => {
        const result = aggregate(stream, {
          n: count('c1'),
          first: first('c1'),
          last: last('c1'),
          min: min('c1'),
          max: max('c1'),
        })
        const expected = grouped(stream.flatMap(rowsOf), ['c0']).map((rows) => {
          const values = rows.map((row) => row['c1']).filter((value) => value !== null)
          const compare = kind.name.startsWith('Decimal')
            ? (a: unknown, b: unknown) => numeric(a) < numeric(b)
            : less
          return {
            c0: rows[0]!['c0'],
            n: values.length,
            first: values[0] ?? null,
            last: values.at(-1) ?? null,
            min: pick(values.map(ordered), compare),
            max: pick(values.map(ordered), (a, b) => compare(b, a)),
          }
        })
        deepStrictEqual(
          rowsOf(result).map((row) =>
            withoutSign({ ...row, min: ordered(row['min']), max: ordered(row['max']) }),
          ),
          expected.map(withoutSign),
        )
      }),
      { numRuns: 60 },
    )
  })
}

for (const kind of SCALARS.filter(({ name }) => SUMMABLE.test(name))) {
  test(`the sum and mean of ${kind.name} are exact`, (t) => {
    holds(
      t,
      fc.property(groupsOf(kind), (stream) => {
        const isFloat = kind.name.startsWith('Float')
        const groups = grouped(stream.flatMap(rowsOf), ['c0'])
        const sums = groups.map((rows) => {
          const values = rows
            .map((row) => row['c1'])
            .filter((value) => value !== null)
            .map(numeric)
          return {
            n: values.length,
            sum: isFloat ? floatSum(values as number[]) : values.reduce<bigint>((a, b) => a + BigInt(b), 0n),
          }
        })
        const fits = (total: unknown) =>
          typeof total === 'number' ||
          kind.name.startsWith('Decimal') ||
          (kind.name.startsWith('U') || kind.name === 'Bool'
            ? BigInt.asUintN(64, total as bigint)
            : BigInt.asIntN(64, total as bigint)) === total
        if (!sums.every(({ sum }) => fits(sum))) {
          t.throws(() => aggregate(stream, { total: sum('c1') }), { code: 'ERR_QADS_OUT_OF_RANGE' })
          return
        }
        const totals = rowsOf(aggregate(stream, { total: sum('c1') })).map((row) => row['total'])
        totals.forEach((total, i) => {
          if (sums[i]!.n === 0) deepStrictEqual(total, null)
          else if (isFloat)
            ok(
              near(total as number, sums[i]!.sum as number),
              `${String(total)} is not ${String(sums[i]!.sum)}`,
            )
          else deepStrictEqual(numeric(total), sums[i]!.sum)
        })
        if (kind.name.startsWith('Duration')) return
        const scale = kind.name.startsWith('Decimal') ? 100n : 1n
        const means = rowsOf(aggregate(stream, { mean: mean('c1') })).map((row) => row['mean'])
        means.forEach((value, i) => {
          const { n, sum: total } = sums[i]!
          const expected =
            n === 0 ? null : isFloat ? (total as number) / n : quotient(total as bigint, BigInt(n) * scale)
          if (expected === null) deepStrictEqual(value, null)
          else ok(near(value as number, expected), `${String(value)} is not ${expected}`)
        })
      }),
      { numRuns: 60 },
    )
  })
}

test('sums of integers are exact beyond the numbers that a double holds', (t) => {
  const rows = Array.from({ length: 5000 }, (_, i) => ({
    big: 2n ** 62n * (i % 2 === 0 ? 1n : -1n) + BigInt(i),
    small: 2 ** 31 - 1,
  }))
  const batch = rowsToBatch(rows)
  const total = rows.reduce((all, row) => all + row.big, 0n)
  t.deepEqual(reduceColumns(batch, { total: sum('big'), mean: mean('big') }), {
    total,
    mean: Number(total) / 5000,
  })
})

test('sums stay exact over more rows than floats add up exactly', (t) => {
  const rows = 2 ** 20 + 12_345
  const values = new BigInt64Array(rows).fill(2n ** 41n - 1n)
  const column = named('Int64')
  const batch = fc.sample(batches([column], { min: 1, max: 1 }), 1)[0]![0]!
  const data = batch.data.children[0]!.clone(new Int64(), 0, rows, 0, [undefined, values, undefined] as never)
  const aggregator = new GroupAggregator({
    by: [],
    aggregates: { total: sum('c0') },
  })
  const whole = new (batch.constructor as new (columns: object) => RecordBatch)({ c0: data })
  aggregator.add(whole)
  aggregator.add(whole)
  t.deepEqual(rowsOf(aggregator.finish()!), [{ total: (2n ** 41n - 1n) * BigInt(rows) * 2n }])
})

test('the columns have the types that their documentation says', (t) => {
  const batch = rowsToBatch([{ key: 'a', price: 1.5, size: 2n, flag: true }])
  const aggregator = new GroupAggregator({
    by: ['key'],
    aggregates: { n: count(), size: sum('size'), flags: sum('flag'), price: mean('price') },
  })
  aggregator.add(batch)
  const types = aggregator.finish()!.schema.fields.map((field) => String(field.type))
  t.deepEqual(types, ['Utf8', new Uint32(), new Int64(), new Uint64(), new Float64()].map(String))
})

test('reducing a batch without rows gives nulls and a count of 0', (t) => {
  const empty = rowsToBatch([{ price: 1, size: 1n }]).slice(0, 0)
  t.deepEqual(
    reduceColumns(empty, { n: count(), total: sum('size'), mean: mean('price'), high: max('price') }),
    {
      n: 0,
      total: null,
      mean: null,
      high: null,
    },
  )
})

test('finish starts anew, and gives nothing when nothing was added', (t) => {
  const aggregator = new GroupAggregator({ by: ['key'], aggregates: { n: count() } })
  t.is(aggregator.finish(), undefined)
  aggregator.add(rowsToBatch([{ key: 'a' }, { key: 'a' }]))
  t.is(aggregator.rows, 2)
  t.deepEqual(rowsOf(aggregator.finish()!), [{ key: 'a', n: 2 }])
  aggregator.add(rowsToBatch([{ key: 'b' }]))
  t.deepEqual(rowsOf(aggregator.finish()!), [{ key: 'b', n: 1 }])
})

test('nothing of a batch is held after it was added', (t) => {
  const batch = rowsToBatch([{ key: 'a', word: 'first' }])
  const aggregator = new GroupAggregator({ by: ['key'], aggregates: { word: first('word') } })
  aggregator.add(batch)
  for (const column of batch.data.children) (column.values as Uint8Array).fill(0)
  t.deepEqual(rowsOf(aggregator.finish()!), [{ key: 'a', word: 'first' }])
})

test('an aggregate of a column that cannot have it says which, and what it takes', (t) => {
  const batch = rowsToBatch([{ word: 'x', list: [1] }])
  const error = t.throws(() => reduceColumns(batch, { total: sum('word') }), {
    code: 'ERR_QADS_COLUMN_TYPE',
  })
  t.is(
    error.message,
    '"total": a sum does not work on Utf8; it takes numbers, booleans, decimals and durations',
  )
  t.throws(() => reduceColumns(batch, { least: min('list') }), { code: 'ERR_QADS_COLUMN_TYPE' })
})

test('a column that changes its type is named', (t) => {
  const aggregator = new GroupAggregator({ by: ['key'], aggregates: { top: max('x') } })
  aggregator.add(rowsToBatch([{ key: 'a', x: 1 }]))
  const error = t.throws(() => aggregator.add(rowsToBatch([{ key: 'a', x: 'one' }])), {
    code: 'ERR_QADS_COLUMN_TYPE',
  })
  t.regex(error.message, /"top".*"x" is Utf8 here and was Float64 before/)
  t.throws(() => aggregator.add(rowsToBatch([{ key: 1, x: 1 }])), {
    message: /"key" is Float64 here and Utf8 elsewhere/,
  })
})

test('a name for both a key and an aggregate is refused', (t) => {
  t.throws(() => new GroupAggregator({ by: ['key'], aggregates: { key: count() } }), {
    code: 'ERR_QADS_INVALID_ARGUMENT',
  })
})

function groupsOf(kind: ColumnKind): fc.Arbitrary<RecordBatch[]> {
  return batches([named('Dictionary<Int32, Utf8>'), kind], { min: 1, max: 3 })
}

function aggregate(stream: readonly RecordBatch[], aggregates: Record<string, Aggregate>): RecordBatch {
  const aggregator = new GroupAggregator({ by: ['c0'], aggregates })
  for (const one of stream) aggregator.add(one)
  return aggregator.finish()!
}

/** Strings and binaries as their bytes, so that the oracle compares what the library compares. */
function ordered(value: unknown): unknown {
  return typeof value === 'string' ? [...Buffer.from(value)] : value
}

function withoutSign(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === 0 ? 0 : value]))
}

function floatSum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0)
}

/** Equal, or apart by what the order of a naive summation loses. */
function near(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true
  if (!Number.isFinite(a) || !Number.isFinite(b)) return !Number.isFinite(a) || !Number.isFinite(b)
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-300) || TEXT.test('')
}

function quotient(dividend: bigint, divisor: bigint): number {
  return Number((dividend * 10n ** 25n) / divisor) / 1e25
}
