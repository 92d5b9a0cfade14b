import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { experimentJsonSchema } from './jsonSchema';
import { branchesOf, homesOf, itemOf, nodeAt, propertiesOf, variantsOf, type LanguageNode } from './language';

const schema = experimentJsonSchema();

/** A node and every node below it. */
function nodesOf(node: LanguageNode): LanguageNode[] {
  const item = itemOf(node);
  const inner = [...branchesOf(node), ...propertiesOf(node).map(([, property]) => property)];
  return [node, ...[...inner, ...(item === null ? [] : [item])].flatMap(nodesOf)];
}

describe('the JSON schema', () => {
  it('is draft-07, closed to unknown keys, and needs data and student', () => {
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      additionalProperties: false,
      required: ['data', 'student'],
    });
  });

  it('shows no limits of JavaScript and no inner references', () => {
    const text = JSON.stringify(schema);
    expect(text).not.toContain(String(Number.MAX_SAFE_INTEGER));
    expect(text).not.toContain('$ref');
    expect(text).not.toContain('definitions');
  });

  it('describes every key, and says the same in Markdown', () => {
    for (const node of nodesOf(schema)) {
      expect(node['markdownDescription']).toBe(node.description);
      for (const [key, property] of propertiesOf(node)) expect(property.description, key).toBeTruthy();
    }
  });

  it('offers snippets for the parts, not for keys of the same name', () => {
    const withSnippets = nodesOf(schema).filter((node) => node['defaultSnippets'] !== undefined);
    expect(withSnippets).toHaveLength(4);
    expect(schema.properties?.['teacher']).toHaveProperty('defaultSnippets');
  });
});

describe('the generated files', () => {
  it('are those that the schema makes now', () => {
    const root = join(import.meta.dirname, '..', '..');
    const script = join(root, 'scripts', 'schema.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('walking the language', () => {
  it('decides unions by the tag, else by the keys that are there, misspelt ones too', () => {
    const keysAt = (value: unknown, path: (string | number)[]): string[] =>
      variantsOf(nodeAt(schema, value, path) ?? {}).flatMap((variant) => variant.required ?? []);
    expect(keysAt({ data: { dataset: 'idx', files: {} } }, ['data', 'files'])).toEqual(['train', 'test']);
    expect(nodeAt(schema, { data: { dataset: 'mnist' } }, ['data', 'files'])).toBeNull();
    const teacher = [{ expriment: 'a' }, { modle: 'a', weigths: 'b' }];
    expect(nodeAt(schema, { teacher }, ['teacher', 0, 'seed'])?.type).toBe('integer');
    expect(nodeAt(schema, { teacher }, ['teacher', 1, 'seed'])).toBeNull();
    expect(nodeAt(schema, { teacher }, ['teacher', 1, 'weights'])?.type).toBe('string');
  });

  it('finds where a key is at home, the shortest path first', () => {
    expect(homesOf(schema, 'temperature')).toEqual(['distill.soft']);
    expect(homesOf(schema, 'epochs')).toEqual(['train', 'train.stages']);
    expect(homesOf(schema, 'seed')).toEqual(['', 'teacher']);
    expect(homesOf(schema, 'xyzzy')).toEqual([]);
  });
});
