export function packageExtension(file: string): Promise<{ file: string; bytes: number; files: string[] }>;
