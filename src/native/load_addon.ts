import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

import { SystemError } from '../base/errors.js'
import type { NativeModule } from './addon.js'

// Relative to dist/native.
const ADDON = new URL('../../build/Release/qadataswap.node', import.meta.url)

let loaded: NativeModule | undefined

/** The native addon, loaded when it is first needed. */
export function addon(): NativeModule {
  loaded ??= load()
  return loaded
}

function load(): NativeModule {
  const path = fileURLToPath(ADDON)
  try {
    return createRequire(import.meta.url)(path) as NativeModule
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SystemError(
      `the native addon of qadataswap cannot be loaded from ${path} (${why}): build it with \`npm run build\` in a ` +
        'checkout, or `npm rebuild qadataswap` in a project (Linux, a C++17 compiler and CMake are needed)',
      { cause },
    )
  }
}
