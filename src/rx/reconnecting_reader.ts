import { setTimeout as sleep } from 'node:timers/promises'

import type { TypeMap } from 'apache-arrow'
import type { AnySchema } from '../base/any_schema.js'
import { createReader, inspectArena } from '../core/arena.js'
import type { ArenaBatch } from '../core/reading/batch_receiver.js'
import { AbortedError, NotFoundError, WriterAbortedError, WriterDiedError } from '../base/errors.js'
import type { ReaderOptions } from '../core/options.js'
import type { ArenaReader } from '../core/reading/reader.js'
import type { BatchSource } from './from_pull.js'

/** Why a generation of an arena was left: its writer died, aborted or (with `reconnect: 'always'`) ended. */
export type Departure = WriterDiedError | WriterAbortedError | null

const FIRST_POLL_MS = 2
const LAST_POLL_MS = 50

/** Tells one arena of a name from the next: the generation begins at 1 again when the name was gone meanwhile. */
interface Identity {
  readonly generation: number
  readonly createdMs: number
}

/**
 * Reads one generation of an arena after the other: where a reader would fail because its writer died or aborted, it waits
 * for the next writer of that name. The first generation is read as the options say, later ones from their beginning.
 */
export class ReconnectingReader<T extends TypeMap = AnySchema> implements BatchSource<ArenaBatch<T>> {
  private reader: ArenaReader<T> | undefined
  private seen: Identity | undefined

  constructor(
    readonly name: string,
    private readonly options: ReaderOptions,
    private readonly afterEnd: boolean,
    private readonly onDeparture: ((why: Departure) => void) | undefined,
  ) {
    this.attach()
  }

  tryRead(): ArenaBatch<T> | null | undefined {
    if (this.reader === undefined) return undefined
    try {
      const batch = this.reader.tryRead()
      if (batch !== null || !this.afterEnd) return batch
      this.leave(null)
    } catch (error) {
      this.leave(departure(error))
    }
    return undefined
  }

  async read({ signal }: { signal: AbortSignal }): Promise<ArenaBatch<T> | null> {
    for (;;) {
      const reader = this.reader ?? (await this.next(signal))
      try {
        const batch = await reader.read({ signal })
        if (batch !== null || !this.afterEnd) return batch
        this.leave(null)
      } catch (error) {
        this.leave(departure(error))
      }
    }
  }

  close(): void {
    this.reader?.close()
  }

  private leave(why: Departure): void {
    this.reader?.close()
    this.reader = undefined
    this.onDeparture?.(why)
  }

  /** Nobody rings for the birth of an arena, so it is polled for. */
  private async next(signal: AbortSignal): Promise<ArenaReader<T>> {
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(2 * pollMs, LAST_POLL_MS)) {
      if (signal.aborted)
        throw new AbortedError(`waiting for a writer of arena "${this.name}" was aborted`, {
          cause: signal.reason,
        })
      const reader = this.attach()
      if (reader !== undefined) return reader
      // An abort is told by the check above, in our own words.
      await sleep(pollMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Attaches to the arena of this name unless it is the one that was left. */
  private attach(): ArenaReader<T> | undefined {
    try {
      const before = identityOf(this.name)
      if (isSame(before, this.seen)) return undefined
      const { waitMs: _waitMs, ...options } = this.options
      const reader = createReader<T>(
        this.name,
        this.seen === undefined ? options : { ...options, from: 'earliest' },
      )
      // The name may have passed to another arena between looking and attaching.
      if (!isSame(identityOf(this.name), before)) {
        reader.close()
        return undefined
      }
      this.seen = before
      this.reader = reader
      return reader
    } catch (error) {
      if (error instanceof NotFoundError) return undefined
      throw error
    }
  }
}

/** What a reader is left for; anything else is thrown on. */
function departure(error: unknown): Departure {
  if (error instanceof WriterDiedError || error instanceof WriterAbortedError) return error
  throw error
}

function identityOf(name: string): Identity {
  const { generation, createdMs } = inspectArena(name)
  return { generation, createdMs }
}

function isSame(a: Identity, b: Identity | undefined): boolean {
  return a.generation === b?.generation && a.createdMs === b.createdMs
}
