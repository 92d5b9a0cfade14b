export const CHROMIUM_ARGUMENTS: readonly string[];
export const CHROMIUM_MISSING: string;
export function findChromium(): string | null;
