import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { type: 'minor' | 'major' }) => void

/** Undefined until the first call, null where V8 does not give it. */
let collect: Collect | null | undefined

/**
 * Collects V8's young generation, where a batch is that the program has just dropped: half a millisecond, after which its
 * space in the ring is given back. V8 by itself sees a small object and waits, or marks its whole heap for the memory behind
 * it; meanwhile the batch would have to be moved out of the writer's way.
 */
export function collectYoung(): void {
  collect ??= findCollector()
  collect?.({ type: 'minor' })
}

/** Collects the whole heap. */
export function collectAll(): void {
  collect ??= findCollector()
  collect?.({ type: 'major' })
}

/** V8 shows its collector to contexts that are made while the flag is set. */
function findCollector(): Collect | null {
  try {
    setFlagsFromString('--expose-gc')
    try {
      const found: unknown = runInNewContext('gc')
      return typeof found === 'function' ? (found as Collect) : null
    } finally {
      setFlagsFromString('--no-expose-gc')
    }
  } catch {
    return null
  }
}
