export const VULKAN_MISSING: string;
export function vulkanEnvironment(): Record<string, string> | null;
