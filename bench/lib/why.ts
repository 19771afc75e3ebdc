/** Why something could not be measured: one line, without the build log or the stack that may follow. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n')[0]!
}

/** Why a command of cargo failed: what to install, or else the command that shows it. */
export function whyCargoFailed(command: string, error: unknown): string {
  const { code, stderr = '' } = error as { code?: unknown; stderr?: string }
  if (code === 'ENOENT') return 'cargo is not installed: get it from https://rustup.rs'
  if (/libclang/i.test(stderr)) return 'libclang is not installed: apt-get install libclang-dev'
  return `it does not build or run here, and \`${command}\` shows why`
}
