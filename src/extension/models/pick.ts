import * as vscode from 'vscode';
import type { AdapterPlan } from '../../layers/adapters';
import { rankCandidates, type Candidate } from '../../layers/candidates';
import type { TextRange } from '../../experiment/problem';
import { othersOf, pickable, type LayerLine, type Part, type PlacedLayer, type Side } from './layerLines';
import type { OpenModels } from './openModels';
import { shapeText } from './texts';

/** A layer that was chosen, in one part that its model plays. */
interface Chosen {
  layer: PlacedLayer;
  part: Part;
}

/** The layer at the other end. */
interface Partner {
  part: Part;
  candidate: Candidate;
}

const names: Readonly<Record<Side, { layer: string; other: string }>> = {
  teacher: { layer: 'hint layer', other: 'guided layer' },
  student: { layer: 'guided layer', other: 'hint layer' },
};

/**
 * Makes a hint of a layer that a line of code makes: asks which layer where the line makes several, in which experiment,
 * and which layer is at the other end; then writes the hint into the experiment, by one edit.
 * @param parameters The URI of a file and a line from 1; without them, the cursor of the active editor is meant.
 */
export async function pickLayer(
  models: OpenModels,
  side: Side,
  parameters: readonly unknown[],
): Promise<void> {
  const place = await placeOf(parameters);
  const lines = await models.linesIn(place.document);
  const chosen = await chooseLayer(lines, place, side);
  if (chosen === undefined) return;
  const partner = await choosePartner(chosen, side);
  if (partner === undefined) return;
  const [teacher, student] =
    side === 'teacher'
      ? [chosen.layer.row.name, partner.candidate.layer]
      : [partner.candidate.layer, chosen.layer.row.name];
  const member = side === 'teacher' ? chosen.part.member : partner.part.member;
  await addHint(chosen.part.experiment.file, { teacher, student, ...(member === 0 ? {} : { member }) });
}

async function placeOf(
  parameters: readonly unknown[],
): Promise<{ document: vscode.TextDocument; line: number }> {
  const [uri, line] = parameters;
  if (uri instanceof vscode.Uri && typeof line === 'number') {
    return { document: await vscode.workspace.openTextDocument(uri), line };
  }
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    throw new Error('Open the file that makes the model and put the cursor on a layer, or use Pick Hints.');
  }
  return { document: editor.document, line: editor.selection.active.line + 1 };
}

async function chooseLayer(
  lines: readonly LayerLine[],
  place: { document: vscode.TextDocument; line: number },
  side: Side,
): Promise<Chosen | undefined> {
  const here = pickable(
    lines.filter(({ line }) => line === place.line),
    side,
  );
  // The cursor may stand somewhere else in a call of several lines; then the person sees all layers.
  const layers = here.length > 0 ? here : pickable(lines, side);
  if (layers.length === 0) {
    const name = vscode.workspace.asRelativePath(place.document.uri);
    throw new Error(
      `${name} makes no layer that could be a ${names[side].layer} of an open experiment. Open an experiment with a ${side === 'teacher' ? 'student and this' : 'teacher and this'} ${side}, and look at its problems.`,
    );
  }
  const layer = await choose(
    here.length === 1 ? here : layers,
    `Which layer is the ${names[side].layer}?`,
    ({ row }) => ({
      label: row.name,
      description: `${shapeText(row.shape)} · ${row.kind}`,
    }),
  );
  if (layer === undefined) return undefined;
  const part = await choose(layer.parts, 'In which experiment?', ({ experiment, model, member }) => ({
    label: experiment.name,
    description:
      experiment.picture.teachers.length > 1 && side === 'teacher' ? `${model}, teacher ${member}` : model,
  }));
  return part === undefined ? undefined : { layer, part };
}

async function choosePartner({ layer, part }: Chosen, side: Side): Promise<Partner | undefined> {
  const chosen = { role: side, table: part.table, layer: layer.row.name };
  const partners = othersOf(part).flatMap((other) =>
    rankCandidates(chosen, other.table).map((candidate): Partner => ({ part: other, candidate })),
  );
  const isThere = ({ part: other, candidate }: Partner): boolean =>
    part.experiment.hints.some(
      (hint) =>
        hint.teacher === (side === 'teacher' ? layer.row.name : candidate.layer) &&
        hint.student === (side === 'teacher' ? candidate.layer : layer.row.name) &&
        hint.member === (side === 'teacher' ? part.member : other.member),
    );
  const rows = partners.map((partner) => ({
    ...partnerItem(partner),
    ...(isThere(partner) ? { detail: 'These two are a hint already.' } : {}),
    partner,
    isPossible: partner.candidate.plan !== null && !isThere(partner),
  }));
  const possible = rows.filter(({ isPossible }) => isPossible);
  const [first] = rows;
  if (possible.length === 0) {
    throw new Error(
      `No layer can be the ${names[side].other} of ${layer.row.name}. ${first?.detail ?? 'The other model has no layers.'}`,
    );
  }
  const impossible = rows.filter(({ isPossible }) => !isPossible);
  const separator = { label: 'cannot be joined', kind: vscode.QuickPickItemKind.Separator };
  const answer = await vscode.window.showQuickPick<(typeof rows)[number] | typeof separator>(
    [...possible, ...(impossible.length === 0 ? [] : [separator, ...impossible])],
    {
      title: `${layer.row.name} · ${shapeText(layer.row.shape)} · ${names[side].layer} of ${part.experiment.name}`,
      placeHolder: `Which layer is the ${names[side].other}?`,
      matchOnDescription: true,
    },
  );
  if (answer === undefined || !('partner' in answer)) return undefined;
  if (!answer.isPossible) throw new Error(`${layer.row.name} and ${answer.label}: ${answer.detail}`);
  return answer.partner;
}

function partnerItem({ part, candidate }: Partner): { label: string; description: string; detail: string } {
  const row = part.table.rows.find(({ name }) => name === candidate.layer);
  const adapter = candidate.plan === null ? [] : [adapterText(candidate.plan, candidate.parameters)];
  const ensemble = part.side === 'teacher' && part.experiment.picture.teachers.length > 1;
  const parts = [shapeText(row?.shape ?? null), row?.kind ?? '', ...adapter];
  return {
    label: candidate.layer,
    description: [...parts, ...(ensemble ? [`teacher ${part.member}`] : [])].join(' · '),
    detail: candidate.reason,
  };
}

function adapterText({ kind }: AdapterPlan, parameters: number): string {
  return kind === 'none' ? 'no adapter' : `${kind}, ${parameters.toLocaleString('en')} weights`;
}

/** Lets the person choose, where there is a choice. */
async function choose<T>(
  values: readonly T[],
  placeHolder: string,
  rowOf: (value: T) => vscode.QuickPickItem,
): Promise<T | undefined> {
  if (values.length === 1) return values[0];
  const rows = values.map((value) => ({ ...rowOf(value), value }));
  return (await vscode.window.showQuickPick(rows, { placeHolder, matchOnDescription: true }))?.value;
}

/** The adapter is left out: it follows from the shapes, also after they have changed. */
async function addHint(
  file: string,
  hint: { teacher: string; student: string; member?: number },
): Promise<void> {
  const edits = await import('../../experiment/edits');
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
  const { range, text } = edits.addHint(document.getText(), hint);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, rangeOf(range), text);
  if (!(await vscode.workspace.applyEdit(edit))) {
    throw new Error(`The hint could not be written into ${file}: its text has changed meanwhile. Try again.`);
  }
  showHint(document, range, `${hint.teacher} → ${hint.student}`);
}

/** Shows the new hint where the experiment is on screen already; else it says where it stands. */
function showHint(document: vscode.TextDocument, { line }: TextRange, hint: string): void {
  const visible = vscode.window.visibleTextEditors.filter((editor) => editor.document === document);
  const place = new vscode.Range(line - 1, 0, line, 0);
  for (const editor of visible) {
    editor.revealRange(place, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }
  if (visible.length > 0) return;
  const show = 'Show';
  const name = vscode.workspace.asRelativePath(document.uri);
  void vscode.window.showInformationMessage(`${name} has the hint ${hint}.`, show).then(async (answer) => {
    if (answer === show) await vscode.window.showTextDocument(document, { selection: place });
  });
}

function rangeOf({ line, column, endLine, endColumn }: TextRange): vscode.Range {
  return new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1);
}
