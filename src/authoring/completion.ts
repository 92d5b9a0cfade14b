import { nodeAt } from '../experiment/language';
import { completeLayers } from './completeLayers';
import { completeFiles, completeModels } from './completeNames';
import { completeItems, completeKeys, completeOptions, completeParts, completeWords } from './completeSchema';
import { cursorAt, type Cursor } from './cursor';
import type { Completion, Draft, Site } from './completionSite';
import { placeOf } from './places';
import { sketchOf, sketchValue, type Sketch } from './sketch';
import { language, type Surroundings } from './surroundings';

/**
 * What can be written at an offset of an experiment that is being typed, the likeliest first: keys, words, layers with
 * their shapes, models, files and exports.
 *
 * @param beyondSchema leaves out what the JSON schema tells as well.
 */
export function completionsAt(
  text: string,
  offset: number,
  surroundings: Surroundings,
  beyondSchema = false,
): Completion[] {
  const cursor = cursorAt(text, offset);
  if (cursor === null) return [];
  const value = valueWithout(sketchOf(text), cursor);
  const site: Site = { cursor, text, value, node: nodeAt(language(), value, cursor.path) };
  const drafts = [
    ...completeNames(site, surroundings),
    ...completeOptions(site),
    ...(beyondSchema ? [] : completeSchema(site)),
  ];
  return drafts.map((draft, index) => placed(draft, index, cursor));
}

function completeNames(site: Site, surroundings: Surroundings): Draft[] {
  const { cursor } = site;
  const place = cursor.place === 'key' ? null : placeOf(cursor.path);
  switch (place?.kind) {
    case 'layer':
      return completeLayers(site, place, surroundings);
    case 'model':
      return completeModels(site, place.role, surroundings);
    case 'file':
      return completeFiles(site, place.content, surroundings);
    case undefined:
      return [];
  }
}

function completeSchema(site: Site): Draft[] {
  switch (site.cursor.place) {
    case 'key':
      return completeKeys(site);
    case 'value':
      return [...completeWords(site), ...completeParts(site)];
    case 'line':
      return [...completeKeys(site), ...completeItems(site), ...completeWords(site)];
  }
}

/** The plain value of a sketch, the key at the cursor left out, which would count as one that is there. */
function valueWithout(sketch: Sketch, { start, place }: Cursor): unknown {
  if (place === 'value') return sketchValue(sketch);
  const without = (part: Sketch): Sketch => {
    if (part.kind === 'list') return { ...part, items: part.items.map(without) };
    if (part.kind === 'single') return part;
    const entries = part.entries.filter(({ keyStart }) => keyStart !== start);
    return { ...part, entries: entries.map((entry) => ({ ...entry, value: without(entry.value) })) };
  };
  return sketchValue(without(sketch));
}

function placed(draft: Draft, index: number, cursor: Cursor): Completion {
  return {
    detail: '',
    beside: '',
    documentation: '',
    isSnippet: false,
    start: cursor.start,
    goesOn: false,
    ...draft,
    insert: `${cursor.isTight ? ' ' : ''}${draft.insert}`,
    cursor: cursor.offset,
    end: cursor.end,
    sortText: String(index).padStart(5, '0'),
  };
}
