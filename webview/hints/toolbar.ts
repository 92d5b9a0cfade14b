import { VscodeCheckbox } from '@vscode-elements/elements/dist/vscode-checkbox/vscode-checkbox.js';
import { html, nothing, type TemplateResult } from 'lit';
import type { PickerSession } from './session';
import type { Theme } from './theme';

interface ToolbarParts {
  zoomIn: () => void;
  zoomOut: () => void;
  fit: () => void;
  search: TemplateResult;
}

/** The controls above the picture. */
export function toolbar(session: PickerSession, theme: Theme, parts: ToolbarParts): TemplateResult {
  const { settings, state, comparison, member } = session;
  const isComparing = comparison?.kind === 'running';
  const canCompare = session.tables.teacher !== null && session.tables.student !== null;
  const isCompared = comparison?.kind === 'done' && comparison.member === member;
  return html`<div class="toolbar" role="toolbar" aria-label="View">
    ${parts.search} ${teacherChoice(session)}
    ${
      settings.showsMatrix
        ? nothing
        : html`<vscode-checkbox
              title="Show normalizations and activations as nodes of their own"
              .checked=${settings.expanded}
              @change=${(event: Event) => {
                if (event.currentTarget instanceof VscodeCheckbox) {
                  session.change({
                    expanded: event.currentTarget.checked,
                    openGroups: { teacher: [], student: [] },
                  });
                }
              }}
              >All layers</vscode-checkbox
            >
            <span class="zoom" role="group" aria-label="Zoom">
              <vscode-toolbar-button
                icon="zoom-out"
                label="Zoom out"
                @click=${parts.zoomOut}
              ></vscode-toolbar-button>
              <vscode-toolbar-button
                icon="zoom-in"
                label="Zoom in"
                @click=${parts.zoomIn}
              ></vscode-toolbar-button>
              <vscode-toolbar-button
                icon="screen-full"
                label="Show everything"
                @click=${parts.fit}
              ></vscode-toolbar-button>
            </span>`
    }
    <span class="end">
      ${
        state?.isBusy === true
          ? html`<span class="busy" role="status">
              ${theme.reducedMotion ? nothing : html`<vscode-progress-ring></vscode-progress-ring>`} Building
              the models…
            </span>`
          : nothing
      }
      ${
        settings.showsMatrix
          ? html`<button
              class="menu-button"
              @click=${() => {
                session.change({ showsMatrix: false });
              }}
            >
              <vscode-icon name="type-hierarchy" size="14"></vscode-icon> Layers
            </button>`
          : isCompared
            ? html`<button
                class="menu-button"
                @click=${() => {
                  session.change({ showsMatrix: true });
                }}
              >
                <vscode-icon name="table" size="14"></vscode-icon> Similarity
              </button>`
            : nothing
      }
      <button
        class="menu-button"
        title="Shows both models some images and compares all their layers (linear CKA)"
        ?disabled=${!canCompare || isComparing}
        @click=${() => {
          session.compare();
        }}
      >
        <vscode-icon name="lightbulb" size="14"></vscode-icon>
        ${isCompared ? 'Compare again' : 'Suggest hints'}
      </button>
    </span>
  </div>`;
}

function teacherChoice(session: PickerSession): TemplateResult | typeof nothing {
  const teachers = session.state?.teachers ?? [];
  if (teachers.length < 2) return nothing;
  return html`<select
    class="teacher-choice"
    aria-label="Teacher"
    @change=${(event: Event) => {
      if (event.currentTarget instanceof HTMLSelectElement) {
        session.change({ member: event.currentTarget.selectedIndex });
      }
    }}
  >
    ${teachers.map(
      ({ reference }, index) =>
        html`<option .selected=${index === session.member}>Teacher ${index + 1}: ${reference}</option>`,
    )}
  </select>`;
}
