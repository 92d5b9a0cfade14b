/** Bytes of randomness in an id, for runs that start in the same second. */
export const runIdRandomBytes = 2;

/**
 * The id of a run: when it was made (UTC), what it is called, and something random, e.g.
 * `20261123-142501-digits-student-7f3a`. Ids sort by time and are folder names on every system.
 */
export function formatRunId(createdAt: Date, name: string, random: Uint8Array): string {
  const [date, time] = createdAt.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').split('T');
  const suffix = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${date ?? ''}-${time ?? ''}-${slugOf(name)}-${suffix}`;
}

function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '');
  return slug === '' ? 'run' : slug;
}
