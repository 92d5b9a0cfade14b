import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { LayerTable } from '../../src/layers/table';
import { Channel } from '../../src/protocol/channel';
import {
  pickerHostMethods,
  pickerPageMethods,
  type HintsState,
  type ModelsState,
  type PickedHint,
  type PickerHostApi,
  type PickerPageApi,
  type PickerState,
  type SimilarityState,
} from '../../src/protocol/hints';
import { WebviewPage, Workshop, type PageOptions } from './harness';

/** What the picker opens on. */
export interface Opening extends PageOptions {
  teacher?: LayerTable | null;
  student?: LayerTable | null;
  hints?: readonly PickedHint[];
  models?: Partial<ModelsState>;
  text?: Partial<HintsState>;
  similarity?: SimilarityState | null;
}

export function hint(teacher: string, student: string, rest: Partial<PickedHint> = {}): PickedHint {
  return { teacher, student, member: 0, adapter: 'auto', distance: 'l2', weight: 1, ...rest };
}

function stateOf({
  teacher = null,
  student = null,
  hints = [],
  models,
  text,
  similarity,
}: Opening): PickerState {
  const model = (table: LayerTable) => ({ reference: table.label, table, failure: null });
  return {
    models: {
      isTrusted: true,
      isBusy: false,
      isStale: false,
      failure: null,
      hasFailureSource: false,
      student: student === null ? null : model(student),
      teachers: teacher === null ? [] : [model(teacher)],
      ...models,
    },
    hints: {
      file: 'student.distill.yaml',
      path: 'file:///study/student.distill.yaml',
      hints: [...hints],
      hasTeacher: true,
      obstacle: null,
      ...text,
    },
    similarity: similarity ?? null,
  };
}

/** An open picker, and the extension host's end of the conversation with it. */
export class PickerPage extends WebviewPage {
  /** Everything the page asked of the host, as `method(parameters)`. */
  readonly calls: string[] = [];
  /** Makes the host refuse, with this message. */
  refusal: string | null = null;
  state: PickerState;
  private readonly channel: Channel<PickerPageApi, PickerHostApi>;

  constructor(page: Page, opening: Opening) {
    super(page, 'distillery-hints', opening.saved);
    this.state = stateOf(opening);
    const record = (name: keyof PickerHostApi, ...parameters: unknown[]): Promise<void> => {
      this.calls.push(`${name}(${parameters.map((each) => JSON.stringify(each)).join(', ')})`);
      return this.refusal === null ? Promise.resolve() : Promise.reject(new Error(this.refusal));
    };
    this.channel = new Channel<PickerPageApi, PickerHostApi>({
      post: (message) => this.post(message),
      remote: pickerPageMethods,
      local: pickerHostMethods,
      handlers: {
        ready: () => Promise.resolve(this.state),
        addHint: (added) => record('addHint', added),
        changeHint: (target, changed) => record('changeHint', target, changed),
        removeHint: (target) => record('removeHint', target),
        showHint: (target) => record('showHint', target),
        showSource: (layer, frame) => record('showSource', layer, frame),
        showFailure: (model) => record('showFailure', model),
        compare: (member) => record('compare', member),
        stopComparing: () => record('stopComparing'),
        refresh: () => record('refresh'),
        showExperiment: () => record('showExperiment'),
        manageTrust: () => record('manageTrust'),
      },
      onStray: (problem) => this.complaints.push(problem),
    });
  }

  protected override receive(message: unknown): void {
    this.channel.receive(message);
  }

  protected override dispose(): void {
    this.channel.dispose();
  }

  async models(changes: Partial<ModelsState>): Promise<void> {
    this.state.models = { ...this.state.models, ...changes };
    await this.channel.call('models', this.state.models);
  }

  async hints(changes: Partial<HintsState>): Promise<void> {
    this.state.hints = { ...this.state.hints, ...changes };
    await this.channel.call('hints', this.state.hints);
  }

  async similarity(state: SimilarityState | null): Promise<void> {
    await this.channel.call('similarity', state);
  }

  async selectBySource(file: string, line: number): Promise<void> {
    await this.channel.call('selectBySource', file, line);
  }

  /** Waits until the models are laid out and drawn. */
  async drawn(): Promise<void> {
    await this.page.waitForFunction(() => performance.getEntriesByName('distillery:paint').length > 0);
    await this.settled();
  }

  /** How long the last of these took, in milliseconds. */
  measured(name: 'layout' | 'paint'): Promise<number> {
    return this.page.evaluate(
      (entry) => performance.getEntriesByName(entry).at(-1)?.duration ?? NaN,
      `distillery:${name}`,
    );
  }

  tree(side: 'teacher' | 'student'): Locator {
    return this.page.locator(`[role="tree"][data-side="${side}"]`);
  }

  get aside(): Locator {
    return this.page.locator('aside');
  }

  /** Clicks a node, as a person would who sees it: where its layer is drawn. */
  async click(
    side: 'teacher' | 'student',
    layer: string,
    modifiers: ('Control' | 'Shift')[] = [],
  ): Promise<void> {
    await this.page
      .locator('distillery-graph canvas')
      .click({ position: await this.placeOf(side, layer), modifiers });
    await this.settled();
  }

  /** Brings a layer into sight, and says where on the canvas it is drawn. */
  placeOf(side: 'teacher' | 'student', layer: string): Promise<{ x: number; y: number }> {
    return this.page.locator('distillery-graph').evaluate(
      (element, [ofSide, name]) => {
        const graph = document.querySelector('distillery-graph');
        if (graph === null || element !== graph) throw new Error('There is no graph.');
        graph.reveal(ofSide, name);
        const place = graph.placeOf(ofSide, name);
        if (place === null) throw new Error(`There is no ${name}.`);
        return place;
      },
      [side, layer] as const,
    );
  }
}

/** Readies a file of tests: a browser for all of them, and after each the certainty that no page complained. */
export function openedPickers(): (opening: Opening) => Promise<PickerPage> {
  let workshop: Workshop;
  const pickers: PickerPage[] = [];
  beforeAll(async () => {
    workshop = await Workshop.open();
  });
  afterAll(async () => {
    await workshop.close();
  });
  afterEach(async () => {
    const opened = pickers.splice(0);
    const complaints = opened.flatMap((picker) => picker.complaints);
    for (const picker of opened) await picker.close();
    expect(complaints).toEqual([]);
  });
  return async (opening) => {
    const picker = new PickerPage(await workshop.page(opening), opening);
    pickers.push(picker);
    await picker.load(workshop.address('hints', opening.theme));
    if (opening.teacher != null && opening.student != null && opening.saved === undefined)
      await picker.drawn();
    await picker.settled();
    return picker;
  };
}
