import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import vue from 'eslint-plugin-vue';
import globals from 'globals';
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

const TYPED = [
  'shared/**/*.ts',
  'server/**/*.ts',
  'client/**/*.ts',
  'client/**/*.vue',
  'vitest.config.ts',
];
/** Where `!` is a fair way to say "the decorator, or the line above, fills this". */
const ENTITIES_AND_TESTS = [
  '**/*.entity.ts',
  '**/*.{test,itest,btest,factory}.ts',
  'server/src/test/**',
];

export default defineConfig(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      'uploads/**',
      '.data/**',
      'coverage/**',
      'test-output/**',
      'bench/results/**',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'].map((config) => ({ files: ['client/**'], ...config })),
  {
    files: TYPED,
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } },
      ],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/consistent-type-assertions': [
        'error',
        { assertionStyle: 'as', objectLiteralTypeAssertions: 'never' },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['client/**/*.vue'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'vue/no-v-html': 'error',
      // Props are typed; an absent optional prop is `undefined`, which is what the types say.
      'vue/require-default-prop': 'off',
    },
  },
  { files: ['client/**'], languageOptions: { globals: globals.browser } },
  {
    files: ['server/**/*.ts', 'scripts/**', '*.config.{js,ts}', '.dependency-cruiser.cjs'],
    languageOptions: { globals: globals.node },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs' },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  { files: ENTITIES_AND_TESTS, rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  {
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          caughtErrorsIgnorePattern: '^_',
          ignoreRestSiblings: true,
        },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'off',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'start' }],
    },
  },
  {
    files: ['server/src/**/*.ts'],
    ignores: [
      'server/src/tools/**',
      'server/src/test/**',
      'server/src/main.ts',
      '**/*.{test,itest,btest}.ts',
    ],
    // The server speaks through its log; what goes to the terminal is said by main and the tools.
    rules: { 'no-console': 'error' },
  },
  prettier,
);
