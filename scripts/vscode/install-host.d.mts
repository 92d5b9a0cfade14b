export const HOST_VERSION: string;
export function hostPaths(): { directory: string; node: string; entry: string };
export function hostIsInstalled(): boolean;
export function installHost(): Promise<void>;
