// Lint rules. Types do most of the work; what stands here is what types cannot say.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Only the edge reads the outside world, and only the edge prints. */
const EDGE_ONLY = ['argv', 'env', 'stdout', 'stderr', 'stdin', 'exit', 'exitCode', 'cwd'].map(
  (property) => ({
    object: 'process',
    property,
    message: `process.${property} belongs to driver/cli: take what you need as an argument.`,
  }),
);

/** TypeScript does not see a misspelt key inside a spread literal (excess property checks). */
const NO_LITERAL_SPREADS = [
  'ObjectExpression > SpreadElement[argument.type="ObjectExpression"]',
  'ObjectExpression > SpreadElement > ConditionalExpression[consequent.type="ObjectExpression"]',
  'ObjectExpression > SpreadElement > ConditionalExpression[alternate.type="ObjectExpression"]',
  'ObjectExpression > SpreadElement > LogicalExpression[right.type="ObjectExpression"]',
].map((selector) => ({
  selector,
  message:
    'Write the keys themselves, undefined where there is no value: a key in a spread literal is not checked.',
}));

/** Timers that overflow fire at once. */
const TIMERS = 'Timers are armed in driver/host/timers.ts, where none overflows.';

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', '.tap/', '.setup/', 'notes/', 'docs/_site/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './driver/report/html/client/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers read well in templates; objects do not, and stay refused.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // Functions in plain objects (paints, modules) are taken out of them freely.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Consoles speak in control characters, and we read them.
      'no-control-regex': 'off',
      // An interface may ask for a promise where this implementation has no need to wait.
      '@typescript-eslint/require-await': 'off',
      // A constant condition in `while (true)` is a loop that ends by return.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // Follows base types of recursive types without end (a stack overflow), and types suffice.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Strings are spread into code points on purpose.
      '@typescript-eslint/no-misused-spread': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...NO_LITERAL_SPREADS],
    },
  },
  {
    files: ['driver/**/*.ts'],
    // The page has the browser's own timers.
    ignores: ['driver/host/timers.ts', 'driver/report/html/client/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: TIMERS },
        { name: 'setInterval', message: TIMERS },
      ],
      'no-restricted-imports': [
        'error',
        ...['timers', 'timers/promises'].flatMap((name) => [
          { name, importNames: ['setTimeout', 'setInterval'], message: TIMERS },
          { name: `node:${name}`, importNames: ['setTimeout', 'setInterval'], message: TIMERS },
        ]),
      ],
      'no-restricted-syntax': [
        'error',
        ...NO_LITERAL_SPREADS,
        {
          selector: "MemberExpression[object.name='AbortSignal'][property.name='timeout']",
          message: TIMERS,
        },
      ],
    },
  },
  {
    files: ['driver/**/*.ts'],
    rules: { 'no-restricted-properties': ['error', ...EDGE_ONLY] },
  },
  {
    files: ['**/*.generated.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
  {
    files: ['driver/cli/**/*.ts', 'driver/library/process-edge.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    // The old names are deprecated for users; here they are made and tested.
    files: ['driver/shim.ts', 'driver/library/shim/**/*.ts', 'test/vm/library-shim*.ts'],
    rules: { '@typescript-eslint/no-deprecated': 'off' },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // `tap` returns promises of subtests that it awaits itself.
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        performance: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        AbortController: 'readonly',
        module: 'writable',
        require: 'readonly',
        console: 'readonly',
      },
    },
    rules: { eqeqeq: 'error', 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }] },
  },
  {
    // Runs in browsers.
    files: ['site/client/*.js'],
    rules: { 'no-undef': 'off' },
  },
);
