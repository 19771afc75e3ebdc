/**
 * Deno runs the finalizers of ArrayBuffers in whatever thread V8 frees them, while JavaScript runs. What they would have to do
 * for a lease belongs to the thread of its reader.
 */
const FINALIZES_ANYWHERE = 'deno' in process.versions

let warned = false

/** The policy that can be had here. Says once, as a process warning, that it is another than was asked for. */
export function leaseHere<Lease extends string>(lease: Lease | 'copy'): Lease | 'copy' {
  if (!FINALIZES_ANYWHERE || lease === 'copy') return lease
  if (!warned) {
    warned = true
    process.emitWarning(
      "batches are copied when they are read (lease: 'copy'): Deno cannot read them in place. Ask for 'copy' to silence this",
      { type: 'QadsWarning', code: 'QADS_COPIED_IN_DENO' },
    )
  }
  return 'copy'
}
