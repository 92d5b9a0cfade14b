import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** Vulkan drivers that compute on the processor, by the names of their libraries. */
const SOFTWARE_DRIVERS: readonly (readonly [library: RegExp, name: string])[] = [
  [/\/libvk_swiftshader\.so/, 'SwiftShader'],
  [/\/libvulkan_lvp\.so/, 'lavapipe'],
  [/\/libVkICD_mock_icd\.so/, "Vulkan's mock driver"],
];

const HARDWARE_DRIVERS =
  /\/(?:libvulkan_(?:radeon|intel|intel_hasvk|nouveau|asahi|freedreno|panfrost|broadcom|powervr\w*|virtio|dzn)|libGLX_nvidia|libnvidia-[\w-]+|amdvlk\w*|libamdvlk\w*)\.so/;

/**
 * Whether the operating system shows a GPU. Asked before one is tried, since a failing attempt writes to the log. Only
 * Linux is asked; elsewhere there nearly always is one.
 */
export function hasGpuDevice(): boolean {
  if (process.platform !== 'linux') return true;
  const renders =
    existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
  // NVIDIA's own driver, and the GPU of Windows seen from its subsystem for Linux.
  return renders || existsSync('/dev/nvidiactl') || existsSync('/dev/dxg');
}

/**
 * The software that plays a GPU for Vulkan in this process; null where a driver of real hardware is loaded too, and on
 * systems that do not tell. To be asked after a session was opened: by then the drivers are loaded.
 */
export function softwareDriver(): string | null {
  if (process.platform !== 'linux') return null;
  const libraries = readFileSync('/proc/self/maps', 'utf8');
  if (HARDWARE_DRIVERS.test(libraries)) return null;
  return SOFTWARE_DRIVERS.find(([library]) => library.test(libraries))?.[1] ?? null;
}
