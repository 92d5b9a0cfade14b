import type { RunEvent } from './events';

export type TargetsEvent = Extract<RunEvent, { type: 'targets' }>;

/** What became of the teacher's targets, for people: one or two sentences. */
export function describeTargets(event: Omit<TargetsEvent, 'type' | 'at'>): string {
  const { targets, bytes, seconds, savedSeconds } = event;
  const refused = targets.filter(({ state }) => state === 'refused');
  const kept = targets.length - refused.length;
  const refusals = [...new Set(refused.map(({ reason }) => reason))].join(' ');
  if (kept === 0) return `The teacher runs in every step. ${refusals}`;
  const size = `${bytes < 1e7 ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6)} MB`;
  const how = event.state === 'built' ? 'computed once in' : 'found, and checked in';
  const saved =
    savedSeconds === null || savedSeconds <= 0
      ? ''
      : `; saves about ${Math.round(savedSeconds)} s of teacher`;
  const first = `Targets of the teacher: ${size}, ${how} ${seconds.toFixed(1)} s${saved}.`;
  return refused.length === 0
    ? first
    : `${first} In every step still: ${refused.map(({ teacher, layer }) => `${layer ?? 'logits'} of ${teacher}`).join(', ')}. ${refusals}`;
}
