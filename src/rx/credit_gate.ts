import type { Subscriber } from 'rxjs'
import { Credit, creditOf } from './credit.js'

/**
 * The credit rule of operators whose outputs are made by a timer or a notifier, from rows that were copied as they came. As long as
 * an output is unfinished downstream, the credit of whatever comes in is held, so that a slow consumer slows the source.
 */
export class CreditGate {
  private unfinished = 0
  private readonly held = new Set<() => void>()

  constructor(private readonly operator: string) {}

  /** Call with each value that comes in. */
  admit(value: unknown): void {
    if (this.unfinished === 0) return
    const release = creditOf(value)?.hold(this.operator)
    if (release !== undefined) this.held.add(release)
  }

  /** Emits an output. If an input completed it, it holds that one's credit as well. */
  emit<V>(subscriber: Subscriber<V>, output: V): void {
    this.unfinished++
    new OutputCredit(this, creditOf(undefined)?.hold(this.operator)).emit(subscriber, output)
  }

  finished(): void {
    if (--this.unfinished === 0) this.releaseAll()
  }

  /** Call on teardown. */
  releaseAll(): void {
    // A credit that goes back may bring the next value at once, whose hold is none of these.
    const held = [...this.held]
    this.held.clear()
    for (const release of held) release()
  }
}

class OutputCredit extends Credit {
  constructor(
    private readonly gate: CreditGate,
    private readonly release: (() => void) | undefined,
  ) {
    super()
  }

  protected override returned(): void {
    this.release?.()
    this.gate.finished()
  }
}
