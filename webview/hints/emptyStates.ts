import { html, nothing, type TemplateResult } from 'lit';
import type { PickerSession } from './session';
import type { Theme } from './theme';

/** What stands in the place of the picture while there is none; null when there is one. */
export function emptyState(session: PickerSession, theme: Theme): TemplateResult | null {
  const { phase, state, text, problem } = session;
  if (phase === 'loading') return waiting('Reading the experiment…', theme);
  if (phase === 'failed') {
    return html`<section class="empty" role="alert">
      <vscode-icon name="error" size="24"></vscode-icon>
      <p>${problem}</p>
      <vscode-button @click=${() => void session.start()}>Try again</vscode-button>
    </section>`;
  }
  const { teacher, student } = session.tables;
  if (teacher !== null && student !== null) return null;
  if (state?.isTrusted === false) return section('lock', 'The folder is not trusted', nothing);
  if (text?.hasTeacher === false && text.obstacle === null) {
    return section(
      'mortar-board',
      'This experiment has no teacher',
      html`<p>
          Hints lead from a layer of a teacher to one of the student. Name the teacher in the experiment, e.g.
          <code>teacher: { experiment: ./teacher.distill.yaml }</code>.
        </p>
        <vscode-button
          @click=${() => {
            session.showExperiment();
          }}
          >Open the experiment</vscode-button
        >`,
    );
  }
  if (state === null || (state.isBusy && teacher === null && student === null)) {
    return waiting('Building the models…', theme);
  }
  // One of them is better than nothing to look at.
  if (teacher !== null || student !== null) return null;
  return section(
    'warning',
    'The models have no layers to show',
    html`<vscode-button
      @click=${() => {
        session.refresh();
      }}
      >Build them again</vscode-button
    >`,
  );
}

function section(icon: string, title: string, content: TemplateResult | typeof nothing): TemplateResult {
  return html`<section class="empty">
    <vscode-icon name=${icon} size="32"></vscode-icon>
    <h1>${title}</h1>
    ${content}
  </section>`;
}

function waiting(text: string, theme: Theme): TemplateResult {
  return html`<section class="empty" role="status">
    ${theme.reducedMotion ? nothing : html`<vscode-progress-ring></vscode-progress-ring>`}
    <p>${text}</p>
  </section>`;
}
