import type { ModelJson } from './modelJson';

/** What a `model.json` tells of its origin. */
export function originNotes({ fields }: ModelJson): string[] {
  const told: [string, unknown][] = [
    ['Made by', fields['generatedBy']],
    ['Converted by', fields['convertedBy']],
  ];
  return told.flatMap(([what, by]) => {
    if (typeof by !== 'string' || by === '') return [];
    // The converter writes the version of TensorFlow alone.
    return [`${what} ${/^\d/.test(by) ? 'TensorFlow ' : ''}${by}.`];
  });
}
