import type { TypeMap } from 'apache-arrow'

import type { AnySchema } from '../base/any_schema.js'
import { NotFoundError, translated } from '../base/errors.js'
import { addon } from '../native/load_addon.js'
import type { NativeArenaInfo } from '../native/addon.js'
import { ON_FULL, type OnFull, type ReaderOptions, type WriterOptions } from './options.js'
import { ArenaReader } from './reading/reader.js'
import { validateName } from '../base/validators.js'
import { ArenaWriter } from './writing/writer.js'

/** What an arena looks like from outside. Times are milliseconds since the epoch, sizes are bytes. */
export interface ArenaInfo extends Omit<NativeArenaInfo, 'onFull'> {
  onFull: OnFull
}

/**
 * Creates the arena `name` and its writer. A name whose writer has closed or died is taken over.
 * @throws WriterExistsError, NoSpaceError, NameInvalidError, InvalidArgumentError, PermissionError
 */
export function createWriter<T extends TypeMap = AnySchema>(
  name: string,
  options?: WriterOptions,
): ArenaWriter<T> {
  return new ArenaWriter<T>(name, options)
}

/**
 * A reader of the arena `name`. With `waitMs` the arena need not exist yet: then the first read waits for it.
 * @throws NotFoundError (without `waitMs`), TooManyReadersError, IncompatibleError, NotAnArenaError, CorruptError,
 *   NameInvalidError, InvalidArgumentError, PermissionError
 */
export function createReader<T extends TypeMap = AnySchema>(
  name: string,
  options?: ReaderOptions,
): ArenaReader<T> {
  return new ArenaReader<T>(name, options)
}

/** The names of the arenas on this machine, those of other users included. */
export function listArenas(): string[] {
  return translated(() => addon().listArenas())
}

/** Looks at an arena without attaching to it. */
export function inspectArena(name: string): ArenaInfo {
  validateName(name)
  const info = translated(() => addon().inspectArena(name))
  return { ...info, onFull: ON_FULL[info.onFull] ?? 'block' }
}

/**
 * Removes the name of an arena. Needed only for what a crashed writer left behind and nobody will create again. Parties that
 * are attached go on with each other; new ones do not find them.
 * @returns False when there was none.
 */
export function unlinkArena(name: string): boolean {
  validateName(name)
  return translated(() => addon().unlinkArena(name))
}

/** One named shared-memory segment: one channel, with one writer and many readers. Making the object creates nothing. */
export class SharedMemoryArena<T extends TypeMap = AnySchema> {
  /** The names of all arenas on this machine. */
  static list(): string[] {
    return listArenas()
  }

  readonly name: string

  constructor(name: string) {
    validateName(name)
    this.name = name
  }

  /** See the function `createWriter`. */
  createWriter(options?: WriterOptions): ArenaWriter<T> {
    return createWriter<T>(this.name, options)
  }

  /** See the function `createReader`. */
  createReader(options?: ReaderOptions): ArenaReader<T> {
    return createReader<T>(this.name, options)
  }

  /** True while the name exists: a writer is there, or readers still drain what it left. */
  exists(): boolean {
    try {
      inspectArena(this.name)
      return true
    } catch (error) {
      if (error instanceof NotFoundError) return false
      throw error
    }
  }

  /** See `inspectArena`. */
  inspect(): ArenaInfo {
    return inspectArena(this.name)
  }

  /** See `unlinkArena`. */
  unlink(): boolean {
    return unlinkArena(this.name)
  }
}
