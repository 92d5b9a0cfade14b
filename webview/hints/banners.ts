import { html, nothing, type TemplateResult } from 'lit';
import { sides, type Side } from './arrange';
import type { PickerSession } from './session';

interface Banner {
  kind: 'error' | 'warning' | 'information';
  text: string;
  action?: { text: string; run: () => void };
}

const ICONS: Readonly<Record<Banner['kind'], string>> = {
  error: 'error',
  warning: 'warning',
  information: 'info',
};

/** What a person should know above the picture: what failed, what is old, why nothing can be edited. */
export function banners(session: PickerSession): TemplateResult[] {
  const { state, text, problem } = session;
  const list: Banner[] = [];
  if (problem !== null && session.phase === 'shown') {
    list.push({
      kind: 'error',
      text: problem,
      action: {
        text: 'Dismiss',
        run: () => {
          session.dismissProblem();
        },
      },
    });
  }
  if (state === null) return list.map(banner);
  if (!state.isTrusted) {
    list.push({
      kind: 'warning',
      text: 'Models are code of this folder: they are built, and their layers shown, once you trust it.',
      action: {
        text: 'Manage trust',
        run: () => {
          session.manageTrust();
        },
      },
    });
  }
  if (text?.obstacle != null) {
    list.push({
      kind: 'warning',
      text: text.obstacle,
      action: {
        text: 'Show text',
        run: () => {
          session.showExperiment();
        },
      },
    });
  }
  list.push(...sides.flatMap((side) => failureOf(session, side) ?? []));
  if (state.failure !== null) {
    list.push({
      kind: 'error',
      text: state.failure,
      action: state.hasFailureSource
        ? {
            text: 'Go to the error',
            run: () => {
              session.showFailure(null);
            },
          }
        : {
            text: 'Try again',
            run: () => {
              session.refresh();
            },
          },
    });
  } else if (state.isStale && !state.isBusy && text?.obstacle == null && !hasModelFailure(session)) {
    list.push({
      kind: 'information',
      text: 'Something has changed since these models were built.',
      action: {
        text: 'Build again',
        run: () => {
          session.refresh();
        },
      },
    });
  }
  return list.map(banner);
}

/** A part of the picture is then old for a reason that is told already. */
function hasModelFailure({ state }: PickerSession): boolean {
  return [state?.student, ...(state?.teachers ?? [])].some((model) => model?.failure != null);
}

function failureOf(session: PickerSession, side: Side): Banner | null {
  const model = session.modelOf(side);
  if (model?.failure == null) return null;
  const old = model.table !== null ? ' Its last good layers are shown.' : '';
  const { source, message } = model.failure;
  return {
    kind: 'error',
    text: `The ${side} ${model.reference} could not be built: ${message}${old}`,
    ...(source === null
      ? {}
      : {
          action: {
            text: 'Go to the error',
            run: () => {
              session.showFailure(side);
            },
          },
        }),
  };
}

function banner({ kind, text, action }: Banner): TemplateResult {
  return html`<div class="notice ${kind}" role=${kind === 'error' ? 'alert' : 'status'}>
    <vscode-icon name=${ICONS[kind]}></vscode-icon>
    <span class="text">${text}</span>
    ${
      action === undefined
        ? nothing
        : html`<button class="menu-button" @click=${action.run}>${action.text}</button>`
    }
  </div>`;
}
