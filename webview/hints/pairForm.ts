import { html, nothing, type TemplateResult } from 'lit';
import { adapterParameters, type AdapterPlan } from '../../src/layers/adapters';
import type { PickedHint } from '../../src/protocol/hints';
import { shapeText } from './stages';
import { formatCount } from './text';

const adapterNames: Readonly<Record<AdapterPlan['kind'], string>> = {
  none: 'none',
  conv1x1: '1×1 convolution',
  strided: 'strided convolution',
  transposed: 'transposed convolution',
  regressor: 'regressor (FitNets)',
};

/**
 * The settings of a pair: adapter, weight, distance.
 * @param fitting The adapters that can join the two layers, the proposed one first; none where that is not known.
 */
export function pairForm(
  hint: PickedHint,
  fitting: readonly AdapterPlan[],
  isDisabled: boolean,
  change: (changes: Partial<PickedHint>) => void,
): TemplateResult {
  const [proposed] = fitting;
  const kinds = fitting.map(({ kind }) => kind);
  const isUnfit = hint.adapter !== 'auto' && !kinds.some((kind) => kind === hint.adapter);
  const chosen = hint.adapter === 'auto' ? proposed : fitting.find(({ kind }) => kind === hint.adapter);
  return html`<div class="form">
    <label>
      <span>Adapter</span>
      <select
        aria-label="Adapter"
        ?disabled=${isDisabled}
        @change=${(event: Event) => {
          if (event.currentTarget instanceof HTMLSelectElement) {
            const { value } = event.currentTarget;
            change({ adapter: kinds.find((kind) => kind === value) ?? 'auto' });
          }
        }}
      >
        <option value="auto" .selected=${hint.adapter === 'auto'}>
          auto${proposed === undefined ? '' : `: ${adapterNames[proposed.kind]}`}
        </option>
        ${kinds.map(
          (kind) =>
            html`<option value=${kind} .selected=${hint.adapter === kind}>
              ${kind === 'none' ? 'none' : `${kind}: ${adapterNames[kind]}`}
            </option>`,
        )}
        ${
          isUnfit
            ? html`<option value=${hint.adapter} selected>${hint.adapter}: does not fit</option>`
            : nothing
        }
      </select>
    </label>
    <label>
      <span>Weight</span>
      <input
        type="number"
        aria-label="Weight"
        min="0"
        step="any"
        ?disabled=${isDisabled}
        .value=${String(hint.weight)}
        @change=${(event: Event) => {
          if (!(event.currentTarget instanceof HTMLInputElement)) return;
          const weight = event.currentTarget.valueAsNumber;
          if (Number.isFinite(weight) && weight >= 0) change({ weight });
          else event.currentTarget.value = String(hint.weight);
        }}
      />
    </label>
    <label>
      <span>Distance</span>
      <select
        aria-label="Distance"
        ?disabled=${isDisabled}
        @change=${(event: Event) => {
          if (event.currentTarget instanceof HTMLSelectElement) {
            change({ distance: event.currentTarget.value === 'l1' ? 'l1' : 'l2' });
          }
        }}
      >
        <option value="l2" .selected=${hint.distance === 'l2'}>l2: squared</option>
        <option value="l1" .selected=${hint.distance === 'l1'}>l1: absolute</option>
      </select>
    </label>
    ${chosen === undefined ? nothing : html`<p class="cost">${costText(chosen)}</p>`}
  </div>`;
}

/** `Trains 1,088 weights that are thrown away afterwards.` */
function costText(plan: AdapterPlan): string {
  const shapes = `${shapeText(plan.from)} → ${shapeText(plan.to)}`;
  const parameters = adapterParameters(plan);
  return parameters === 0
    ? `${shapes}: no adapter, no further weights.`
    : `${shapes}: ${formatCount(parameters)} weights, thrown away after training.`;
}
