import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { rowsOf } from '../lib/batches.js'
import type { Bench, Missing, Row } from '../lib/bench.js'
import { howToInstallPeers, pythonWithArrow } from '../lib/cache.js'
import { inTurns } from '../lib/measure.js'
import { type Server, startRedis, startVineyard } from '../lib/peer_servers.js'
import { firstLine } from '../lib/why.js'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('../../../../bench/coming_from/', import.meta.url))

const ROUNDS = 5
const LIMIT_MS = 120_000
/** Many enough that making the arena, 64 MiB of it, and connecting do not count. */
const SIZES = [
  { size: '100 rows x 6', rows: 100, count: 20_000 },
  { size: '1 MiB', rows: rowsOf(2 ** 20), count: 1000 },
]
/** Of a peer that takes milliseconds for a batch, so many times fewer. */
const SLOWER = 10

interface Peer {
  readonly name: string
  readonly program: string
  readonly slow?: boolean
  readonly server?: (python: string) => Promise<Server | string>
}

const PEERS: readonly Peer[] = [
  { name: 'multiprocessing.shared_memory, pyarrow', program: 'multiprocessing_shared_memory' },
  { name: 'zeromq over ipc', program: 'zeromq' },
  { name: 'iceoryx2, publish and subscribe', program: 'iceoryx2_service' },
  { name: 'Redis Streams', program: 'redis_streams', slow: true, server: startRedis },
  { name: 'Vineyard', program: 'vineyard_objects', slow: true, server: startVineyard },
]

/** The programs that the pages of docs/coming-from show, Python to Python, each a whole process. */
export const comingFrom: Bench = {
  name: 'coming-from',
  title: 'Batches a second from Python to Python, against the same small job written otherwise',
  async run() {
    const python = pythonWithArrow()
    if (python === undefined) return [{ figure: 'Python peers', why: howToInstallPeers() }]
    const rows: (Row | Missing)[] = []
    for (const { name, program, slow = false, server } of PEERS) {
      const started = await server?.(python)
      if (typeof started === 'string') {
        rows.push({ figure: name, why: started })
        continue
      }
      for (const { size, rows: length, count: most } of SIZES) {
        const count = slow ? most / SLOWER : most
        const perSecond = async (file: string) => {
          const { stdout } = await run(python, [`${folder}${file}.py`, String(length), String(count)], {
            timeout: LIMIT_MS,
            env: { ...process.env, ...started?.env },
          })
          return (count / Number(stdout)) * 1000
        }
        const figure = `Python, ${size}: ${name}`
        try {
          const comparison = await inTurns(
            { name: 'arena', round: () => perSecond('ours') },
            { name, round: () => perSecond(program) },
            ROUNDS,
          )
          rows.push({ figure, unit: 'batches/s', ours: 'arena', peer: name, comparison })
        } catch (error) {
          rows.push({ figure, why: firstLine(error) })
        }
      }
      await started?.stop()
    }
    return rows
  },
}
