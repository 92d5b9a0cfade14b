import { describeShape } from '../../layers/adapters';
import type { LayerRow, SourceFrame, SourcePosition } from '../../layers/table';
import { pickable, placesOf, type LayerLine, type LayerUse, type PlacedLayer, type Side } from './layerLines';

/** What stands above a line of code that makes layers. */
export interface LensTexts {
  /** `16×16×64 · Conv2D · hint of student block2/relu`, or a sum of several layers. */
  summary: string;
  /** For what the line can be picked. */
  actions: { side: Side; title: string }[];
}

const most = 3;

/** The texts above a line. */
export function lensTexts(line: LayerLine): LensTexts {
  const [first] = line.layers;
  const parts =
    line.layers.length === 1 && first !== undefined
      ? [shapeText(first.row.shape), first.row.kind]
      : [`${line.layers.length} layers`, shapesText(line.layers)];
  const used = usesText(line.layers.flatMap(({ uses }) => uses));
  return {
    summary: [...parts, ...(used === '' ? [] : [used])].join(' · '),
    actions: (['teacher', 'student'] as const)
      .filter((side) => pickable([line], side).length > 0)
      .map((side) => ({ side, title: side === 'teacher' ? 'pick as hint' : 'pick as guided layer' })),
  };
}

/** `16×16×64`, `800 units`; `?` for a size that depends on the input, or where nothing is known. */
export function shapeText(shape: readonly number[] | null): string {
  if (shape === null || shape.length === 0) return '?';
  return describeShape(shape).replaceAll('-1', '?');
}

function shapesText(layers: readonly PlacedLayer[]): string {
  const first = shapeText(layers[0]?.row.shape ?? null);
  const last = shapeText(layers.at(-1)?.row.shape ?? null);
  return first === last ? first : `${first} … ${last}`;
}

/** `hint of student block2/relu`, each once. */
function usesText(uses: readonly LayerUse[]): string {
  const texts = [...new Set(uses.map(useText))];
  const shown = texts.slice(0, most).join(', ');
  return texts.length > most ? `${shown}, …` : shown;
}

function useText({ side, partner }: LayerUse): string {
  return side === 'teacher' ? `hint of student ${partner}` : `guided by teacher ${partner}`;
}

/** What a hover asks of the editor: links, as Markdown takes them. */
export interface Links {
  position(place: SourcePosition): string;
  file(path: string): string;
  /** How a path is shown. */
  name(path: string): string;
}

/** A hover has no room for all layers of a loop. */
const mostInHover = 4;

/** The rows of the layers that a line makes, as Markdown. */
export function hoverText(line: LayerLine, links: Links): string {
  const shown = line.layers.slice(0, mostInHover).map((layer) => layerText(layer, links));
  const hidden = line.layers.length - shown.length;
  return [...shown, ...(hidden > 0 ? [`… and ${hidden} more layers made by this line.`] : [])].join(
    '\n\n---\n\n',
  );
}

function layerText({ row, parts, uses }: PlacedLayer, links: Links): string {
  const head = `**${plain(row.name)}** · ${plain(row.kind)} · ${shapeText(row.shape)}`;
  const shared =
    row.uses > 1 ? `Applied ${row.uses} times, so it has no one output, and no hint can use it.` : '';
  const told = parts.map(({ experiment, side, model }) => {
    const hints = uses.filter((use) => use.side === side && use.experiment === experiment);
    const used = hints.length === 0 ? '' : `, ${plain(usesText(hints))}`;
    return `${side} ${plain(model)} of [${plain(experiment.name)}](${links.file(experiment.file)})${used}`;
  });
  return [head, factsText(row), shared, chainText(row, links), [...new Set(told)].join('  \n')]
    .filter((part) => part !== '')
    .join('\n\n');
}

function factsText({ parameters, multiplyAdds, receptiveField }: LayerRow): string {
  const field = receptiveField === null ? [] : [`sees ${receptiveField.map(String).join('×')} pixels`];
  return [`${count(parameters)} parameters`, `${count(multiplyAdds)} multiply-adds`, ...field].join(' · ');
}

function chainText(row: LayerRow, links: Links): string {
  const places = placesOf(row);
  if (places.length < 2) return '';
  return `Made at ${places.map((place) => `[${frameText(place, links)}](${links.position(place)})`).join(' ← ')}`;
}

function frameText(place: SourcePosition | SourceFrame, links: Links): string {
  const where = `${links.name(place.file)}:${place.line}`;
  return plain('function' in place && place.function !== null ? `${place.function} (${where})` : where);
}

function count(value: number): string {
  return value.toLocaleString('en');
}

/** A text that Markdown shows as it is. */
function plain(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()<>#|]/g, '\\$&');
}
