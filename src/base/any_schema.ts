/** Columns of which nothing is known at compile time: the default of apache-arrow's own type parameters. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- anything else would refuse typed batches
export type AnySchema = any
