import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What is downloaded or built for benchmarks and belongs to no clone. */
export const cacheDir = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'qadataswap')

const npmFolder = join(cacheDir, 'bench/npm')

/** Where a package of the peers is installed, for `import()`; undefined when it is not. */
export function peerPackage(name: string): string | undefined {
  try {
    return pathToFileURL(createRequire(join(npmFolder, 'package.json')).resolve(name)).href
  } catch {
    return undefined
  }
}

/** As a shell takes it, without the name of whoever runs it. */
const short = (path: string) => path.replace(`${homedir()}/`, '~/')

/** What to do to have it. */
export const howToInstall = (name: string) =>
  `the package is not installed: npm install --prefix ${short(npmFolder)} ${name}`

const pythonFolder = join(cacheDir, 'bench/python')

/** A Python that has pyarrow, in a virtual environment of its own. */
export function pythonWithArrow(): string | undefined {
  const python = join(pythonFolder, 'bin/python')
  return existsSync(python) ? python : undefined
}

export const howToInstallPython = () =>
  `there is no Python with pyarrow: python3 -m venv ${short(pythonFolder)} && ${short(pythonFolder)}/bin/pip install numpy pyarrow`

/** What to do to have every peer in Python. */
export const howToInstallPeers = () =>
  `it is not installed: python3 -m venv ${short(pythonFolder)} && ${short(pythonFolder)}/bin/pip install ` +
  '-r bench/coming_from/requirements.txt ./bindings/python'

/** The Redis server of the system, or one that was unpacked into the cache folder. */
export function redisServer(): { path: string; env: Record<string, string> } | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'redis-server')
    if (existsSync(path)) return { path, env: {} }
  }
  const unpacked = join(cacheDir, 'bench/redis/usr')
  const path = join(unpacked, 'bin/redis-server')
  if (!existsSync(path)) return undefined
  return {
    path,
    env: {
      LD_LIBRARY_PATH: join(unpacked, `lib/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`),
    },
  }
}
