import type { PickedHint } from '../../src/protocol/hints';
import type { Side } from './arrange';
import type { ModelGraph } from './graph';
import type { Mark } from './marks';

/** What the picture of both models shows. */
export interface GraphView {
  graphs: Readonly<Record<Side, ModelGraph | null>>;
  /** As the experiment names them, for the heads. */
  names: Readonly<Record<Side, string>>;
  /** For those who hear them. */
  labels: Readonly<Record<Side, string>>;
  stages: readonly string[];
  marks: Readonly<Record<Side, ReadonlyMap<number, Mark>>>;
  matches: Readonly<Record<Side, ReadonlySet<number>>>;
  /** The chosen layers, of a pair or of a selected hint. */
  chosen: Readonly<Record<Side, string | null>>;
  hints: readonly PickedHint[];
  member: number;
  selectedHint: number | null;
  /** The pair that is about to become a hint. */
  draft: { teacher: string; student: string; text: string } | null;
}
