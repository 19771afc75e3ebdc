import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import type { Parent } from '../support/child_process.js'

/** What is needed of WebAssembly, whose types come with those of browsers. */
const wasm = (globalThis as unknown as { WebAssembly: WebAssembly }).WebAssembly
interface WebAssembly {
  instantiate(module: Uint8Array): Promise<{ instance: { exports: { trap(): void } } }>
  RuntimeError: new () => Error
}

/** A module whose one function reads behind the end of its memory. */
const TRAP = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic, version
  ...[1, 5, 1, 96, 0, 1, 127], // type 0: () -> i32
  ...[3, 2, 1, 0, 5, 3, 1, 0, 1], // function 0 is of type 0; a memory of one page
  ...[7, 8, 1, 4, 116, 114, 97, 112, 0, 0], // "trap" is function 0
  ...[10, 9, 1, 7, 0, 65, 112, 40, 2, 0, 11], // i32.load at -16
)

/** The library is loaded in worker threads only, which end; then WebAssembly traps here, by a SIGSEGV that Node handles. */
export async function trapAfterThreads({ name }: { name: string }, parent: Parent): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const thread = new Worker(new URL('./reading_thread.js', import.meta.url), { workerData: { name } })
    await once(thread, 'exit')
  }
  const { instance } = await wasm.instantiate(TRAP)
  try {
    instance.exports.trap()
  } catch (error) {
    parent.report(error instanceof wasm.RuntimeError)
  }
}
