import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandNames, contextKeyNames } from './commandNames';

const root = new URL('../../', import.meta.url);
const menuEntry = z.object({
  command: z.string(),
  when: z.string().optional(),
  group: z.string().optional(),
});
const manifest = z
  .object({
    icon: z.string(),
    main: z.string(),
    categories: z.array(z.string()),
    keywords: z.array(z.string()).max(10),
    activationEvents: z.array(z.string()),
    capabilities: z.object({
      untrustedWorkspaces: z.object({
        supported: z.literal('limited'),
        description: z.string().min(20),
        restrictedConfigurations: z.array(z.string()),
      }),
      virtualWorkspaces: z.object({ supported: z.literal(false), description: z.string().min(20) }),
    }),
    contributes: z.object({
      commands: z.array(
        z.object({
          command: z.string(),
          title: z.string(),
          category: z.literal('Distillery'),
          enablement: z.string().optional(),
        }),
      ),
      menus: z.record(z.string(), z.array(menuEntry)),
      keybindings: z.array(menuEntry),
      views: z.record(z.string(), z.array(z.object({ id: z.string(), icon: z.string() }))),
      viewsContainers: z.object({ activitybar: z.array(z.object({ id: z.string(), icon: z.string() })) }),
      viewsWelcome: z.array(z.object({ view: z.string(), when: z.string(), contents: z.string() })),
      configuration: z.object({ properties: z.record(z.string(), z.object({ scope: z.string() })) }),
      snippets: z.array(z.object({ language: z.literal('yaml'), path: z.string() })),
      walkthroughs: z.array(
        z.object({
          steps: z
            .array(
              z.object({
                description: z.string(),
                media: z.object({ svg: z.string(), altText: z.string().min(10) }),
                completionEvents: z.array(z.string()).min(1),
              }),
            )
            .max(7),
        }),
      ),
      yamlValidation: z.array(z.object({ fileMatch: z.string(), url: z.string() })),
    }),
  })
  .parse(JSON.parse(readFileSync(new URL('package.json', root), 'utf8')));
const { contributes } = manifest;
const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
const menuEntries = Object.values(contributes.menus).flat();

describe('package.json', () => {
  it('declares the commands that are registered, each once', () => {
    expect(contributes.commands.map(({ command }) => command).toSorted()).toEqual(
      [...commandNames].toSorted(),
    );
  });

  it('names only declared commands in menus, keys, welcome texts and the walkthrough', () => {
    const texts = [
      ...contributes.viewsWelcome.map(({ contents }) => contents),
      ...steps.flatMap(({ description, completionEvents }) => [description, ...completionEvents]),
    ];
    const linked = texts
      .flatMap((text) => [...text.matchAll(/ommand:(distillery\.\w+)/g)])
      .map((match) => match[1]);
    expect(linked.length).toBeGreaterThan(10);
    const used = [...menuEntries, ...contributes.keybindings].map(({ command }) => command);
    for (const command of [...used, ...linked]) expect(commandNames).toContain(command);
  });

  it('asks only for context keys that are set, and for views that exist', () => {
    const clauses = [
      ...menuEntries.map(({ when }) => when ?? ''),
      ...contributes.keybindings.map(({ when }) => when ?? ''),
      ...contributes.commands.map(({ enablement }) => enablement ?? ''),
      ...contributes.viewsWelcome.map(({ when }) => when),
    ];
    const views = Object.values(contributes.views).flatMap((list) => list.map(({ id }) => id));
    const asked = clauses.flatMap((clause) => clause.match(/distillery\.\w+/g) ?? []);
    expect(asked.length).toBeGreaterThan(0);
    for (const name of asked) expect([...contextKeyNames, ...views]).toContain(name);
    for (const { view } of contributes.viewsWelcome) expect(views).toContain(view);
  });

  it('shows every command that needs a run in the palette only when there is one', () => {
    const gated = new Map(contributes.menus['commandPalette']?.map(({ command, when }) => [command, when]));
    expect(gated.get('distillery.stopRun')).toBe('distillery.hasRunning');
    expect(gated.get('distillery.resumeRun')).toBe('distillery.hasResumable');
    expect(gated.get('distillery.openCurves')).toBe('distillery.hasRuns');
  });

  it('shows at most three actions inline on a row', () => {
    const inline = (contributes.menus['view/item/context'] ?? []).filter(({ group }) =>
      group?.startsWith('inline'),
    );
    for (const context of ['run running', 'run finished', 'run stopped resumable archived', 'experiment']) {
      const shown = inline.filter(({ when }) => rowMatches(when ?? '', context));
      expect(shown.length).toBeGreaterThan(0);
      expect(shown.length).toBeLessThanOrEqual(3);
    }
  });

  it('never offers to delete, archive or resume a running run, and to stop only that', () => {
    const offered = (context: string): string[] =>
      (contributes.menus['view/item/context'] ?? [])
        .filter(({ when }) => rowMatches(when ?? '', context))
        .map(({ command }) => command);
    expect(offered('run running')).toContain('distillery.stopRun');
    expect(offered('run running')).not.toContain('distillery.deleteRun');
    expect(offered('run running')).not.toContain('distillery.archiveRun');
    expect(offered('run running')).not.toContain('distillery.resumeRun');
    expect(offered('run stopped resumable')).not.toContain('distillery.stopRun');
    expect(offered('run stopped resumable')).toContain('distillery.resumeRun');
    expect(offered('run finished')).toContain('distillery.deleteRun');
    expect(offered('run finished archived')).toContain('distillery.unarchiveRun');
    expect(offered('run finished archived')).not.toContain('distillery.archiveRun');
    expect(offered('experiment missing')).not.toContain('distillery.runExperiment');
  });

  it('keeps a folder that is not trusted from choosing the program that is run', () => {
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toContain(
      'distillery.nodePath',
    );
    expect(contributes.configuration.properties['distillery.nodePath']?.scope).toBe('machine-overridable');
  });

  it('names pictures that are there', () => {
    const icons = [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...Object.values(contributes.views).flatMap((list) => list.map(({ icon }) => icon)),
    ];
    const pictures = ['hint', 'guided'].flatMap((name) => [
      `media/${name}-dark.svg`,
      `media/${name}-light.svg`,
    ]);
    const files = [
      ...icons,
      ...pictures,
      ...steps.map(({ media }) => media.svg),
      ...contributes.snippets.map(({ path }) => path),
    ];
    for (const file of files) expect(existsSync(new URL(file, root)), file).toBe(true);
  });

  it('ends a step of the walkthrough with the command that the step links', () => {
    for (const { description, completionEvents } of steps) {
      for (const [, command] of description.matchAll(/\(command:([\w.]+)/g)) {
        expect(completionEvents, description).toContain(`onCommand:${command}`);
      }
    }
    expect(steps.map(({ description }) => description).join()).toContain('(command:distillery.pickHints)');
  });

  it('draws the walkthrough in the colours of the theme', () => {
    for (const { media } of steps) {
      const picture = readFileSync(new URL(media.svg, root), 'utf8');
      const fixed = picture.replaceAll(/var\(--vscode-[^)]*\)/g, '').match(/#[0-9a-f]{3,8}\b/gi);
      expect(picture, media.svg).toContain('var(--vscode-');
      expect(fixed, media.svg).toBeNull();
      // VS Code shows walkthroughs without the styles of their pictures.
      expect(picture, media.svg).not.toMatch(/<style|\b(?:style|class)=/);
    }
  });
});

/** Whether the `viewItem` parts of a clause accept a row; what else it asks is taken as given. */
function rowMatches(clause: string, context: string): boolean {
  return clause.split('&&').every((part) => {
    const pattern = /viewItem =~ \/(.+)\//.exec(part)?.[1];
    if (pattern !== undefined) return new RegExp(pattern).test(context);
    const equal = /viewItem == (.+)/.exec(part)?.[1];
    return equal === undefined || equal.trim() === context;
  });
}
