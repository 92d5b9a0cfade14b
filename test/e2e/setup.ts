import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { packageExtension } from '../../scripts/package.mjs';
import { CHROMIUM_MISSING, findChromium } from '../../scripts/vscode/chromium.mjs';
import { installHost } from '../../scripts/vscode/install-host.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** The package that is tested. */
    vsix: { file: string; files: string[] };
  }
}

/** Called by vitest before the workbench tests: installs what they need, or tells why not, and makes the package. */
export async function setup(project: TestProject): Promise<void> {
  if (findChromium() === null) throw new Error(CHROMIUM_MISSING);
  await installHost();
  const file = fileURLToPath(new URL('../../test-results/distillery.vsix', import.meta.url));
  mkdirSync(dirname(file), { recursive: true });
  const { files } = await packageExtension(file);
  project.provide('vsix', { file, files });
}
