import type { Data, Struct } from 'apache-arrow'

/** Where a batch has its columns from. */
export interface BatchColumns {
  readonly rows: number
  /** The same object every time. */
  column(index: number): Data
  /** All columns, as apache-arrow holds a batch; the same object every time. */
  all(): Data<Struct>
  /** Custom metadata of the batch; undefined when it has none. */
  metadata(): Map<string, string> | undefined
  /** The columns that were made so far. */
  made(): readonly Data[]
}

/** The columns of a batch that was given back: every use throws. */
export class ReleasedColumns implements BatchColumns {
  constructor(
    readonly rows: number,
    private readonly error: () => Error,
  ) {}

  column(): never {
    throw this.error()
  }

  all(): never {
    throw this.error()
  }

  metadata(): never {
    throw this.error()
  }

  made(): readonly Data[] {
    return []
  }
}
