import type { GraphNode, ModelGraph } from './graph';
import type { GraphLayout, Point } from './layout';
import { spatialSize } from './stages';

export type Side = 'teacher' | 'student';
export const sides: readonly Side[] = ['teacher', 'student'];

/** A node where it is drawn, in pixels of the picture at its natural size. */
export interface PlacedNode {
  side: Side;
  /** In its graph. */
  index: number;
  node: GraphNode;
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface PlacedEdge {
  side: Side;
  from: number;
  to: number;
  points: Point[];
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** A stretch of both graphs in which all maps have one size. */
export interface Band {
  size: string;
  top: number;
  bottom: number;
}

/** Both graphs, side by side. */
export interface Scene {
  width: number;
  height: number;
  nodes: Record<Side, PlacedNode[]>;
  edges: PlacedEdge[];
  /** From the largest maps to the smallest; empty where sizes come and go, as in detectors. */
  bands: Band[];
  /** Where each graph stands. */
  columns: Record<Side, { left: number; width: number }>;
}

/** The nodes of both graphs. */
export function nodesOf({ nodes }: Scene): PlacedNode[] {
  return [...nodes.teacher, ...nodes.student];
}

export const NODE_HEIGHT = 42;
/** Between the graphs, for the links. */
const GUTTER = 170;
/** A short graph beside a long one is not torn apart. */
const MOST_STRETCH = 2.2;
const BAND_PADDING = 26;
const BAND_GAP = 10;

interface Part {
  graph: ModelGraph;
  layout: GraphLayout;
  widths: readonly number[];
}

/**
 * Puts the teacher at the left and the student at the right. Where the maps of both only shrink on their way, each size
 * gets a band through both graphs, so that layers which may be paired without a change of size lie side by side; else
 * the shorter graph is stretched to the height of the longer one.
 */
export function arrange(parts: Record<Side, Part | null>): Scene {
  const present = sides.flatMap((side) => {
    const part = parts[side];
    return part === null ? [] : [{ side, part }];
  });
  const runs = present.map(({ part }) => runsOf(part));
  const bands = runs.some((run) => run === null) ? [] : bandsOf(runs.flatMap((run) => run ?? []));
  const height = bands.at(-1)?.bottom ?? Math.max(0, ...present.map(({ part }) => part.layout.height));
  const scene: Scene = {
    width: 0,
    height,
    nodes: { teacher: [], student: [] },
    edges: [],
    bands,
    columns: { teacher: { left: 0, width: 0 }, student: { left: 0, width: 0 } },
  };
  present.forEach(({ side, part }, order) => {
    const left = scene.width + (order === 0 ? 0 : GUTTER);
    const mapped =
      bands.length > 0 ? intoBands(runs[order]!, bands) : (y: number) => y * stretch(part.layout, height);
    place(scene, side, part, left, mapped);
    scene.columns[side] = { left, width: part.layout.width };
    scene.width = left + part.layout.width;
  });
  return scene;
}

function stretch(layout: GraphLayout, height: number): number {
  return layout.height === 0 ? 1 : Math.min(MOST_STRETCH, height / layout.height);
}

function place(scene: Scene, side: Side, part: Part, left: number, mapped: (y: number) => number): void {
  const { graph, layout, widths } = part;
  scene.nodes[side] = graph.nodes.map((node, index) => {
    const { x, y } = layout.nodes[index]!;
    const width = widths[index]!;
    const top = mapped(y) - NODE_HEIGHT / 2;
    return { side, index, node, left: left + x - width / 2, top, width, height: NODE_HEIGHT };
  });
  graph.edges.forEach(([from, to], index) => {
    const way = layout.edges[index]!;
    const points = way.map(({ x, y }, at) => {
      if (at === 0) return { x: left + x, y: bottomOf(scene.nodes[side][from]!) };
      if (at === way.length - 1) return { x: left + x, y: scene.nodes[side][to]!.top };
      return { x: left + x, y: mapped(y) };
    });
    const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
    scene.edges.push({
      side,
      from,
      to,
      points,
      top: Math.min(...ys),
      bottom: Math.max(...ys),
      left: Math.min(...xs),
      right: Math.max(...xs),
    });
  });
}

function bottomOf({ top, height }: PlacedNode): number {
  return top + height;
}

/** A stretch of one graph with maps of one size, in its own pixels. */
interface Run {
  size: string;
  area: number;
  top: number;
  bottom: number;
}

/** The sizes of a graph from the top to the bottom; null when they do not only shrink, or overlap. */
function runsOf({ graph, layout }: Part): Run[] | null {
  const runs = new Map<string, Run>();
  graph.nodes.forEach(({ shape }, index) => {
    const size = spatialSize(shape);
    if (size === null || shape === null) return;
    const y = layout.nodes[index]!.y;
    const [top, bottom] = [y - NODE_HEIGHT / 2, y + NODE_HEIGHT / 2];
    const run = runs.get(size);
    if (run === undefined) {
      const area = shape.length === 3 ? shape[0]! * shape[1]! : 0;
      runs.set(size, { size, area, top, bottom });
    } else {
      run.top = Math.min(run.top, top);
      run.bottom = Math.max(run.bottom, bottom);
    }
  });
  const ordered = [...runs.values()].sort((a, b) => a.top - b.top);
  const shrinks = ordered.every((run, index) => {
    const next = ordered[index + 1];
    return next === undefined || (next.area < run.area && next.top > run.bottom);
  });
  return shrinks ? ordered : null;
}

/** One band for each size, as high as the higher of both graphs needs it. */
function bandsOf(runs: readonly Run[]): Band[] {
  const needs = new Map<string, { area: number; height: number }>();
  for (const { size, area, top, bottom } of runs) {
    const height = Math.max(needs.get(size)?.height ?? 0, bottom - top);
    needs.set(size, { area, height });
  }
  let top = 0;
  return [...needs]
    .sort(([, a], [, b]) => b.area - a.area)
    .map(([size, { height }]) => {
      const band = { size, top, bottom: top + height + 2 * BAND_PADDING };
      top = band.bottom + BAND_GAP;
      return band;
    });
}

/** From the heights of one graph to those of the picture: the nodes of a size are spread over its band. */
function intoBands(runs: readonly Run[] | null, bands: readonly Band[]): (y: number) => number {
  const stops: [from: number, to: number][] = (runs ?? []).flatMap(({ size, top, bottom }) => {
    const band = bands.find((each) => each.size === size)!;
    const [first, last] = [top + NODE_HEIGHT / 2, bottom - NODE_HEIGHT / 2];
    const [start, end] = [
      band.top + BAND_PADDING + NODE_HEIGHT / 2,
      band.bottom - BAND_PADDING - NODE_HEIGHT / 2,
    ];
    if (last - first < 1) return [[first, (start + end) / 2] as [number, number]];
    return [[first, start] as [number, number], [last, end] as [number, number]];
  });
  return (y) => interpolate(stops, y);
}

function interpolate(stops: readonly (readonly [number, number])[], y: number): number {
  const next = stops.findIndex(([from]) => from >= y);
  if (next === 0 || stops.length === 0) return stops[0]?.[1] ?? y;
  const [from, to] = stops[next < 0 ? stops.length - 1 : next - 1]!;
  const after = stops[next < 0 ? stops.length - 1 : next]!;
  return after[0] === from ? to : to + ((y - from) / (after[0] - from)) * (after[1] - to);
}
