/** What is used of packages that are installed outside the clone. */
export interface ZeroMqModule {
  readonly Pull: new () => AsyncIterable<Uint8Array[]> & {
    bind(address: string): Promise<void>
    close(): void
  }
  readonly Push: new () => {
    connect(address: string): void
    send(message: Uint8Array): Promise<void>
    close(): void
  }
}

interface RedisStream {
  readonly messages: readonly { readonly id: unknown; readonly message: Record<string, Buffer> }[]
}

interface RedisClient {
  connect(): Promise<unknown>
  withTypeMapping(mapping: object): RedisClient
  xRead(
    streams: readonly { key: string; id: string }[],
    options: object,
  ): Promise<readonly RedisStream[] | null>
  xAdd(key: string, id: string, message: object, options: object): Promise<unknown>
  destroy(): void
}

export interface RedisModule {
  readonly RESP_TYPES: { readonly BLOB_STRING: number }
  readonly createClient: (options: object) => RedisClient
}
