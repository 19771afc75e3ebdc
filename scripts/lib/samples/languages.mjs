import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'

import { buildFolder, jobs } from '../native_tests.mjs'
import { cargoTarget, root } from '../project.mjs'
import { installBinding, PythonMissing, pythonWithPackages } from '../python.mjs'
import { run } from '../run.mjs'

/** Why the samples of a language cannot run here. */
export class LanguageMissing extends Error {}

/**
 * Each language makes programs of files. `files` are `{ path, text }`, with paths below `folder`, where they have been written;
 * `prepare` gives, for the path of a file, the command that runs it.
 */
export const preparers = {
  '.ts': typeScript,
  '.mjs': javaScript,
  '.cjs': javaScript,
  '.py': python,
  '.rs': rust,
  '.cpp': cpp,
}

const succeed = async (program, args, options) => {
  const { code, output } = await run(program, args, { quiet: true, ...options })
  if (code !== 0) throw new Error(output)
}

/** Compiled as the user of a new project would, strictly, against the package by its name. */
async function typeScript(folder) {
  const config = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: { rootDir: folder, outDir: join(folder, 'js'), composite: false },
    include: [join(folder, '**/*.ts')],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  await succeed(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
  return (path) => ({
    command: [process.execPath, join(folder, 'js', path.replace(/\.ts$/, '.js'))],
    loads: 'qadataswap.node',
  })
}

function javaScript(folder) {
  return (path) => ({ command: [process.execPath, join(folder, path)], loads: 'qadataswap.node' })
}

async function python(folder) {
  try {
    const interpreter = await pythonWithPackages()
    const env = await installBinding(interpreter)
    return (path) => ({ command: [interpreter, join(folder, path)], env, loads: '_native' })
  } catch (error) {
    if (error instanceof PythonMissing) throw new LanguageMissing(error.message)
    throw error
  }
}

/** One crate, of which each sample is a program. */
async function rust(folder, files) {
  if ((await run('cargo', ['--version'], { quiet: true })).code !== 0)
    throw new LanguageMissing('cargo is not installed')
  const crate = join(folder, 'rust')
  mkdirSync(crate, { recursive: true })
  const name = (path) => path.replace(/\.rs$/, '').replaceAll(/\W/g, '-')
  const bins = files.map(({ path }) => `[[bin]]\nname = "${name(path)}"\npath = "${join(folder, path)}"\n`)
  const binding = join(root, 'bindings/rust')
  writeFileSync(
    join(crate, 'Cargo.toml'),
    `[package]
name = "samples"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
qadataswap = { path = "${binding}", features = ["polars", "tokio"] }
arrow-array = "*"
arrow-schema = "*"
futures-core = "*"
polars-core = "*"
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
tokio-stream = { version = "0.1" }

${bins.join('\n')}`,
  )
  cpSync(join(binding, 'Cargo.lock'), join(crate, 'Cargo.lock'))
  const env = { CARGO_TARGET_DIR: cargoTarget, CARGO_TERM_COLOR: 'never' }
  await succeed('cargo', ['build', '--quiet'], { cwd: crate, env })
  return (path) => ({ command: [join(cargoTarget, 'debug', name(path))], loads: name(path) })
}

/** Built as another project builds: against the installed package. */
async function cpp(folder, files) {
  let interpreter
  try {
    interpreter = await pythonWithPackages()
  } catch (error) {
    if (error instanceof PythonMissing)
      throw new LanguageMissing(`Arrow C++ comes from pyarrow: ${error.message}`)
    throw error
  }
  const release = buildFolder('release')
  const flags = ['-DQADS_BUILD_ARROW=ON', `-DQADS_PYTHON=${interpreter}`]
  await succeed('cmake', ['--preset', 'release', '--log-level=WARNING', ...flags])
  await succeed('cmake', ['--build', release, '--parallel', jobs, '--target', 'qads_arrow', 'qadataswap'])
  const installed = join(folder, 'cpp/installed')
  await succeed('cmake', ['--install', release, '--prefix', installed])
  const name = (path) => path.replace(/\.cpp$/, '').replaceAll(/\W/g, '_')
  const programs = files.map(
    ({ path }) =>
      `add_executable(${name(path)} ${join(folder, path)})\ntarget_link_libraries(${name(path)} PRIVATE qadataswap::arrow)\n`,
  )
  writeFileSync(
    join(folder, 'cpp/CMakeLists.txt'),
    `cmake_minimum_required(VERSION 3.22)
project(samples LANGUAGES CXX)
find_package(qadataswap REQUIRED COMPONENTS arrow)
${programs.join('')}`,
  )
  const build = join(folder, 'cpp/build')
  await succeed('cmake', [
    ...['-S', join(folder, 'cpp'), '-B', build, `-DCMAKE_PREFIX_PATH=${installed}`],
    ...[`-DQADS_PYTHON=${interpreter}`, '-DCMAKE_BUILD_TYPE=Debug'],
  ])
  await succeed('cmake', ['--build', build, '--parallel', jobs])
  return (path) => ({ command: [join(build, name(path))], loads: 'libqadataswap' })
}

/** Writes the files of all groups below `folder`, each group in a folder of its own, and gives their paths. */
export function writeFiles(folder, groups) {
  rmSync(folder, { recursive: true, force: true })
  const files = []
  for (const group of groups) {
    const place = join(group.page.replaceAll('/', '-').replace(/\.md$/, ''), group.name)
    mkdirSync(join(folder, place), { recursive: true })
    for (const { file, text, where } of [...group.programs, ...group.modules]) {
      writeFileSync(join(folder, place, file), `${text}\n`)
      files.push({ path: join(place, file), where, ending: extname(file) })
    }
    group.pathOf = (file) => join(place, basename(file))
  }
  return files
}
