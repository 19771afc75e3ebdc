import { InvalidArgumentError, NameInvalidError } from './errors.js'

/** A value as an error message shows it: short, and telling '5' from 5. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'an array' : `an instance of ${className(value)}`
  }
  return String(value)
}

function className(value: object): string {
  const type: unknown = value.constructor
  return typeof type === 'function' && type.name !== '' ? type.name : 'Object'
}

/** The characters and the length are checked where the name is used, once for all languages. */
export function validateName(name: unknown): asserts name is string {
  if (typeof name !== 'string')
    throw new NameInvalidError(`the arena's name must be a string, got ${show(name)}`)
}

export function validateInteger(
  value: unknown,
  what: string,
  min: number,
  max: number,
): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
    throw new InvalidArgumentError(`${what} must be a whole number from ${min} to ${max}, got ${show(value)}`)
  }
}

/** A finite number in (`above`, `max`]. */
export function validatePositive(value: unknown, what: string, max: number): asserts value is number {
  if (typeof value !== 'number' || !(value > 0) || value > max) {
    throw new InvalidArgumentError(`${what} must be a number above 0 and at most ${max}, got ${show(value)}`)
  }
}

/** Milliseconds: 0 or more; `Infinity` waits for ever. */
export function validateDuration(value: unknown, what: string): asserts value is number {
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new InvalidArgumentError(`${what} must be a number of milliseconds, 0 or more, got ${show(value)}`)
  }
}

export function validateBoolean(value: unknown, what: string): asserts value is boolean {
  if (typeof value !== 'boolean')
    throw new InvalidArgumentError(`${what} must be true or false, got ${show(value)}`)
}

export function validateOneOf<T extends string>(
  value: unknown,
  what: string,
  allowed: readonly T[],
): asserts value is T {
  if (!allowed.includes(value as T)) {
    const choices = allowed.map((choice) => `'${choice}'`).join(', ')
    throw new InvalidArgumentError(`${what} must be one of ${choices}, got ${show(value)}`)
  }
}

export function validateFunction(value: unknown, what: string): void {
  if (typeof value !== 'function')
    throw new InvalidArgumentError(`${what} must be a function, got ${show(value)}`)
}

export function validateMethod(value: object, method: string, what: string): void {
  validateFunction((value as Record<string, unknown>)[method], `${what}.${method}`)
}

export function validateObject(value: unknown, what: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(`${what} must be an object, got ${show(value)}`)
  }
}

export function validateSignal(value: unknown, what: string): void {
  if (typeof value !== 'object' || value === null || !('aborted' in value)) {
    throw new InvalidArgumentError(`${what} must be an AbortSignal, got ${show(value)}`)
  }
}

/** Names of columns. Whether a batch has them is seen when it comes. */
export function validateNames(value: unknown, what: string): asserts value is readonly string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return
  const wrong: unknown = Array.isArray(value) ? value.find((name) => typeof name !== 'string') : value
  const where = Array.isArray(value) ? ' in it' : ''
  throw new InvalidArgumentError(`${what} must be an array of column names, got ${show(wrong)}${where}`)
}

/** New names of columns, by the present ones. */
export function validateNewNames(value: unknown, what: string): void {
  validateObject(value, what)
  for (const [name, renamed] of Object.entries(value)) {
    if (typeof renamed !== 'string')
      throw new InvalidArgumentError(`${what}.${name} must be a column name, got ${show(renamed)}`)
  }
}

export function validateAggregates(value: unknown, what: string): void {
  validateObject(value, what)
  for (const [name, aggregate] of Object.entries(value) as [string, unknown][]) {
    if (typeof aggregate !== 'object' || aggregate === null || !('fn' in aggregate))
      throw new InvalidArgumentError(
        `${what}.${name} must be made by count(), sum(), mean(), min(), max(), first() or last(), got ${show(aggregate)}`,
      )
  }
}

export function validateIterable(value: unknown, what: string): void {
  if (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  )
    return
  throw new InvalidArgumentError(
    `${what} must be an iterable, an async iterable or a stream, got ${show(value)}`,
  )
}

/** An Observable, or what looks like one of another copy of RxJS. */
export function validateObservable(value: unknown, what: string): void {
  if (
    typeof value === 'object' &&
    value !== null &&
    'subscribe' in value &&
    typeof value.subscribe === 'function'
  )
    return
  throw new InvalidArgumentError(`${what} must be an Observable, got ${show(value)}`)
}
