import {
  isMapping,
  itemOf,
  nodeAt,
  propertiesOf,
  tagOf,
  valueAt,
  variantsOf,
  type LanguageNode,
} from '../experiment/language';
import { openForms, valueAtCursor, type Draft, type Site } from './completionSite';
import { defaultOf, detailOfKey, tagWordsOf, wordsOf } from './describe';
import { language } from './surroundings';
import { zooModels } from './zoo';

/** The keys that may still be written in the mapping at the cursor, those that it needs first. */
export function completeKeys(site: Site): Draft[] {
  const { node, cursor } = site;
  if (node === null) return [];
  const mappings = variantsOf(node).filter(
    ({ type, properties }) => type === 'object' && properties !== undefined,
  );
  const written = valueAtCursor(site);
  const forms = openForms(node, written, mappings);
  const keys = new Map<string, { property: LanguageNode; isRequired: boolean }>();
  const tag = forms.length > 1 ? tagOf(forms[0]!)?.[0] : undefined;
  for (const form of forms) {
    for (const [key, property] of propertiesOf(form)) {
      const isRequired = form.required?.includes(key) === true;
      const isShared = forms.every((other) => propertiesOf(other).some(([name]) => name === key));
      // Before the tag is written, only what every form has can be meant.
      if (!keys.has(key) && (tag === undefined || isShared)) keys.set(key, { property, isRequired });
    }
  }
  const isThere = (key: string): boolean => isMapping(written) && Object.hasOwn(written, key);
  return [...keys]
    .filter(([key]) => !isThere(key))
    .sort(([, a], [, b]) => Number(b.isRequired) - Number(a.isRequired))
    .map(([key, { property, isRequired }]) => {
      // Of a tag, every form says something else; what it is for is said by the union.
      const isTag = key === tag;
      const words = isTag ? tagWordsOf(node, key).map(({ word }) => word) : [];
      return {
        label: key,
        kind: 'key',
        detail: isTag ? words.join(', ') : detailOfKey(property, isRequired),
        documentation: (isTag ? node.description : property.description) ?? '',
        ...insertionOf(key, property, site, cursor.isFlow),
      };
    });
}

/** The words and the default of the value at the cursor. */
export function completeWords({ node, cursor, value }: Site): Draft[] {
  if (node === null) return [];
  const key = cursor.path.at(-1);
  const parent = nodeAt(language(), value, cursor.path.slice(0, -1));
  const tags = parent !== null && typeof key === 'string' ? tagWordsOf(parent, key) : [];
  const standard = defaultOf(node);
  const words = tags.length > 0 ? tags : wordsOf(node);
  const others = typeof key === 'number' ? valueAt(value, cursor.path.slice(0, -1)) : [];
  const taken = new Set(Array.isArray(others) ? others.filter((_, index) => index !== key) : []);
  const drafts = words
    .filter(({ word }) => !taken.has(word))
    .map(({ word, description }): Draft => ({
      label: word,
      kind: 'word',
      detail: word === standard ? 'default' : '',
      documentation: description === '' ? (node.description ?? '') : description,
      insert: word,
    }));
  if (drafts.length > 0 || standard === null) return drafts;
  const documentation = node.description ?? '';
  return [{ label: standard, kind: 'word', detail: 'default', documentation, insert: standard }];
}

/** Mappings and lists in brackets, in the place of a value that is one. */
export function completeParts({ node, cursor }: Site): Draft[] {
  if (node === null || cursor.quote !== '' || cursor.word !== '') return [];
  return variantsOf(node).flatMap((form): Draft[] => {
    const item = itemOf(form);
    const isOwn = form.type === 'object' && form.properties !== undefined;
    if (!isOwn && item === null) return [];
    const tag = tagOf(form);
    const inner = isOwn ? skeletonOf([form]) : item === null ? '$0' : skeletonOf(variantsOf(item));
    const insert = isOwn ? inner : `[${inner}]`;
    const label = insert.replaceAll(/\$\{?\d(?::([^}]*)\})?/g, '…').replaceAll('\\', '');
    return [
      {
        label,
        kind: 'part',
        detail: tag === null ? '' : tag[1],
        documentation: form.description ?? node.description ?? '',
        insert,
        isSnippet: true,
        goesOn: true,
      },
    ];
  });
}

/** A new item, with its dash, where a list stands or is to stand. */
export function completeItems({ node, cursor }: Site): Draft[] {
  if (node === null || cursor.isItem) return [];
  return variantsOf(node).flatMap((form): Draft[] => {
    const item = itemOf(form);
    if (item === null) return [];
    const inner = skeletonOf(variantsOf(item));
    return [
      {
        label: '-',
        kind: 'part',
        detail: 'item of the list',
        documentation: item.description ?? '',
        insert: `- ${inner}`,
        isSnippet: true,
        goesOn: true,
      },
    ];
  });
}

/** The options of a model of the zoo, which the language leaves free. */
export function completeOptions({ cursor, value }: Site): Draft[] {
  const { path, place } = cursor;
  if (path.at(-1) !== 'options' || (path[0] !== 'student' && path[0] !== 'teacher') || place === 'value')
    return [];
  const model = valueAt(value, [...path.slice(0, -1), 'model']);
  const zoo = zooModels.find(({ name }) => model === `zoo/${name}`);
  const written = valueAt(value, path);
  return (zoo?.options ?? [])
    .filter(({ name }) => !isMapping(written) || !Object.hasOwn(written, name))
    .map(({ name, description, default: standard }) => ({
      label: name,
      kind: 'key',
      detail: standard === null ? 'optional' : `default ${standard}`,
      documentation: description,
      insert: `${name}: \${1:${(standard ?? '').replaceAll('}', '\\}')}}`,
      isSnippet: true,
    }));
}

/** What a key writes: itself, its colon, and the brackets or the line that its value needs. */
function insertionOf(
  key: string,
  property: LanguageNode,
  { text, cursor }: Site,
  isFlow: boolean,
): Pick<Draft, 'insert' | 'isSnippet' | 'goesOn'> {
  if (/^\s*:/.test(text.slice(cursor.end))) return { insert: key };
  const forms = variantsOf(property);
  const parts = forms.filter(({ type }) => type === 'object' || type === 'array');
  if (parts.length < forms.length) return { insert: `${key}: `, goesOn: isTold(property, key) };
  const mappings = forms.filter(({ type }) => type === 'object');
  if (mappings.length > 0) {
    const isLarge = mappings.some((form) => tagOf(form) === null && hasParts(form));
    if (isLarge && !isFlow)
      return { insert: `${key}:\n${indentBelow(cursor, text)}$0`, isSnippet: true, goesOn: true };
    return { insert: `${key}: ${skeletonOf(mappings)}`, isSnippet: true, goesOn: true };
  }
  const item = itemOf(forms[0]!);
  const inner = item === null ? '$0' : skeletonOf(variantsOf(item));
  if (isFlow || inner === '$0') return { insert: `${key}: [${inner}]`, isSnippet: true, goesOn: true };
  return { insert: `${key}:\n${indentBelow(cursor, text)}- ${inner}`, isSnippet: true, goesOn: true };
}

/** A mapping in brackets with the keys that it needs: `{ teacher: $1, student: $2 }`; `$0` for anything else. */
function skeletonOf(forms: readonly LanguageNode[]): string {
  const mappings = forms.filter(({ type }) => type === 'object');
  const [first] = mappings;
  if (first === undefined) return '$0';
  const needed = (first.required ?? []).filter((key) =>
    mappings.every(({ required }) => required?.includes(key)),
  );
  if (needed.length === 0) return '{ $0 }';
  const pairs = needed.map((key, index) => {
    const tag = mappings.length === 1 ? tagOf(first) : null;
    return `${key}: ${tag?.[0] === key ? tag[1] : `$${index + 1}`}`;
  });
  return `{ ${pairs.join(', ')} }`;
}

function hasParts(form: LanguageNode): boolean {
  return propertiesOf(form).some(([, property]) =>
    variantsOf(property).every(({ type, properties }) => type === 'array' || properties !== undefined),
  );
}

/** Whether there is something to propose for the value of a key. */
function isTold(property: LanguageNode, key: string): boolean {
  const names: ReadonlySet<string> = new Set([
    'model',
    'experiment',
    'weights',
    'teacher',
    'student',
    'path',
  ]);
  return names.has(key) || wordsOf(property).length > 0 || defaultOf(property) !== null;
}

/** The indentation of the line below, less that of the line of the cursor, which editors add to each line. */
function indentBelow({ column, indent }: Site['cursor'], text: string): string {
  const [, blanks = '  '] = /^( +)\S/m.exec(text) ?? [];
  return ' '.repeat(Math.max(0, column - indent) + blanks.length);
}
