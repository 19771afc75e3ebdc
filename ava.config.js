export default {
  files: ['build/ts/test/**/*.test.js'],
  // Child processes, so that a crash in native code ends one test file and names it.
  workerThreads: false,
  concurrency: 2,
  timeout: '5m',
}
