import { html, type TemplateResult } from 'lit';
import { sides, type Scene, type Side } from './arrange';
import type { Camera, Size } from './camera';

/** Around a name, in pixels. */
const GAP = 8;

const titles: Readonly<Record<Side, string>> = { teacher: 'Teacher', student: 'Student' };

/** The names of the models, which `placeHeads` keeps above their graphs. */
export function heads(scene: Scene, names: Readonly<Record<Side, string>>): TemplateResult {
  return html`<div class="heads" aria-hidden="true">
    ${sides
      .filter((side) => scene.nodes[side].length > 0)
      .map((side) => {
        const { left, width } = scene.columns[side];
        return html`<div class="head" data-side=${side} data-center=${left + width / 2}>
          <strong>${titles[side]}</strong> <span>${names[side]}</span>
        </div>`;
      })}
  </div>`;
}

/** Puts the names of the models above their graphs, within the view and beside one another. */
export function placeHeads(host: Element, camera: Camera, view: Size): void {
  const placed = [...host.querySelectorAll<HTMLElement>('.head')].map((head) => {
    const half = head.offsetWidth / 2 + GAP;
    const x = (Number(head.dataset['center']) - camera.x) * camera.zoom;
    return { head, half, x: Math.max(half, Math.min(view.width - half, x)) };
  });
  const [first, second] = placed;
  if (first !== undefined && second !== undefined) {
    const missing = first.half + second.half - GAP - (second.x - first.x);
    if (missing > 0) {
      first.x = Math.max(first.half, first.x - missing / 2);
      second.x = Math.max(second.x + missing / 2, first.x + first.half + second.half - GAP);
    }
  }
  for (const { head, x } of placed) head.style.transform = `translateX(calc(${x}px - 50%))`;
}
