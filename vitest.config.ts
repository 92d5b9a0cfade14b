import { defineConfig } from 'vitest/config';

/**
 * Three kinds of test share this runner: `unit` beside the code, `trainer` with the real child process, `webview`
 * in a real Chromium. The mocha suite inside VS Code and the workbench drive are started by scripts/test.mjs.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts', 'webview/**/*.test.ts'], testTimeout: 30_000 } },
      {
        test: {
          name: 'trainer',
          include: ['test/trainer/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
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
    ],
  },
});
