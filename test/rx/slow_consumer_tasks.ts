import { createWriter, inspectArena, type WriterOptions } from 'qadataswap'
import { concatMapBatch, fromArena, groupAggregate, rebatchTime } from 'qadataswap/rx'
import { count as countRows, max } from 'qadataswap'
import { lastValueFrom, type Observable, tap } from 'rxjs'
import type { RecordBatch } from 'apache-arrow'
import { numberBatch, numberBatchId, type NumberColumns } from '../support/batches.js'
import type { Parent } from '../support/child_process.js'

export interface ProducerReport {
  waits: number
  rssWarm: number
  rssEnd: number
}

export interface ConsumerReport {
  /** Batches in order from 0, without a gap. */
  batches: number
  mostUnread: number
  mostUnfinished: number
  rssWarm: number
  rssEnd: number
}

/** Writes as fast as it can. */
export async function produce(
  { name, options, count }: { name: string; options: WriterOptions; count: number },
  parent: Parent,
): Promise<void> {
  await using writer = createWriter(name, options)
  parent.report('created')
  let rssWarm = 0
  for (let id = 0; id < count; id++) {
    await writer.write(numberBatch(id % 1000))
    if (id === Math.floor(count / 5)) rssWarm = process.memoryUsage.rss()
  }
  const { waits } = writer.stats()
  await writer.finish()
  parent.report({ waits, rssWarm, rssEnd: process.memoryUsage.rss() } satisfies ProducerReport)
}

/** Reads with a chain whose consumer takes `turns` turns of the event loop for each of its inputs. */
export async function consume(
  { name, chain, count, turns }: { name: string; chain: keyof typeof CHAINS; count: number; turns: number },
  parent: Parent,
): Promise<void> {
  const report: ConsumerReport = { batches: 0, mostUnread: 0, mostUnfinished: 0, rssWarm: 0, rssEnd: 0 }
  let unfinished = 0
  const source = fromArena<NumberColumns>(name).pipe(
    tap((batch) => {
      if (numberBatchId(batch) !== report.batches++ % 1000)
        throw new Error(`batch ${report.batches} is out of order`)
      if (report.batches % 100 === 0) {
        const { published, readers } = inspectArena(name)
        report.mostUnread = Math.max(report.mostUnread, published - readers[0]!.cursor)
      }
      if (report.batches === Math.floor(count / 5)) report.rssWarm = process.memoryUsage.rss()
    }),
  )
  const outputs = CHAINS[chain](source).pipe(
    tap(() => (report.mostUnfinished = Math.max(report.mostUnfinished, ++unfinished))),
    concatMapBatch(async () => {
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      unfinished--
    }),
  )
  await lastValueFrom(outputs)
  parent.report({ ...report, rssEnd: process.memoryUsage.rss() })
}

const CHAINS = {
  batches: (source: Observable<RecordBatch<NumberColumns>>): Observable<unknown> => source,
  rebatchTime: (source: Observable<RecordBatch<NumberColumns>>): Observable<unknown> =>
    source.pipe(rebatchTime(1)),
  windows: (source: Observable<RecordBatch<NumberColumns>>): Observable<unknown> =>
    source.pipe(
      groupAggregate({ by: [], aggregates: { n: countRows(), top: max('value') }, window: { batches: 4 } }),
    ),
}
