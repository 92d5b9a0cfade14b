import { html, type TemplateResult } from 'lit';
import { sides, type Scene, type Side } from './arrange';
import type { Camera, Size } from './camera';

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

/** Puts the names of the models above their graphs, within the view. */
export function placeHeads(host: Element, camera: Camera, view: Size): void {
  for (const head of host.querySelectorAll<HTMLElement>('.head')) {
    const x = (Number(head.dataset['center']) - camera.x) * camera.zoom;
    const room = head.offsetWidth / 2 + 8;
    const kept = Math.max(room, Math.min(view.width - room, x));
    head.style.transform = `translateX(calc(${kept}px - 50%))`;
  }
}
