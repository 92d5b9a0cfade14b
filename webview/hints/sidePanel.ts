import { html, nothing, type TemplateResult } from 'lit';
import type { Candidate } from '../../src/layers/candidates';
import type { PickedHint } from '../../src/protocol/hints';
import { BEST } from './marks';
import { layerCard } from './layerCard';
import { hintText } from './links';
import { pairForm } from './pairForm';
import { adaptersOf, otherSide } from './pick';
import type { PickerSession } from './session';
import { counted, formatCount, formatShare } from './text';

/** More candidates than these are folded away. */
const OPEN = 8;

/** What stands beside the picture: the chosen layers and their candidates, a selected hint, or all hints. */
export function sidePanel(session: PickerSession, candidates: readonly Candidate[]): TemplateResult {
  if (session.selected !== null) return selectedHint(session, session.selected);
  const { anchor } = session.pick;
  const first = anchor === null ? null : session.pick[anchor];
  if (anchor === null || first === null) return overview(session);
  return html`
    ${layerCard(session, anchor, first)} ${confirmation(session)} ${candidateList(session, candidates)}
  `;
}

function confirmation(session: PickerSession): TemplateResult | typeof nothing {
  const { draft, pick, text } = session;
  if (draft === null || pick.anchor === null) return nothing;
  const other = otherSide(pick.anchor);
  const layer = pick[other];
  if (layer === null) return nothing;
  const fitting = adaptersOf(session.tables, draft.teacher, draft.student);
  const refused = session.candidates().find((each) => each.layer === layer && each.plan === null)?.reason;
  const present = session.list.some(
    (hint) =>
      hint.teacher === draft.teacher && hint.student === draft.student && hint.member === draft.member,
  );
  const obstacle = refused ?? text?.obstacle ?? (present ? 'These two layers are a hint already.' : null);
  return html`
    ${layerCard(session, other, layer)}
    <section class="card confirm" aria-label="New hint">
      ${
        obstacle === null
          ? pairForm(draft, fitting, false, (changes) => {
              session.changeDraft(changes);
            })
          : html`<p class="warning"><vscode-icon name="circle-slash"></vscode-icon> ${obstacle}</p>`
      }
      <div class="buttons">
        <vscode-button
          ?disabled=${obstacle !== null}
          icon="add"
          @click=${() => {
            if (obstacle === null) void session.addDraft();
          }}
          >Add hint</vscode-button
        >
        <vscode-button
          secondary
          @click=${() => {
            session.clear();
          }}
          >Cancel</vscode-button
        >
      </div>
    </section>
  `;
}

function candidateList(session: PickerSession, candidates: readonly Candidate[]): TemplateResult {
  const { anchor } = session.pick;
  const side = anchor === null ? 'student' : otherSide(anchor);
  const possible = session.listed(candidates);
  const impossible = candidates.filter(({ plan }) => plan === null);
  const rest = possible.slice(OPEN);
  const row = (candidate: Candidate, index: number) => candidateRow(session, candidate, index + 1);
  return html`<section class="candidates" aria-label="Candidates">
    <h2>Candidates in the ${side}</h2>
    ${
      candidates.length === 0
        ? html`<p class="hollow">The ${side} has no layers to choose from.</p>`
        : possible.length === 0
          ? html`<p class="hollow">No layer of the ${side} can be paired with it.</p>`
          : html`<ol>
              ${possible.slice(0, OPEN).map(row)}
            </ol>`
    }
    ${
      rest.length === 0
        ? nothing
        : html`<details>
            <summary>${counted(rest.length, 'further candidate')}</summary>
            <ol>
              ${rest.map((candidate, index) => row(candidate, index + OPEN))}
            </ol>
          </details>`
    }
    ${
      impossible.length === 0
        ? nothing
        : html`<details ?open=${possible.length === 0}>
            <summary>${counted(impossible.length, 'layer')} cannot be paired</summary>
            ${byReason(impossible).map(
              ([reason, layers]) =>
                html`<div class="refused">
                  <p>${reason}</p>
                  <p class="names">${layers.join(', ')}</p>
                </div>`,
            )}
          </details>`
    }
  </section>`;
}

function candidateRow(session: PickerSession, candidate: Candidate, rank: number): TemplateResult {
  const { layer, plan, parameters, similarity, reason } = candidate;
  const { anchor } = session.pick;
  const side = anchor === null ? 'student' : otherSide(anchor);
  const isChosen = session.pick[side] === layer;
  return html`<li>
    <button
      class="candidate"
      aria-pressed=${isChosen}
      title=${reason}
      @click=${() => {
        session.choose(side, layer);
        session.show(side, layer);
      }}
    >
      <span class="rank ${rank <= BEST ? 'best' : ''}">${rank}</span>
      <span class="name">${layer}</span>
      ${similarity === null ? nothing : html`<span class="similarity" title="Linear CKA">${formatShare(similarity)}</span>`}
      <span class="how"
        >${plan?.kind === 'none' ? 'no adapter needed' : `${plan?.kind ?? ''}, ${formatCount(parameters)} weights`}</span
      >
      <span class="why">${reason}</span>
    </button>
  </li>`;
}

function byReason(candidates: readonly Candidate[]): [string, string[]][] {
  const layers = new Map<string, string[]>();
  for (const { reason, layer } of candidates) layers.set(reason, [...(layers.get(reason) ?? []), layer]);
  return [...layers];
}

function selectedHint(session: PickerSession, hint: PickedHint): TemplateResult {
  const { hint: index } = session.pick;
  const obstacle = session.text?.obstacle ?? null;
  const fitting = adaptersOf(session.tables, hint.teacher, hint.student);
  return html`
    <h2>Hint ${(index ?? 0) + 1}</h2>
    ${layerCard(session, 'teacher', hint.teacher)} ${layerCard(session, 'student', hint.student)}
    <section class="card confirm" aria-label="Hint">
      ${pairForm(hint, fitting, obstacle !== null, (changes) => void session.changeSelected(changes))}
      ${obstacle === null ? nothing : html`<p class="warning"><vscode-icon name="lock"></vscode-icon> ${obstacle}</p>`}
      <div class="buttons">
        <vscode-button
          secondary
          icon="trash"
          ?disabled=${obstacle !== null}
          @click=${() => {
            if (obstacle === null && index !== null) void session.remove(index);
          }}
          >Remove hint</vscode-button
        >
        <vscode-button
          secondary
          icon="go-to-file"
          @click=${() => {
            if (index !== null) session.showHint(index);
          }}
          >Show in text</vscode-button
        >
      </div>
    </section>
    <p>
      <button
        class="link"
        @click=${() => {
          session.clear();
        }}
      >
        All hints
      </button>
    </p>
  `;
}

function overview(session: PickerSession): TemplateResult {
  const { list, comparison, member, text } = session;
  const none = text?.obstacle == null ? 'No hints yet' : 'The hints cannot be read';
  const isCompared = comparison?.kind === 'done' && comparison.member === member;
  return html`
    <section>
      <h2>${list.length === 0 ? none : counted(list.length, 'hint')}</h2>
      <ul class="hints">
        ${list.map((hint, index) => hintRow(session, hint, index))}
      </ul>
      <p class="hollow">
        Choose a layer of the teacher, then one of the student: the student's layer will learn to give what
        the teacher's gives.
      </p>
    </section>
    ${isCompared ? suggestions(session) : nothing}
  `;
}

function hintRow(session: PickerSession, hint: PickedHint, index: number): TemplateResult {
  const isMissing = (side: 'teacher' | 'student'): boolean => {
    const table = hint.member === session.member || side === 'student' ? session.tables[side] : null;
    return table !== null && !table.rows.some(({ name }) => name === hint[side]);
  };
  const missing = (['teacher', 'student'] as const).filter(isMissing);
  return html`<li>
    <button
      class="hint"
      @click=${() => {
        session.selectHint(index);
      }}
    >
      <span class="pair"
        ><span class="name">${hint.teacher}</span> <span class="arrow">→</span>
        <span class="name">${hint.student}</span></span
      >
      <span class="how"
        >${hintText(session.resolved(hint))}${hint.member === session.member ? '' : `, teacher ${hint.member + 1}`}</span
      >
      ${
        missing.length === 0
          ? nothing
          : html`<span class="warning"
              ><vscode-icon name="warning" size="14"></vscode-icon
              >${` not in the ${missing.join(' and the ')}`}</span
            >`
      }
    </button>
  </li>`;
}

function suggestions(session: PickerSession): TemplateResult | typeof nothing {
  const { comparison, list, member } = session;
  if (comparison?.kind !== 'done') return nothing;
  const isPresent = (teacher: string, student: string): boolean =>
    list.some((hint) => hint.teacher === teacher && hint.student === student && hint.member === member);
  return html`<section class="suggestions" aria-label="Suggestions">
    <h2>Suggested by similarity</h2>
    ${comparison.matrix.suggestions.length === 0 ? html`<p class="hollow">No pair stands out.</p>` : nothing}
    <ol>
      ${comparison.matrix.suggestions.map(
        ({ teacher, student, reason }, index) =>
          html`<li class="suggestion">
            <button
              class="hint"
              title="Choose this pair"
              @click=${() => {
                session.choosePair(teacher, student);
              }}
            >
              <span class="pair"
                ><span class="rank best">${index + 1}</span> <span class="name">${teacher}</span>
                <span class="arrow">→</span> <span class="name">${student}</span></span
              >
              <span class="why">${reason}</span>
            </button>
            ${
              isPresent(teacher, student)
                ? html`<span class="present"
                    ><vscode-icon name="check" label="A hint already"></vscode-icon
                  ></span>`
                : html`<vscode-toolbar-button
                    icon="add"
                    label=${`Add ${teacher} → ${student} as a hint`}
                    ?disabled=${session.text?.obstacle != null}
                    @click=${() => void session.add(teacher, student)}
                  ></vscode-toolbar-button>`
            }
          </li>`,
      )}
    </ol>
  </section>`;
}
