import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import colors from 'picocolors';
import { z } from 'zod';
import { ENGINE_NAMES, type EngineName } from '../engine/engine';
import { enginesFolder } from '../engine/installFolder';
import type { EngineDescription } from '../engine/select';
import { CommandError, EXIT, type ExitCode } from './exit';
import { describeInstallation, installEngine, type InstallOptions } from './installEngine';
import { layOutTable, printJson, printLine } from './output';
import { chosenWorkspace } from './workspace';

export interface EnginesOptions extends InstallOptions {
  /** Whose packages may be used; false: only what Distillery brings or has installed. */
  workspace?: string | false;
  /** What to install; true: tell what can be. */
  install?: string | true;
  json?: boolean;
}

/** `distillery engines [NAME]` */
export async function engines(name: string | undefined, options: EnginesOptions): Promise<ExitCode> {
  if (options.install !== undefined) return install(options.install, options);
  const workspace = await workspaceOfEngines(options);
  if (name !== undefined) {
    // In this very process: requireEngine starts one for it.
    const { tryEngine } = await import('../engine/select');
    const row = await tryEngine(engineNamed(name), workspace);
    if (options.json) printJson({ engines: [row] });
    else printLine(layOutEngines([row], undefined));
    return row.available ? EXIT.ok : EXIT.failed;
  }
  const { PREFERENCE } = await import('../engine/select');
  const rows = await Promise.all(PREFERENCE.map((each) => probeEngine(each, workspace)));
  const chosen = rows.find(({ available }) => available)?.name;
  if (options.json) {
    printJson({
      engines: rows.map((row) => ({ ...row, chosen: row.name === chosen })),
      ...describeInstallation(),
    });
    return EXIT.ok;
  }
  printLine(layOutEngines(rows, chosen));
  printLine('\nGPUs and what can be installed: distillery engines --install');
  return EXIT.ok;
}

/**
 * Makes sure that an engine that is asked for by its name works, before a run is made for it.
 *
 * @param workspace folder in which tfjs-node is looked for.
 * @throws CommandError that says what to do.
 */
export async function requireEngine(name: string, workspace: string): Promise<void> {
  // What a provider is asked for, only this engine can give.
  const wanted = name === 'auto' && process.env['DISTILLERY_PROVIDER'] ? 'compiled' : name;
  // Of `auto` what works is taken, and WebAssembly and JavaScript are part of Node.
  if (wanted === 'auto' || wanted === 'wasm' || wanted === 'cpu') return;
  const engine = await probeEngine(engineNamed(wanted), workspace);
  if (engine.available) return;
  throw new CommandError(
    `The engine ${engine.name} does not work here. ${engine.reason}\nOr take another one: distillery engines lists them.`,
  );
}

/** `distillery engines --install [NAME]` */
async function install(wanted: string | true, options: EnginesOptions): Promise<ExitCode> {
  const recipe = await installEngine(wanted, options);
  if (recipe === null) return EXIT.ok;
  const row = await probeEngine(recipe.engine, enginesFolder());
  if (options.json) printJson({ installed: recipe.name, engines: [row] });
  else printLine(`\n${layOutEngines([row], undefined)}`);
  return row.available ? EXIT.ok : EXIT.failed;
}

const probeReport = z.object({
  engines: z.tuple([
    z.object({
      name: z.enum(ENGINE_NAMES),
      available: z.boolean(),
      device: z.string(),
      reason: z.string(),
      provider: z.string().optional(),
      precision: z.literal('f32').optional(),
      threads: z.int().nullable().optional(),
      block: z.int().nullable().optional(),
    }),
  ]),
});

/**
 * Tries an engine in a process of its own: a native library stays loaded, writes to standard error, and may end the
 * process that loads it.
 */
function probeEngine(name: EngineName, workspace: string): Promise<EngineDescription> {
  const cli = path.join(path.dirname(fileURLToPath(import.meta.url)), 'cli.js');
  const parameters = [cli, 'engines', name, '--json', '--workspace', workspace];
  return new Promise((resolve) => {
    execFile(process.execPath, parameters, { windowsHide: true }, (error, stdout, stderr) => {
      const report = probeReport.safeParse(parsed(stdout));
      if (report.success) {
        resolve(withoutUndefined(report.data.engines[0]));
        return;
      }
      const cause = stderr.trim().split('\n').at(-1) ?? '';
      const how = error?.signal ? `by signal ${error.signal}` : `with exit code ${error?.code ?? 0}`;
      const reason = `A process that loads it ends ${how}. ${cause}`.trim();
      resolve({ name, available: false, device: '–', reason });
    });
  });
}

function parsed(output: string): unknown {
  try {
    return JSON.parse(output.trim().split('\n').at(-1) ?? '');
  } catch {
    // It ended without its line; the caller tells how.
    return undefined;
  }
}

type Row = z.infer<typeof probeReport>['engines'][0];

function withoutUndefined({ name, available, device, reason, ...facts }: Row): EngineDescription {
  const { provider, precision, threads = null, block = null } = facts;
  const base = { name, available, device, reason };
  return provider === undefined || precision === undefined
    ? base
    : { ...base, provider, precision, threads, block };
}

async function workspaceOfEngines({ workspace }: EnginesOptions): Promise<string> {
  return workspace === false || workspace === enginesFolder() ? enginesFolder() : chosenWorkspace(workspace);
}

function engineNamed(name: string): EngineName {
  const found = ENGINE_NAMES.find((known) => known === name);
  if (found) return found;
  throw new CommandError(`There is no engine "${name}". Engines: ${ENGINE_NAMES.join(', ')}.`);
}

function layOutEngines(rows: readonly EngineDescription[], chosen: EngineName | undefined): string {
  const table = layOutTable(
    ['engine', 'runs on', 'provider', 'precision', 'threads', 'block'],
    rows.map(({ name, available, device, provider, precision, threads, block }) => [
      name === chosen ? colors.green(`${name} (auto)`) : available ? name : colors.dim(`${name} (no)`),
      device,
      provider ?? '–',
      precision ?? '–',
      provider !== undefined && threads == null ? 'its own' : `${threads ?? '–'}`,
      `${block ?? '–'}`,
    ]),
    [4, 5],
  );
  return [table, '', ...rows.map(({ name, reason }) => `${colors.bold(name)}: ${reason}`)].join('\n');
}
