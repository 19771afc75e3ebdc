import { InvalidArgumentError } from '../base/errors.js'

/**
 * Reads what objects have under a name, or undefined. What all objects inherit (`toString`, `constructor`, `__proto__`) is nothing that
 * a row has.
 */
export function propertyReader(name: string): (object: object) => unknown {
  const read = (object: object) => (object as Record<string, unknown>)[name]
  return name in Object.prototype
    ? (object) => (Object.hasOwn(object, name) ? read(object) : undefined)
    : read
}

/** Gives an object a property of its own, whatever its name: to assign `__proto__` would change what the object inherits. */
export function setOwn(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}

/** The first name that is there twice. */
export function doubledName(names: readonly string[]): string | undefined {
  return new Set(names).size === names.length ? undefined : names.find((name, i) => names.indexOf(name) < i)
}

/** Throws where the names of columns, which are to be properties of one object, are not all different. */
export function checkDistinct(names: readonly string[], what: string): void {
  const doubled = doubledName(names)
  if (doubled !== undefined) {
    throw new InvalidArgumentError(
      `${what} has two columns "${doubled}", and an object has one property of a name; give them different names where they are made, ` +
        'or drop them with dropColumns()',
    )
  }
}
