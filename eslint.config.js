import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const forbidImports = (...group) => ({
  'no-restricted-imports': [
    'error',
    { patterns: [{ group, message: 'A lower layer knows nothing of a higher one.' }] },
  ],
})

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
    languageOptions: { globals: { console: 'readonly', performance: 'readonly', process: 'readonly' } },
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
  { files: ['src/core/**/*.ts'], rules: forbidImports('**/streams/**', '**/rx/**', 'rxjs', 'rxjs/*') },
  { files: ['src/streams/**/*.ts'], rules: forbidImports('**/rx/**', 'rxjs', 'rxjs/*') },
)
