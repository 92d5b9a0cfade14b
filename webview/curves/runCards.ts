import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { RunAction } from '../../src/protocol/messages';
import type { RunSummary } from '../../src/runs/summary';
import type { RunStyle } from './palette';
import { accuracyText, ACTIONS, createdText, progressShare, runActions, STATES, statusText } from './runs';
import { swatch } from './swatch';

export interface RunCard {
  run: RunSummary;
  label: string;
  style: RunStyle;
  /** Its curves are switched off for now. */
  muted: boolean;
}

export interface RunCardEvents {
  toggle: (run: string) => void;
  remove: (run: string) => void;
  act: (action: RunAction, run: string) => void;
  /** The run that the pointer or the focus is on, or null. */
  highlight: (run: string | null) => void;
}

/** The overlaid runs: how each looks in the charts, how it stands, and what can be done with it. */
export function runCards(
  cards: readonly RunCard[],
  events: RunCardEvents,
  reducedMotion: boolean,
): TemplateResult {
  return html`<ul class="run-cards" aria-label="Runs">
    ${repeat(
      cards,
      ({ run }) => run.id,
      (card) => runCard(card, events, reducedMotion),
    )}
  </ul>`;
}

function runCard(
  { run, label, style, muted }: RunCard,
  events: RunCardEvents,
  reducedMotion: boolean,
): TemplateResult {
  const accuracy = accuracyText(run);
  const share = progressShare(run);
  const state = STATES[run.state];
  const highlight = (on: boolean) => () => {
    events.highlight(on && !muted ? run.id : null);
  };
  return html`<li
    class="run-card ${muted ? 'muted' : ''}"
    data-run=${run.id}
    @mouseenter=${highlight(true)}
    @mouseleave=${highlight(false)}
    @focusin=${highlight(true)}
    @focusout=${highlight(false)}
  >
    <button
      class="toggle"
      aria-pressed=${muted ? 'false' : 'true'}
      title="${label}
${run.experimentPath}, seed ${run.seed}, started ${createdText(run)}
${muted ? 'Click to draw its curves' : 'Click to switch its curves off'}"
      @click=${() => {
        events.toggle(run.id);
      }}
    >
      ${swatch(style)}
      <span class="label">${label}</span>
      <span class="status">
        <vscode-icon
          class="state-${run.state}"
          name=${state.icon}
          size="14"
          ?spin=${run.state === 'running' && !reducedMotion}
        ></vscode-icon>
        <span>${statusText(run)}</span>
      </span>
      ${
        accuracy === null
          ? nothing
          : html`<span class="accuracy" title="Accuracy on the test images">
              <span><span class="name">best</span> ${accuracy.best}</span>
              <span><span class="name">last</span> ${accuracy.last}</span>
            </span>`
      }
    </button>
    ${cardActions(run, label, events)}
    ${
      share === null
        ? nothing
        : html`<progress max="1" .value=${share} aria-label="Progress of ${label}"></progress>`
    }
  </li>`;
}

/** What is urgent has a button of its own; the rest is in a menu. */
function cardActions(run: RunSummary, label: string, events: RunCardEvents): TemplateResult {
  const menu = `run-actions-${run.id}`;
  const actions = runActions(run);
  const urgent = actions.find((action) => action === 'stop' || action === 'resume');
  const item = (icon: string, text: string, chosen: () => void) =>
    html`<button class="menu-item" popovertarget=${menu} @click=${chosen}>
      <vscode-icon name=${icon} size="14"></vscode-icon> ${text}
    </button>`;
  return html`<div class="actions">
    <button class="icon-button more" popovertarget=${menu} aria-label="More of ${label}" title="More">
      <vscode-icon name="ellipsis"></vscode-icon>
    </button>
    ${
      urgent === undefined
        ? nothing
        : html`<button
            class="icon-button"
            aria-label="${ACTIONS[urgent].text} ${label}"
            title=${ACTIONS[urgent].text}
            @click=${() => {
              events.act(urgent, run.id);
            }}
          >
            <vscode-icon name=${ACTIONS[urgent].icon}></vscode-icon>
          </button>`
    }
    <div id=${menu} class="menu card-menu" popover role="group" aria-label=${label}>
      ${actions.map((action) =>
        item(ACTIONS[action].icon, ACTIONS[action].text, () => {
          events.act(action, run.id);
        }),
      )}
      ${item('close', 'Take out of the charts', () => {
        events.remove(run.id);
      })}
    </div>
  </div>`;
}
