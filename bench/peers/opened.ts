import type { Channel } from '../lib/channel.js'

/** A channel, or why there is none here. */
export type Opened = Promise<Channel | string>
