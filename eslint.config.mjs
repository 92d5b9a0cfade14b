import eslint from '@eslint/js';
import typescript from 'typescript-eslint';

/**
 * The rooms of the house and what each may import (ARCHITECTURE.md shows the map). Imports point one way:
 * a room may use the rooms listed for it, and nothing else of the project.
 */
const rooms = {
  random: [],
  experiment: [],
  onnx: [],
  layers: ['experiment'],
  authoring: ['experiment', 'layers'],
  protocol: ['experiment', 'layers', 'runs'],
  runs: ['experiment'],
  data: ['experiment', 'random'],
  engine: ['random', 'onnx'],
  images: [],
  models: ['engine', 'experiment', 'layers', 'onnx'],
  detection: ['experiment', 'layers', 'models'],
  similarity: [],
  distill: ['experiment', 'layers', 'models'],
  targets: ['runs', 'data', 'engine', 'models'],
  trainer: ['experiment', 'random', 'runs', 'data', 'engine', 'layers', 'models', 'distill', 'targets'],
  inspector: [
    'experiment',
    'random',
    'runs',
    'data',
    'engine',
    'layers',
    'models',
    'similarity',
    'trainer',
    'protocol',
  ],
  cli: [
    'experiment',
    'runs',
    'data',
    'engine',
    'images',
    'layers',
    'models',
    'detection',
    'distill',
    'trainer',
    'inspector',
    'protocol',
  ],
  extension: ['authoring', 'experiment', 'layers', 'runs', 'protocol'],
};

/** Packages that a room must not load: the extension host stays light, the language and the protocol stay pure. */
const bannedPackages = {
  random: ['vscode', '@tensorflow/*', 'onnxruntime-*', 'node:*'],
  experiment: ['vscode', '@tensorflow/*', 'onnxruntime-*', 'node:*'],
  onnx: ['vscode', '@tensorflow/*', 'onnxruntime-*', 'node:*'],
  layers: ['vscode', '@tensorflow/*', 'onnxruntime-*', 'node:*'],
  authoring: ['vscode', '@tensorflow/*', 'onnxruntime-*', 'node:*'],
  protocol: ['vscode', '@tensorflow/*', 'onnxruntime-*', 'node:*'],
  runs: ['vscode', '@tensorflow/*', 'onnxruntime-*'],
  data: ['vscode', '@tensorflow/*', 'onnxruntime-*'],
  engine: ['vscode'],
  images: ['vscode', '@tensorflow/*', 'onnxruntime-*'],
  models: ['vscode', 'onnxruntime-*'],
  detection: ['vscode', 'onnxruntime-*'],
  similarity: ['vscode', 'onnxruntime-*', 'node:*'],
  distill: ['vscode', 'onnxruntime-*', 'node:*'],
  targets: ['vscode', 'onnxruntime-*'],
  trainer: ['vscode', 'onnxruntime-*'],
  inspector: ['vscode', 'onnxruntime-*'],
  cli: ['vscode', 'onnxruntime-*'],
  extension: ['@tensorflow/*', 'onnxruntime-*', 'esbuild'],
};

/** How deep folders lie in a room; a folder of a room may have the name of another room. */
const depths = [0, 1, 2, 3];

const roomRules = Object.entries(rooms).flatMap(([room, allowed]) => {
  const forbidden = Object.keys(rooms).filter((other) => other !== room && !allowed.includes(other));
  return depths.map((depth) => ({
    files: [`src/${room}/${'*/'.repeat(depth)}*.ts`],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: forbidden.map((other) => `${'../'.repeat(depth + 1)}${other}/*`),
              message: `src/${room} may import only: ${allowed.join(', ') || 'nothing of the project'}.`,
            },
            { group: ['**/webview/*'], message: 'src never imports the webview.' },
            { group: ['**/bench/*'], message: 'src never imports what measures it.' },
            {
              group: bannedPackages[room],
              message: `src/${room} must stay free of this package (ARCHITECTURE.md, invariants).`,
            },
          ],
        },
      ],
    },
  }));
});

export default typescript.config(
  {
    ignores: [
      'dist/**',
      'node_modules/**',
      '.vscode-host/**',
      '.vscode-test/**',
      'test-results/**',
      'src/onnx/onnx_pb.ts', // generated: npm run onnx
    ],
  },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...typescript.configs.strictTypeChecked, ...typescript.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json', './webview/tsconfig.json'] },
    },
    rules: {
      // Numeric loops index typed arrays whose bounds are known; `!` there is the honest spelling.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' },
        { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that defines it.' },
      ],
      'no-warning-comments': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  ...roomRules,
  {
    files: ['bench/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['vscode'], message: 'Benchmarks run without an editor.' },
            {
              regex: '/src/extension/(?!inspector/process$)|/webview/',
              message: 'Benchmarks may use any room but those of the editor, and what starts an inspector.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['webview/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['vscode', 'node:*', '@tensorflow/*'], message: 'Webviews run in a browser.' },
            {
              regex:
                '^(\\.\\./)+src/(?!protocol/|experiment/|layers/|runs/(?:summary|record|events|series)$)',
              message:
                'Webviews share only pure files with the host: src/protocol, src/experiment, src/layers and the shapes of a run.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', 'vitest.config.ts'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        Buffer: 'readonly',
      },
    },
    rules: { 'no-restricted-syntax': 'off' },
  },
);
