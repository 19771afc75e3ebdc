/* eslint-disable no-restricted-globals -- a timer that blocks; the memory is private */
const cell = new Int32Array(new SharedArrayBuffer(4))

/** Blocks the thread. */
export function sleepSync(ms: number): void {
  Atomics.wait(cell, 0, 0, ms)
}
