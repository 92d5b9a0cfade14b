import { defineConfig } from 'vitest/config';

/**
 * Five kinds of test share this runner: `unit` beside the code, `webgpu` on a GPU in software, `trainer` with the real child process, `webview` in a
 * real Chromium, `e2e` in a whole workbench. The mocha suite inside VS Code is started by test/vscode/run.mjs.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'webview/**/*.test.ts', 'bench/**/*.test.ts'],
          // Each takes milliseconds to seconds; a machine that is busy with something else may need a hundred times that.
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'webgpu',
          // How a step treats variables is the same on every provider, and so is its test.
          include: ['test/webgpu/**/*.test.ts', 'src/engine/compiled/program.test.ts'],
          env: { DISTILLERY_PROVIDER: 'webgpu' },
          globalSetup: 'test/webgpu/setup.ts',
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'trainer',
          include: ['test/trainer/**/*.test.ts', 'test/inspector/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'webview',
          include: ['test/webview/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/e2e/setup.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
