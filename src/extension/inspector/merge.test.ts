import { describe, expect, test } from 'vitest';
import type { LayerTable } from '../../layers/table';
import type { ExperimentPicture, InspectedModel } from '../../protocol/inspection';
import { isPartlyOld, keepLastGood } from './merge';

function tableOf(label: string): LayerTable {
  return {
    label,
    format: 'code',
    input: [8, 8, 1],
    rows: [],
    outputs: [],
    definition: null,
    files: [],
    notes: [],
  };
}

function good(reference: string): InspectedModel {
  return { reference, table: tableOf(reference), failure: null };
}

function failed(reference: string): InspectedModel {
  return { reference, table: null, failure: { message: 'It throws.', source: null } };
}

function pictureOf(student: InspectedModel | null, teachers: InspectedModel[] = []): ExperimentPicture {
  return { file: '/w/a.distill.yaml', problems: [], student, teachers, files: ['/w/m.ts'] };
}

describe('keepLastGood', () => {
  test('a first picture is as it is', () => {
    const fresh = pictureOf(failed('m.ts#a'));
    const empty = { ...pictureOf(null), files: [] };
    expect(keepLastGood(fresh, empty)).toEqual(fresh);
    expect(isPartlyOld(fresh, fresh)).toBe(false);
  });

  test('a model that fails keeps its table and tells its failure', () => {
    const fresh = pictureOf(failed('m.ts#a'), [good('m.ts#t')]);
    const kept = keepLastGood(fresh, pictureOf(good('m.ts#a'), [good('m.ts#t')]));
    expect(kept.student).toEqual({ ...good('m.ts#a'), failure: fresh.student!.failure });
    expect(isPartlyOld(kept, fresh)).toBe(true);
  });

  test('another model does not get the table of the one before', () => {
    const fresh = pictureOf(failed('m.ts#b'));
    expect(keepLastGood(fresh, pictureOf(good('m.ts#a'))).student?.table).toBeNull();
  });

  test('a text that cannot be read keeps all models, and the files that mend it', () => {
    const before = pictureOf(good('m.ts#a'), [good('m.ts#t')]);
    const fresh = { ...pictureOf(null), files: [] };
    const kept = keepLastGood(fresh, before);
    expect(kept).toEqual(before);
    expect(isPartlyOld(kept, fresh)).toBe(true);
  });
});
