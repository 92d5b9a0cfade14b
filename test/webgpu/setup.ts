import { vulkanEnvironment, VULKAN_MISSING } from './vulkan.mjs';

/** The loader of dynamic libraries reads its path when a process starts: the tests' processes inherit it from here. */
export function setup(): void {
  const environment = vulkanEnvironment();
  if (!environment) throw new Error(VULKAN_MISSING);
  Object.assign(process.env, environment);
}
