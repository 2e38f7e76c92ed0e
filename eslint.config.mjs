import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const DRIVERS = ['kafkajs', '@clickhouse/*', 'chdb', 'chdb/*', 'bullmq', 'ioredis', '@prisma/*', 'pg', 'prisma'];

/** Who may import whom (docs/ARCHITECTURE.md); `alsoInSpecs` is what only specs may use. */
const boundaries = (alsoInSpecs) => [
  'error',
  {
    allow: [],
    depConstraints: [
      {
        sourceTag: 'type:app',
        onlyDependOnLibsWithTags: [
          'type:wiring',
          'type:flow',
          'type:adapter',
          'type:port',
          'type:contract',
          'type:domain',
          'type:platform',
          ...alsoInSpecs,
        ],
      },
      {
        sourceTag: 'type:wiring',
        onlyDependOnLibsWithTags: [
          'type:flow',
          'type:adapter',
          'type:port',
          'type:contract',
          'type:domain',
          'type:platform',
          ...alsoInSpecs,
        ],
      },
      {
        sourceTag: 'type:flow',
        onlyDependOnLibsWithTags: ['type:port', 'type:contract', 'type:domain', 'type:platform', ...alsoInSpecs],
        bannedExternalImports: DRIVERS,
      },
      {
        sourceTag: 'type:adapter',
        onlyDependOnLibsWithTags: ['type:port', 'type:contract', 'type:domain', 'type:platform', ...alsoInSpecs],
      },
      { sourceTag: 'type:port', onlyDependOnLibsWithTags: ['type:domain'], bannedExternalImports: DRIVERS },
      { sourceTag: 'type:contract', onlyDependOnLibsWithTags: ['type:domain'], bannedExternalImports: DRIVERS },
      {
        sourceTag: 'type:domain',
        onlyDependOnLibsWithTags: ['type:domain'],
        bannedExternalImports: ['@nestjs/*', 'rxjs', 'pino', ...DRIVERS],
      },
      { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:platform'], bannedExternalImports: DRIVERS },
      {
        sourceTag: 'type:testing',
        onlyDependOnLibsWithTags: ['type:port', 'type:contract', 'type:domain', 'type:platform', 'type:testing'],
      },
      { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['*'] },
    ],
  },
];

const NO_ENVIRONMENT = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'The environment is read in apps/*/src/config.ts alone and passed down as typed values.',
};
const ZOD_WHOLE = {
  selector: "ImportDeclaration[source.value='zod'] > :matches(ImportSpecifier, ImportDefaultSpecifier)",
  message: "import * as z from 'zod': a named import drags every locale into a bundle.",
};
const NO_SKIPPED_TEST = {
  selector: 'CallExpression > MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(skip|only|todo)$/]',
  message: 'A test runs or is deleted.',
};

export default tseslint.config(
  { ignores: ['**/dist/**', '**/generated/**', '**/*.config.*', '**/*.mjs', '**/fixtures/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundaries([]),
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/ban-ts-comment': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true } }],
      'no-restricted-syntax': ['error', NO_ENVIRONMENT, NO_SKIPPED_TEST, ZOD_WHOLE],
      'no-restricted-imports': [
        'error',
        {
          patterns: [{ group: ['@outrider/domain/**/testing'], message: 'Builders are for specs.' }],
        },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: [
      '**/*.{spec,engines}.ts',
      'libs/testing/**/*.ts',
      '**/src/testing.ts',
      '**/testing/**/*.ts',
      'tools/**/*.ts',
    ],
    rules: {
      '@nx/enforce-module-boundaries': boundaries(['type:testing', 'type:tool', 'type:adapter']),
      'no-restricted-imports': 'off',
      'no-restricted-syntax': ['error', NO_SKIPPED_TEST],
      'max-lines': ['error', { max: 600 }],
    },
  },
  { files: ['apps/*/src/config.ts'], rules: { 'no-restricted-syntax': ['error', NO_SKIPPED_TEST] } },
  { files: ['apps/outrider/src/cli/**/*.ts', 'tools/**/*.ts'], rules: { 'no-console': 'off' } },
);
