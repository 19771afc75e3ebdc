import { SocketChannel } from '../lib/socket_channel.js'
import { openFile, openProcessIpc, openWorker } from './in_node.js'
import type { Opened } from './opened.js'
import { openPythonSharedMemory } from './python_shared_memory.js'
import { openRedis } from './redis.js'
import { openZeroMq } from './zeromq.js'

/** Other ways from process to process, as their users would write them. */
export const peers: Readonly<Record<string, () => Opened>> = {
  'Unix socket, apache-arrow streams': () => SocketChannel.open(),
  'child_process IPC, advanced serialization': openProcessIpc,
  'worker_threads, postMessage with transfer': openWorker,
  'file in shared memory': openFile,
  'zeromq over ipc': openZeroMq,
  'Redis Streams': openRedis,
  'Python multiprocessing.shared_memory, pyarrow': openPythonSharedMemory,
}
