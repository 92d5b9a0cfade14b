import type { Candidate } from '../../src/layers/candidates';
import type { Side } from './arrange';
import type { ModelGraph } from './graph';
import type { GraphView } from './graphView';
import { hintText } from './links';
import { addChosen, candidateMarks, type Mark } from './marks';
import { otherSide } from './pick';
import type { Found } from './search';
import type { PickerSession } from './session';
import { stagesOf } from './stages';
import { counted } from './text';

const noMarks: ReadonlyMap<number, Mark> = new Map();

/** What the picture shows of a session. */
export function graphView(
  session: PickerSession,
  candidates: readonly Candidate[],
  found: readonly Found[],
): GraphView {
  const { pick, selected, draft, tables } = session;
  const graphs = { teacher: session.graphOf('teacher'), student: session.graphOf('student') };
  const name = (side: Side): string => session.modelOf(side)?.reference ?? '';
  const label = (side: Side): string => {
    const rows = tables[side]?.rows.length ?? 0;
    return `Layers of the ${side} ${name(side)}, ${counted(rows, 'layer')}`;
  };
  const chosen = {
    teacher: selected?.teacher ?? pick.teacher,
    student: selected?.student ?? pick.student,
  };
  const listed = session.listed(candidates);
  const marksOf = (side: Side): ReadonlyMap<number, Mark> => {
    const graph = graphs[side];
    if (graph === null || chosen[side] === null) {
      const isRanked = graph !== null && pick.anchor === otherSide(side);
      return isRanked ? candidateMarks(graph, candidates, listed, null) : noMarks;
    }
    if (pick.anchor === otherSide(side)) return candidateMarks(graph, candidates, listed, chosen[side]);
    const marks = new Map<number, Mark>();
    addChosen(marks, graph, chosen[side]);
    return marks;
  };
  const matchesOf = (side: Side): Set<number> => {
    const layers = [
      ...found.filter((each) => each.side === side).map(({ layer }) => layer),
      ...session.atCursor[side],
    ];
    return indicesOf(graphs[side], layers);
  };
  return {
    graphs,
    names: { teacher: name('teacher'), student: name('student') },
    labels: { teacher: label('teacher'), student: label('student') },
    stages: stagesOf(Object.values(tables).filter((table) => table !== null)),
    marks: { teacher: marksOf('teacher'), student: marksOf('student') },
    matches: { teacher: matchesOf('teacher'), student: matchesOf('student') },
    chosen,
    hints: session.list,
    member: session.member,
    selectedHint: pick.hint,
    draft:
      draft === null ? null : { teacher: draft.teacher, student: draft.student, text: draftText(session) },
  };
}

function draftText(session: PickerSession): string {
  const { draft, pick } = session;
  if (draft === null || pick.anchor === null) return '';
  const layer = pick[otherSide(pick.anchor)];
  const plan = session.candidates().find((each) => each.layer === layer)?.plan ?? null;
  if (plan === null) return 'cannot be paired';
  return hintText(draft.adapter === 'auto' ? { ...draft, adapter: plan.kind } : draft);
}

function indicesOf(graph: ModelGraph | null, layers: readonly string[]): Set<number> {
  return new Set(layers.flatMap((layer) => graph?.nodeOf.get(layer) ?? []));
}
