import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { fabricateCurves, fabricateRun, type Plan } from './fabricate';
import { Workshop, type Panel, type PanelOptions } from './harness';

/** Opens the panel on runs of these plans, their curves sent. */
export type Show = (plans: readonly Plan[], options?: PanelOptions) => Promise<Panel>;

/**
 * Readies a file of tests: a browser for all of them, and after each the certainty that no panel it opened complained
 * of an error, a warning, or a violation of the policy.
 */
export function openedPanels(): Show {
  let workshop: Workshop;
  const panels: Panel[] = [];
  beforeAll(async () => {
    workshop = await Workshop.open();
  });
  afterAll(async () => {
    await workshop.close();
  });
  afterEach(async () => {
    const opened = panels.splice(0);
    const complaints = opened.flatMap((panel) => panel.complaints);
    for (const panel of opened) await panel.close();
    expect(complaints).toEqual([]);
  });
  return async (plans, options = {}) => {
    const state = { runs: plans.map(fabricateRun), shown: plans.map(({ id }) => id) };
    const panel = await workshop.panel({ state, ...options });
    panels.push(panel);
    await panel.curves(...plans.map(fabricateCurves));
    await panel.settled();
    return panel;
  };
}
