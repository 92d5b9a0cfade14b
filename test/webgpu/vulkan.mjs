import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findChromium } from '../../scripts/vscode/chromium.mjs';

export const VULKAN_MISSING =
  'No Vulkan driver was found. Chromium brings one in software (Debian: `apt-get install chromium`; anywhere: `npx playwright-core install chromium`).';

/** Where Debian's Chromium has its files; the executable in the path is a script. */
const CHROMIUM_FOLDERS = ['/usr/lib/chromium', '/usr/lib64/chromium', '/opt/google/chrome'];

/**
 * The environment in which WebGPU runs in software: the Vulkan driver and loader that come with Chromium. On a machine
 * with a GPU, `DISTILLERY_TEST_GPU=1` takes that instead.
 *
 * @returns {Record<string, string> | null} null where there is no such driver.
 */
export function vulkanEnvironment() {
  if (process.env['DISTILLERY_TEST_GPU'] === '1') return {};
  const chromium = findChromium();
  const folders = [...(chromium === null ? [] : [dirname(realpathSync(chromium))]), ...CHROMIUM_FOLDERS];
  const folder = folders.find((each) => existsSync(join(each, 'vk_swiftshader_icd.json')));
  if (folder === undefined || !existsSync(join(folder, 'libvulkan.so.1'))) return null;
  const driver = join(folder, 'vk_swiftshader_icd.json');
  const libraries = [folder, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':');
  return { LD_LIBRARY_PATH: libraries, VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver };
}
