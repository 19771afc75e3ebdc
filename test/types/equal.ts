/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- they are what is compared */
/** True when two types are the same, not merely assignable to each other. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Does not compile unless the type argument is `true`. */
export function expectTrue<_T extends true>(): void {
  // The check is done by the compiler.
}
