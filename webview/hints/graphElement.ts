import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { anchorOf, keptAt } from './anchor';
import { nodesOf, sides, type PlacedNode, type Scene, type Side } from './arrange';
import { fitted, moved, opening, showing, zoomedAt, type Camera, type Size } from './camera';
import { drawPicture } from './draw';
import { labelWidth } from './drawLinks';
import type { ModelGraph } from './graph';
import { graphKey, type GraphActions } from './graphKeys';
import { hitAt, type Hit } from './hit';
import { layerTree } from './layerTree';
import { heads, placeHeads } from './heads';
import type { Link } from './links';
import { pictureOf } from './pictureOf';
import { SceneMaker, type Graphs } from './sceneMaker';
import type { GraphView } from './graphView';
import { tooltip } from './tooltip';
import type { Theme } from './theme';

/** How long a pointer rests on a node before its details are shown. */
const REST = 450;
/** A pointer that moves less than this clicks. */
const DRAG_DISTANCE = 4;
const ZOOM_STEP = 1.25;

/**
 * Teacher and student side by side on a canvas, with the hints between them. What it shows is given; what it keeps
 * itself is the layout, the camera and where the keys are.
 */
@customElement('distillery-graph')
export class GraphElement extends LitElement {
  @property({ attribute: false }) view: GraphView | null = null;
  @property({ attribute: false }) theme: Theme | null = null;
  @property({ attribute: false }) actions: GraphActions | null = null;
  @state() private scene: Scene | null = null;
  @state() private isWaiting = false;
  @state() private failure: string | null = null;
  @state() private hovered: { side: Side; index: number } | null = null;
  @state() private active: { side: Side; index: number } | null = null;
  @state() private focusedSide: Side | null = null;
  @query('canvas') private readonly canvas!: HTMLCanvasElement;
  private readonly maker = new SceneMaker((isWaiting) => {
    this.isWaiting = isWaiting;
  });
  /** Milliseconds that the last frame took. */
  paintTime = 0;
  private camera: Camera | null = null;
  private size: Size = { width: 0, height: 0 };
  private links: readonly Link[] = [];
  private laidOut: Record<Side, ModelGraph | null> = { teacher: null, student: null };
  @state() private isResting = false;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private drag: { x: number; y: number; isMoving: boolean } | null = null;
  private isFrameAsked = false;
  private wanted: { side: Side; layer: string } | null = null;
  private readonly resizes = new ResizeObserver(() => {
    this.followSize();
  });

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resizes.disconnect();
    this.maker.dispose();
  }

  protected override firstUpdated(): void {
    this.resizes.observe(this.canvas);
    this.canvas.addEventListener(
      'wheel',
      (event) => {
        this.wheel(event);
      },
      { passive: false },
    );
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('view')) this.followGraphs();
    this.askFrame();
  }

  /** Brings a layer into sight, and puts the keys on it. */
  reveal(side: Side, layer: string): void {
    const { scene, camera } = this;
    const node = this.nodeWith(side, layer);
    if (scene === null || camera === null || node === null) {
      this.wanted = { side, layer };
      return;
    }
    this.active = { side, index: node.index };
    this.camera = showing(camera, node, this.size);
    this.askFrame();
  }

  /** The middle of a layer's node in pixels of the view; null while it is not there. */
  placeOf(side: Side, layer: string): { x: number; y: number } | null {
    const { camera } = this;
    const node = this.nodeWith(side, layer);
    if (camera === null || node === null) return null;
    const { left, top, width, height } = node;
    return {
      x: (left + width / 2 - camera.x) * camera.zoom,
      y: (top + height / 2 - camera.y) * camera.zoom,
    };
  }

  /** Puts the keys on one of the graphs. */
  focusOn(side: Side): void {
    this.querySelector<HTMLElement>(`[role="tree"][data-side="${side}"]`)?.focus({ preventScroll: true });
  }

  private zoom(factor: number): void {
    if (this.camera === null) return;
    this.camera = zoomedAt(this.camera, factor, { x: this.size.width / 2, y: this.size.height / 2 });
    this.askFrame();
  }

  zoomIn(): void {
    this.zoom(ZOOM_STEP);
  }

  zoomOut(): void {
    this.zoom(1 / ZOOM_STEP);
  }

  fit(): void {
    if (this.scene !== null) this.camera = fitted(this.scene, this.size);
    this.askFrame();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { view, scene, theme } = this;
    if (view === null || theme === null) return nothing;
    return html`
      <canvas
        aria-hidden="true"
        @pointerdown=${(event: PointerEvent) => {
          this.pointerDown(event);
        }}
        @pointermove=${(event: PointerEvent) => {
          this.pointerMove(event);
        }}
        @pointerup=${(event: PointerEvent) => {
          this.pointerUp(event);
        }}
        @pointercancel=${() => {
          this.drag = null;
        }}
        @pointerleave=${() => {
          this.hover(null);
        }}
      ></canvas>
      ${sides.map((side) => {
        const graph = view.graphs[side];
        return graph === null
          ? nothing
          : layerTree({
              side,
              graph,
              label: view.labels[side],
              marks: view.marks[side],
              active: this.active?.side === side ? this.active.index : null,
              focus: (isFocused) => {
                this.followFocus(side, isFocused);
              },
              key: (event) => {
                this.keyDown(side, event);
              },
            });
      })}
      ${scene === null ? nothing : heads(scene, view.names)} ${this.tip()}
      ${
        this.isWaiting
          ? html`<div class="working" role="status">
              Laying out ${this.layers()} layers…
              <button
                class="menu-button"
                @click=${() => {
                  this.maker.simplify();
                }}
              >
                Show a simple layout
              </button>
            </div>`
          : nothing
      }
      ${this.failure === null ? nothing : html`<div class="working" role="alert">${this.failure}</div>`}
    `;
  }

  private tip(): TemplateResult | typeof nothing {
    const { hovered, scene, camera, view } = this;
    if (!this.isResting || hovered === null || scene === null || camera === null || view === null) {
      return nothing;
    }
    const node = scene.nodes[hovered.side][hovered.index];
    if (node === undefined) return nothing;
    const onScreen = {
      left: (node.left - camera.x) * camera.zoom,
      top: (node.top - camera.y) * camera.zoom,
      width: node.width * camera.zoom,
      height: node.height * camera.zoom,
    };
    return tooltip(node.node, view.marks[hovered.side].get(hovered.index), onScreen, this.size);
  }

  private layers(): string {
    const { view } = this;
    const count = sides.reduce((sum, side) => sum + (view?.graphs[side]?.nodes.length ?? 0), 0);
    return count.toLocaleString('en-US');
  }

  private followGraphs(): void {
    const { view } = this;
    if (view === null) return;
    if (sides.some((side) => view.graphs[side] !== this.laidOut[side])) {
      this.laidOut = { ...view.graphs };
      void this.layOut(view.graphs);
    }
  }

  private async layOut(graphs: Graphs): Promise<void> {
    try {
      const scene = await this.maker.make(graphs);
      this.failure = null;
      if (scene !== null) this.show(scene);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    }
  }

  private show(scene: Scene): void {
    const began = performance.now();
    const { camera } = this;
    const anchor =
      this.scene === null || camera === null ? null : anchorOf(this.scene, camera, this.size, this.active);
    this.scene = scene;
    const node = anchor === null ? null : this.nodeWith(anchor.side, anchor.layer);
    if (anchor === null || node === null || camera === null) {
      this.camera = opening(scene, nodesOf(scene), this.size);
      this.active = null;
    } else {
      if (this.active !== null) this.active = { side: node.side, index: node.index };
      this.camera = keptAt(anchor, node, camera);
    }
    const { wanted } = this;
    this.wanted = null;
    if (wanted !== null) this.reveal(wanted.side, wanted.layer);
    this.paint();
    performance.measure('distillery:paint', { start: began });
  }

  private nodeWith(side: Side, layer: string): PlacedNode | null {
    const index = this.laidOut[side]?.nodeOf.get(layer);
    return index === undefined ? null : (this.scene?.nodes[side][index] ?? null);
  }

  private followSize(): void {
    const { width, height } = this.canvas.getBoundingClientRect();
    const isFirst = this.size.width === 0;
    this.size = { width, height };
    if (isFirst && this.scene !== null) {
      this.camera = opening(this.scene, nodesOf(this.scene), this.size);
    }
    this.paint();
  }

  private askFrame(): void {
    if (this.isFrameAsked) return;
    this.isFrameAsked = true;
    requestAnimationFrame(() => {
      this.isFrameAsked = false;
      this.paint();
    });
  }

  private paint(): void {
    const { view, theme, scene, camera, size, canvas } = this;
    const context = canvas.getContext('2d');
    if (view === null || theme === null || context === null || size.width === 0) return;
    const ratio = window.devicePixelRatio;
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    if (scene === null || camera === null || sides.some((side) => view.graphs[side] !== this.laidOut[side])) {
      return;
    }
    const { hovered, focusedSide } = this;
    const active =
      this.active === null ? null : { ...this.active, isFocused: focusedSide === this.active.side };
    const picture = pictureOf(view, { scene, camera, view: size, theme, hovered, active });
    this.links = picture.links;
    const began = performance.now();
    drawPicture(context, picture, ratio);
    this.paintTime = performance.now() - began;
    placeHeads(this, camera, size);
  }

  private hit(event: PointerEvent): Hit {
    const { scene, camera } = this;
    if (scene === null || camera === null) return null;
    const box = this.canvas.getBoundingClientRect();
    const point = {
      x: camera.x + (event.clientX - box.left) / camera.zoom,
      y: camera.y + (event.clientY - box.top) / camera.zoom,
    };
    return hitAt(
      scene,
      this.links,
      point,
      5 / camera.zoom,
      (text) => labelWidth(text) / Math.min(1, camera.zoom * 1.25),
    );
  }

  /** Details are shown once the pointer rests; who clicks has seen enough. */
  private hover(hovered: { side: Side; index: number } | null): void {
    this.hovered = hovered;
    this.isResting = false;
    clearTimeout(this.resting);
    if (hovered === null) return;
    this.resting = setTimeout(() => {
      this.isResting = true;
    }, REST);
  }

  private pointerDown(event: PointerEvent): void {
    clearTimeout(this.resting);
    this.isResting = false;
    if (event.button !== 0 && event.button !== 1) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drag = { x: event.clientX, y: event.clientY, isMoving: false };
    // The keys follow the pointer, and the canvas itself takes no focus.
    event.preventDefault();
  }

  private pointerMove(event: PointerEvent): void {
    const { drag, camera, scene } = this;
    if (drag === null) {
      const hit = this.hit(event);
      const hovered = hit?.kind === 'node' ? { side: hit.node.side, index: hit.node.index } : null;
      if (hovered?.side !== this.hovered?.side || hovered?.index !== this.hovered?.index) this.hover(hovered);
      this.canvas.style.cursor = hit === null ? 'grab' : 'pointer';
      return;
    }
    const by = { x: drag.x - event.clientX, y: drag.y - event.clientY };
    if (!drag.isMoving && Math.hypot(by.x, by.y) < DRAG_DISTANCE) return;
    if (camera === null || scene === null) return;
    this.camera = moved(camera, by, scene, this.size);
    this.drag = { x: event.clientX, y: event.clientY, isMoving: true };
    this.canvas.style.cursor = 'grabbing';
    this.askFrame();
  }

  private pointerUp(event: PointerEvent): void {
    const { drag } = this;
    this.drag = null;
    if (drag === null || drag.isMoving) return;
    const hit = this.hit(event);
    if (hit === null) {
      this.actions?.clear();
    } else if (hit.kind === 'link') {
      this.actions?.selectHint(hit.index);
    } else {
      const { side, index } = hit.node;
      this.active = { side, index };
      this.focusOn(side);
      if (hit.onToggle) this.actions?.toggle(side, index);
      else if (event.ctrlKey || event.metaKey) this.actions?.showSource(side, index);
      else this.actions?.choose(side, index);
    }
  }

  private wheel(event: WheelEvent): void {
    const { camera, scene, size } = this;
    if (camera === null || scene === null) return;
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      const box = this.canvas.getBoundingClientRect();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      this.camera = zoomedAt(camera, Math.exp(-event.deltaY * unit * 0.0025), at);
    } else {
      const [x, y] = event.shiftKey ? [event.deltaY, event.deltaX] : [event.deltaX, event.deltaY];
      this.camera = moved(camera, { x: x * unit, y: y * unit }, scene, size);
    }
    if (this.hovered !== null) this.hover(null);
    this.askFrame();
  }

  private followFocus(side: Side, isFocused: boolean): void {
    if (!isFocused) {
      if (this.focusedSide === side) this.focusedSide = null;
      return;
    }
    this.focusedSide = side;
    if (this.active?.side !== side) {
      const chosen = this.view?.chosen[side] ?? null;
      const index = chosen === null ? 0 : (this.laidOut[side]?.nodeOf.get(chosen) ?? 0);
      this.active = { side, index };
      this.showActive();
    }
  }

  private keyDown(side: Side, event: KeyboardEvent): void {
    const { scene, actions } = this;
    if (scene === null || actions === null) return;
    const isDone = graphKey(event, scene.nodes[side], this.active?.index ?? 0, {
      ...actions,
      walk: (index) => {
        this.active = { side, index };
        this.showActive();
      },
      zoomIn: () => {
        this.zoomIn();
      },
      zoomOut: () => {
        this.zoomOut();
      },
      fit: () => {
        this.fit();
      },
      side,
    });
    if (isDone) event.preventDefault();
  }

  private showActive(): void {
    const { active, scene, camera } = this;
    const node = active === null ? undefined : scene?.nodes[active.side][active.index];
    if (node !== undefined && camera !== null) this.camera = showing(camera, node, this.size);
    this.askFrame();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'distillery-graph': GraphElement;
  }
}
