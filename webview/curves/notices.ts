import { html, nothing, type TemplateResult } from 'lit';
import type { RunAction } from '../../src/protocol/messages';
import type { Notice } from './runs';

const ICONS: Readonly<Record<Notice['kind'], string>> = {
  error: 'error',
  warning: 'warning',
  information: 'info',
};
/** More notices than these are folded away. */
const OPEN = 3;

/** What a person should know of the overlaid runs: those that failed, broke off, or have not begun. */
export function notices(
  list: readonly Notice[],
  act: (action: RunAction, run: string) => void,
): TemplateResult | typeof nothing {
  if (list.length === 0) return nothing;
  const rows = list.map((notice) => noticeRow(notice, act));
  const rest = rows.length - OPEN;
  return html`<section class="notices" aria-label="Notices">
    ${rows.slice(0, OPEN)}
    ${
      rest <= 0
        ? nothing
        : html`<details>
            <summary>${rest} more</summary>
            ${rows.slice(OPEN)}
          </details>`
    }
  </section>`;
}

function noticeRow(
  { kind, run, text, resumable }: Notice,
  act: (action: RunAction, run: string) => void,
): TemplateResult {
  return html`<div class="notice ${kind}" role=${kind === 'error' ? 'alert' : 'status'}>
    <vscode-icon name=${ICONS[kind]}></vscode-icon>
    <span class="text">${text}</span>
    ${
      resumable
        ? html`<vscode-button
            secondary
            @click=${() => {
              act('resume', run);
            }}
            >Resume</vscode-button
          >`
        : nothing
    }
  </div>`;
}

/** What went wrong in the panel itself. */
export function problemBar(problem: string, dismiss: () => void, retry: (() => void) | null): TemplateResult {
  return html`<div class="notice error" role="alert">
    <vscode-icon name="error"></vscode-icon>
    <span class="text">${problem}</span>
    ${
      retry === null
        ? html`<vscode-toolbar-button icon="close" label="Dismiss" @click=${dismiss}></vscode-toolbar-button>`
        : html`<vscode-button secondary @click=${retry}>Try again</vscode-button>`
    }
  </div>`;
}
