import js from '@eslint/js'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import { importX } from 'eslint-plugin-import-x'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

// The floors of src, from the ground up: a room uses only rooms below it.
const floors = [
  'src/base/**',
  'src/native/**',
  'src/codec/**',
  'src/frames/**',
  'src/core/options.*',
  'src/core/waiting/**',
  'src/core/reading/**',
  'src/core/polars/**',
  'src/core/writing/**',
  'src/core/!(options).ts',
  'src/streams/**',
  'src/rx/**',
  'src/index.*',
]

const zones = floors.slice(0, -1).map((target, floor) => ({
  target,
  from: floors.slice(floor + 1),
  message: 'A room uses only rooms below it: see the floors in eslint.config.js.',
}))

export default defineConfig(
  globalIgnores(['build/', 'dist/', 'bindings/', '**/node_modules/']),
  js.configs.recommended,
  {
    rules: {
      'max-lines': ['error', 400],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        AbortController: 'readonly',
        console: 'readonly',
        performance: 'readonly',
        process: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // apache-arrow's types are classes that it casts between; only their shape says what they are.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // `async` also turns what is thrown into a rejection.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/prefer-for-of': 'off',
      // Index access is `T | undefined` everywhere; in a loop with a checked bound `!` says so at no cost.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNever: true },
      ],
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
    },
  },
  {
    files: ['src/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts', 'examples/**/*.ts'],
    plugins: { 'import-x': importX },
    settings: {
      ...importX.flatConfigs.typescript.settings,
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'src/tsconfig.json' })],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
    },
  },
  {
    files: ['src/{base,codec,frames,core,streams}/**/*.ts', 'src/index.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['rxjs', 'rxjs/*'], message: 'Only src/rx needs RxJS.' }] },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        { name: 'Atomics', message: 'The ring protocol exists once, in native/core.' },
        { name: 'SharedArrayBuffer', message: 'The ring protocol exists once, in native/core.' },
      ],
    },
  },
)
