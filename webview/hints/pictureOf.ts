import type { Side, Scene } from './arrange';
import type { Picture } from './draw';
import type { ModelGraph } from './graph';
import type { GraphView } from './graphView';
import { linkBetween, linksOf, type Link } from './links';

/** What the element that shows a picture adds to what it was given. */
export type Seen = Pick<Picture, 'scene' | 'camera' | 'view' | 'theme' | 'hovered' | 'active'>;

/** Puts together what is drawn. */
export function pictureOf(view: GraphView, seen: Seen): Picture {
  const { teacher, student } = view.graphs;
  const both = teacher === null || student === null ? null : { teacher, student };
  return {
    ...seen,
    stages: view.stages,
    marks: view.marks,
    matches: view.matches,
    links: both === null ? [] : linksOf(view.hints, view.member, seen.scene, both),
    draft: both === null || view.draft === null ? null : draftLink(seen.scene, both, view.draft),
    selectedLink: view.selectedHint,
  };
}

function draftLink(
  scene: Scene,
  graphs: Record<Side, ModelGraph>,
  { teacher, student, text }: NonNullable<GraphView['draft']>,
): Link | null {
  const ends = linkBetween(scene, graphs, teacher, student);
  if (ends === null) return null;
  const label = { x: (ends.start.x + ends.end.x) / 2, y: (ends.start.y + ends.end.y) / 2 };
  return { index: -1, text, ...ends, label };
}
