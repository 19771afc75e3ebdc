import type { ChildTask, Parent } from './child_process.js'

/** Runs the task that the arguments name: module, export, arguments as JSON. */
const [module, name, args] = process.argv.slice(2) as [string, string, string]

const told: unknown[] = []
let taker: ((value: unknown) => void) | undefined
process.on('message', (value) => {
  if (taker === undefined) told.push(value)
  else taker(value)
  taker = undefined
})

const orphaned = () => process.exit(9)
process.once('disconnect', orphaned)

const parent: Parent = {
  report: (value) => void process.send!(value),
  told: () =>
    new Promise((resolve) => {
      if (told.length > 0) resolve(told.shift())
      else taker = resolve
    }),
}

const exports = (await import(module)) as Record<string, ChildTask<unknown>>
try {
  await exports[name]!(JSON.parse(args), parent)
} finally {
  // From here on the process lives only as long as something of the library's keeps it alive.
  process.removeListener('disconnect', orphaned)
  if (process.connected) process.disconnect()
}
