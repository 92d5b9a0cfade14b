import type { PickedHint } from '../../src/protocol/hints';
import type { ModelGraph } from './graph';
import type { PlacedNode, Scene, Side } from './arrange';
import type { Point } from './layout';

/** A hint between two nodes of the picture. */
export interface Link {
  /** Its place among the hints of the experiment; −1 for the pair that is about to be added. */
  index: number;
  text: string;
  start: Point;
  end: Point;
  /** Where its text stands. */
  label: Point;
}

/** `conv1x1 · 0.5`; a weight of 1 is not worth a word. */
export function hintText({ adapter, weight }: Pick<PickedHint, 'adapter' | 'weight'>): string {
  return weight === 1 ? adapter : `${adapter} · ${weight}`;
}

/** Where texts may stand on the way of their links, so that those of neighbours do not cover one another. */
const STEPS = [0.5, 0.28, 0.72];
const LABEL_HEIGHT = 22;

/** The hints of one teacher as links; those that name a layer that is not there have none. */
export function linksOf(
  hints: readonly PickedHint[],
  member: number,
  scene: Scene,
  graphs: Readonly<Record<Side, ModelGraph>>,
): Link[] {
  const links: Link[] = [];
  hints.forEach((hint, index) => {
    if (hint.member !== member) return;
    const link = linkBetween(scene, graphs, hint.teacher, hint.student);
    if (link !== null) links.push({ index, text: hintText(hint), ...link, label: link.start });
  });
  return withLabels(links);
}

/** The link of two layers; null where one of them is not in the picture. */
export function linkBetween(
  scene: Scene,
  graphs: Readonly<Record<Side, ModelGraph>>,
  teacher: string,
  student: string,
): Pick<Link, 'start' | 'end'> | null {
  const from = scene.nodes.teacher[graphs.teacher.nodeOf.get(teacher) ?? -1];
  const to = scene.nodes.student[graphs.student.nodeOf.get(student) ?? -1];
  if (from === undefined || to === undefined) return null;
  return { start: { x: from.left + from.width, y: middleOf(from) }, end: { x: to.left, y: middleOf(to) } };
}

function middleOf({ top, height }: PlacedNode): number {
  return top + height / 2;
}

/** Gives each link the first place of its way where no other text stands. */
function withLabels(links: readonly Link[]): Link[] {
  const taken: Point[] = [];
  return links.map((link) => {
    const places = STEPS.map((at) => pointOf(link, at));
    const isFree = ({ x, y }: Point): boolean =>
      taken.every((other) => Math.abs(other.y - y) >= LABEL_HEIGHT || Math.abs(other.x - x) >= 60);
    const label = places.find(isFree) ?? places[0]!;
    taken.push(label);
    return { ...link, label };
  });
}

/** Points that pull the curve of a link, so that it leaves and arrives level. */
export function pullsOf({ start, end }: Pick<Link, 'start' | 'end'>): [Point, Point] {
  const reach = Math.max(48, (end.x - start.x) * 0.5);
  return [
    { x: start.x + reach, y: start.y },
    { x: end.x - reach, y: end.y },
  ];
}

/** A point of the curve, `at` from 0 (teacher) to 1 (student). */
export function pointOf(link: Pick<Link, 'start' | 'end'>, at: number): Point {
  const [first, second] = pullsOf(link);
  const rest = 1 - at;
  const blend = (a: number, b: number, c: number, d: number): number =>
    rest ** 3 * a + 3 * rest ** 2 * at * b + 3 * rest * at ** 2 * c + at ** 3 * d;
  return {
    x: blend(link.start.x, first.x, second.x, link.end.x),
    y: blend(link.start.y, first.y, second.y, link.end.y),
  };
}
