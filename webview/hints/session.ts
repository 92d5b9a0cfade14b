import type { Candidate } from '../../src/layers/candidates';
import type { InspectedModel } from '../../src/protocol/inspection';
import type { LayerTable } from '../../src/layers/table';
import type {
  HintsState,
  ModelsState,
  PickedHint,
  PickerHostApi,
  PickerPageApi,
  SimilarityState,
} from '../../src/protocol/hints';
import { sides, type Side } from './arrange';
import { modelGraph, type Expansion, type GraphNode, type ModelGraph } from './graph';
import {
  bestOfNodes,
  candidatesOf,
  choose,
  keptPick,
  layerOfNode,
  newHint,
  noPick,
  otherSide,
  similaritiesOf,
  stepBack,
  type Pick,
} from './pick';
import { restoreSettings, type Settings } from './settings';

/** What a session tells the page around it. */
export interface SessionEvents {
  save(settings: Settings): void;
  /** Something that is shown has changed. */
  changed(): void;
  /** A layer is to be brought into sight. */
  reveal(side: Side, layer: string): void;
}

/** Everything that the picker knows and that a person has chosen; the elements show it and call its methods. */
export class PickerSession implements PickerPageApi {
  phase: 'loading' | 'failed' | 'shown' = 'loading';
  /** What went wrong last. */
  problem: string | null = null;
  state: ModelsState | null = null;
  text: HintsState | null = null;
  comparison: SimilarityState | null = null;
  pick: Pick = noPick;
  /** What the chosen pair would be as a hint. */
  draft: PickedHint | null = null;
  settings: Settings;
  /** Layers that are made where the cursor of the editor stands. */
  atCursor: Readonly<Record<Side, readonly string[]>> = { teacher: [], student: [] };
  private readonly graphs = new Map<Side, { table: LayerTable; key: string; graph: ModelGraph }>();

  constructor(
    private readonly host: PickerHostApi,
    saved: unknown,
    private readonly events: SessionEvents,
  ) {
    this.settings = restoreSettings(saved);
  }

  async start(): Promise<void> {
    this.phase = 'loading';
    this.problem = null;
    this.events.changed();
    try {
      const { models, hints, similarity } = await this.host.ready();
      this.state = models;
      this.text = hints;
      this.comparison = similarity;
      this.phase = 'shown';
      this.change({ experiment: hints.path });
    } catch (error) {
      this.phase = 'failed';
      this.problem = `The experiment could not be read: ${messageOf(error)}`;
    }
    this.events.changed();
  }

  models(state: ModelsState): Promise<void> {
    this.state = withKnownTables(state, this.state);
    this.keepPick(this.list);
    return Promise.resolve();
  }

  hints(state: HintsState): Promise<void> {
    const before = this.list;
    this.text = state;
    this.keepPick(before);
    return Promise.resolve();
  }

  similarity(state: SimilarityState | null): Promise<void> {
    this.comparison = state;
    this.events.changed();
    return Promise.resolve();
  }

  selectBySource(file: string, line: number): Promise<void> {
    const found = {
      teacher: this.madeAt('teacher', file, line),
      student: this.madeAt('student', file, line),
    };
    this.atCursor = found;
    this.events.changed();
    for (const side of sides) {
      const [layer] = found[side];
      if (layer === undefined) continue;
      this.events.reveal(side, layer);
      break;
    }
    return Promise.resolve();
  }

  /** The hints of the experiment. */
  get list(): readonly PickedHint[] {
    return this.text?.hints ?? [];
  }

  /** Which teacher is shown. */
  get member(): number {
    return Math.max(0, Math.min(this.settings.member, (this.state?.teachers.length ?? 1) - 1));
  }

  modelOf(side: Side): InspectedModel | null {
    return (side === 'student' ? this.state?.student : this.state?.teachers[this.member]) ?? null;
  }

  get tables(): Record<Side, LayerTable | null> {
    return {
      teacher: this.modelOf('teacher')?.table ?? null,
      student: this.modelOf('student')?.table ?? null,
    };
  }

  /** The graph of a model, made again only when its table or what is taken apart has changed. */
  graphOf(side: Side): ModelGraph | null {
    const table = this.tables[side];
    if (table === null) return null;
    const { expanded, openGroups } = this.settings;
    const expansion: Expansion = expanded ? 'all' : new Set(openGroups[side]);
    const key = expanded ? 'all' : openGroups[side].join('\n');
    const known = this.graphs.get(side);
    if (known?.table === table && known.key === key) return known.graph;
    const graph = modelGraph(table, expansion);
    this.graphs.set(side, { table, key, graph });
    return graph;
  }

  /** Ranked layers of the other model for the one that was chosen first. */
  candidates(): Candidate[] {
    return candidatesOf(this.pick, this.tables, similaritiesOf(this.comparison, this.member));
  }

  /** Those that are worth listing, the best first: one for each node of the picture. */
  listed(candidates: readonly Candidate[]): Candidate[] {
    const { anchor } = this.pick;
    if (anchor === null) return [];
    const layer = this.pick[anchor];
    const graph = this.graphOf(anchor);
    const node = layer === null ? undefined : graph?.nodes[graph.nodeOf.get(layer) ?? -1];
    const isInner = node !== undefined && node.rows.at(-1)?.name !== layer;
    return bestOfNodes(candidates, this.graphOf(otherSide(anchor)), isInner);
  }

  /** The layer that a click on a node chooses. */
  layerOf(side: Side, node: GraphNode): string | null {
    const table = this.tables[side];
    if (table === null) return null;
    const isOther = this.pick.anchor !== null && this.pick.anchor !== side;
    const names = new Set(node.rows.map(({ name }) => name));
    const listed = isOther ? this.listed(this.candidates()).find(({ layer }) => names.has(layer)) : undefined;
    return listed?.layer ?? layerOfNode(node, table);
  }

  /** The hint that is selected. */
  get selected(): PickedHint | null {
    return this.pick.hint === null ? null : (this.list[this.pick.hint] ?? null);
  }

  choose(side: Side, layer: string): void {
    this.setPick(choose(this.pick, side, layer));
  }

  choosePair(teacher: string, student: string): void {
    this.setPick({ teacher, student, anchor: 'teacher', hint: null });
    this.events.reveal('teacher', teacher);
  }

  /** Brings a layer into sight. */
  show(side: Side, layer: string): void {
    this.events.reveal(side, layer);
  }

  selectHint(index: number): void {
    const hint = this.list[index];
    if (hint === undefined) return;
    if (hint.member !== this.member) this.change({ member: hint.member });
    this.setPick({ ...noPick, hint: index });
    this.events.reveal('teacher', hint.teacher);
  }

  stepBack(): void {
    this.setPick(stepBack(this.pick));
  }

  clear(): void {
    this.setPick(noPick);
  }

  changeDraft(changes: Partial<PickedHint>): void {
    if (this.draft !== null) this.draft = { ...this.draft, ...changes };
    this.events.changed();
  }

  change(changes: Partial<Settings>): void {
    const isOtherTeacher = changes.member !== undefined && changes.member !== this.member;
    this.settings = { ...this.settings, ...changes };
    this.events.save(this.settings);
    if (isOtherTeacher) this.setPick(noPick);
    else this.events.changed();
  }

  /** Takes a chain apart, or puts it together again. */
  toggleGroup(side: Side, id: string): void {
    const { openGroups } = this.settings;
    const others = openGroups[side].filter((other) => other !== id);
    const isOpen = others.length < openGroups[side].length;
    this.change({ openGroups: { ...openGroups, [side]: isOpen ? others : [...others, id] } });
  }

  /** Writes the chosen pair into the experiment. */
  async addDraft(): Promise<void> {
    const { draft } = this;
    if (draft !== null && (await this.ask(() => this.host.addHint(draft)))) this.setPick(noPick);
  }

  async add(teacher: string, student: string): Promise<void> {
    await this.ask(() => this.host.addHint(newHint(teacher, student, this.member)));
  }

  async changeSelected(changes: Partial<PickedHint>): Promise<void> {
    const { selected } = this;
    const { hint: index } = this.pick;
    if (selected === null || index === null) return;
    await this.ask(() => this.host.changeHint({ index, hint: selected }, { ...selected, ...changes }));
  }

  async remove(index: number): Promise<void> {
    const hint = this.list[index];
    if (hint !== undefined) await this.ask(() => this.host.removeHint({ index, hint }));
  }

  showHint(index: number): void {
    const hint = this.list[index];
    if (hint !== undefined) void this.ask(() => this.host.showHint({ index, hint }));
  }

  showSource(side: Side, layer: string, frame = 0): void {
    const member = side === 'teacher' ? this.member : 0;
    void this.ask(() => this.host.showSource({ side, member, layer }, frame));
  }

  /** Shows where a model failed; null for what failed as a whole. */
  showFailure(side: Side | null): void {
    const member = side === 'teacher' ? this.member : 0;
    void this.ask(() => this.host.showFailure(side === null ? null : { side, member }));
  }

  compare(): void {
    this.change({ showsMatrix: true });
    void this.ask(() => this.host.compare(this.member));
  }

  stopComparing(): void {
    void this.ask(() => this.host.stopComparing());
  }

  refresh(): void {
    void this.ask(() => this.host.refresh());
  }

  showExperiment(): void {
    void this.ask(() => this.host.showExperiment());
  }

  manageTrust(): void {
    void this.ask(() => this.host.manageTrust());
  }

  dismissProblem(): void {
    this.problem = null;
    this.events.changed();
  }

  private madeAt(side: Side, file: string, line: number): string[] {
    const rows = this.tables[side]?.rows ?? [];
    const exact = rows.filter(({ source }) => source?.file === file && source.line === line);
    const led = rows.filter(({ source }) =>
      source?.chain.some((frame) => frame.file === file && frame.line === line),
    );
    return (exact.length > 0 ? exact : led).map(({ name }) => name);
  }

  private setPick(pick: Pick): void {
    const { teacher, student } = pick;
    const isSamePair = this.draft?.teacher === teacher && this.draft.student === student;
    this.pick = pick;
    if (teacher === null || student === null) this.draft = null;
    else if (!isSamePair) this.draft = newHint(teacher, student, this.member);
    this.events.changed();
  }

  private keepPick(before: readonly PickedHint[]): void {
    this.setPick(keptPick(this.pick, this.tables, this.list, before));
  }

  /** @returns whether the host did what it was asked for; what it says else is shown. */
  private async ask(call: () => Promise<void>): Promise<boolean> {
    try {
      await call();
      this.problem = null;
      return true;
    } catch (error) {
      this.problem = messageOf(error);
      return false;
    } finally {
      this.events.changed();
    }
  }
}

/** The new state with the tables of the old one where they are equal, so that what was laid out stays as it is. */
function withKnownTables(state: ModelsState, before: ModelsState | null): ModelsState {
  const kept = (model: InspectedModel | null, known: InspectedModel | null): InspectedModel | null => {
    if (model?.table == null || known?.table == null) return model;
    const isEqual = JSON.stringify(model.table) === JSON.stringify(known.table);
    return isEqual ? { ...model, table: known.table } : model;
  };
  return {
    ...state,
    student: kept(state.student, before?.student ?? null),
    teachers: state.teachers.map((model, index) => kept(model, before?.teachers[index] ?? null) ?? model),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
