import { CHROMIUM_MISSING, findChromium } from '../../scripts/vscode/chromium.mjs';
import { installHost } from '../../scripts/vscode/install-host.mjs';

/** Called by vitest before the workbench tests: what they need is there, or the reason is told. */
export async function setup(): Promise<void> {
  if (findChromium() === null) throw new Error(CHROMIUM_MISSING);
  await installHost();
}
