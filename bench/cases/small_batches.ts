import { Table, tableFromIPC, tableToIPC } from 'apache-arrow'

import { ArenaChannel } from '../lib/arena_channel.js'
import { atLeast, type Bench, type Row } from '../lib/bench.js'
import { numbers, touch } from '../lib/batches.js'
import { inTurns } from '../lib/measure.js'
import { SocketChannel } from '../lib/socket_channel.js'

const BATCHES = 3000
const ROUNDS = 9
/** The rounds in which both processes, and apache-arrow, still compile what they run. */
const WARM_UP = 5

/** `write` … `for await` between two processes, against what one would do without shared memory. */
export const smallBatches: Bench = {
  name: 'small',
  title: 'Small batches (100 rows x 6), Node to Node',
  async run() {
    const batch = numbers(100)
    const perSecond = (ms: number) => (BATCHES / ms) * 1000
    const channel = await ArenaChannel.open('iterator', 'gc')
    const ours = { name: 'arena', round: async () => perSecond(await channel.round(batch, BATCHES)) }
    const unit = 'batches/s'
    const rows: Row[] = []

    const socket = await SocketChannel.open()
    const overSocket = { name: 'socket', round: async () => perSecond(await socket.round(batch, BATCHES)) }
    rows.push(
      atLeast(15, {
        figure: 'against a Unix domain socket with apache-arrow',
        unit,
        ours: 'write, for await',
        peer: 'socket',
        comparison: await inTurns(ours, overSocket, ROUNDS, { warmUp: WARM_UP }),
      }),
    )
    await socket.close()

    const table = new Table([batch])
    const inProcess = {
      name: 'tableToIPC, tableFromIPC',
      round: () => {
        const start = performance.now()
        for (let i = 0; i < BATCHES; i++) touch(tableFromIPC(tableToIPC(table)).batches[0]!)
        return perSecond(performance.now() - start)
      },
    }
    rows.push(
      atLeast(5, {
        figure: 'against tableToIPC and tableFromIPC in one process',
        unit,
        ours: 'write, for await',
        peer: 'one process',
        comparison: await inTurns(ours, inProcess, ROUNDS, { warmUp: WARM_UP }),
      }),
    )
    await channel.close()
    return rows
  },
}
