import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  // assembly/ is AssemblyScript: its types and decorators are not TypeScript's, and asc checks them.
  globalIgnores([
    '**/dist/',
    'packages/site/src/docs/generated/',
    'packages/site/public/',
    'build/',
    'coverage/',
    '.engines/',
    'models/',
    'docs/api/',
    'assembly/',
    '**/*.generated.ts',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // TypeScript knows every name, in .mjs files too (checkJs).
      'no-undef': 'off',
      eqeqeq: ['error', 'always'],
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, allowDefaultCaseForExhaustiveSwitch: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'all' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // An empty string is often as good as none, and false as undefined.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { boolean: true, string: true } }],
      // An element read from an array is typed as present (noUncheckedIndexedAccess is off), so this rule would
      // refuse the very checks that guard against it.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Loops over numbers are the subject here.
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A reader of files says what it reads by its type parameter.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // `type` for unions and records, `interface` for contracts: both are used on purpose.
      '@typescript-eslint/consistent-type-definitions': 'off',
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/cli/**'],
    rules: {
      // A library does not write to the console.
      'no-console': 'error',
    },
  },
  {
    // What weights depend on: the library, and the data of the site, whose addresses promise the same weights.
    files: ['src/**', 'packages/site/src/{data,exact,training}/**'],
    ignores: ['src/cli/**'],
    rules: {
      // The last bits of these functions differ between engines. Where no weight depends on the result, say so beside
      // the exception.
      'no-restricted-properties': [
        'error',
        ...[
          'acos',
          'acosh',
          'asin',
          'asinh',
          'atan',
          'atan2',
          'atanh',
          'cbrt',
          'cos',
          'cosh',
          'exp',
          'expm1',
          'hypot',
          'log',
          'log10',
          'log1p',
          'log2',
          'pow',
          'random',
          'sin',
          'sinh',
          'tan',
          'tanh',
        ].map((property) => ({
          object: 'Math',
          property,
          message: 'Not the same bits on every engine: whatever reaches a weight uses only + − × ÷ sqrt.',
        })),
      ],
      'no-restricted-syntax': [
        'error',
        {
          // A power of two literals is a constant, like 2 ** 32.
          selector:
            "BinaryExpression[operator='**']:not([left.type='Literal'][right.type='Literal']), AssignmentExpression[operator='**=']",
          message: 'Not the same bits on every engine: multiply instead.',
        },
      ],
    },
  },
  {
    // Tests hand over wrong arguments on purpose.
    files: ['test/**', 'bench/**', 'packages/*/test/**'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // Scripts are JavaScript with few annotations: rules that need types report little of use.
    files: ['**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    // What these import is there only where the comparison has installed it.
    files: ['bench/peers/contestants/**'],
    rules: { '@typescript-eslint/ban-ts-comment': 'off' },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs' },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
