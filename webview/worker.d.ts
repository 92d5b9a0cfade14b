/** The bundle of a worker as text (scripts/build.mjs). */
declare module 'worker:*' {
  export const code: string;
}
