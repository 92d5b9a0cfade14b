import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { enginesFolder } from '../engine/installFolder';
import { builtInGpuSupport, recipesFor, type Recipe } from '../engine/recipes';
import { isThere } from '../engine/requirements';
import { canAsk, confirm } from './confirm';
import { CommandError } from './exit';
import { findNpm, runScript, type StepOptions } from './npm';
import { printJson, printLine } from './output';

export interface InstallOptions {
  /** Whether not to ask before something is downloaded. */
  yes?: boolean;
  json?: boolean;
}

const platform = `${process.platform}-${process.arch}`;

/** What can be installed here, and into which folder, as `engines --json` gives it. */
export function describeInstallation(): { folder: string; builtIn: string; installable: unknown[] } {
  return {
    folder: enginesFolder(),
    builtIn: builtInGpuSupport(platform),
    installable: recipesFor(platform).map((recipe) => ({
      name: recipe.name,
      engine: recipe.engine,
      title: recipe.title,
      description: recipe.description,
      download: recipe.download,
      installed: isInstalled(recipe),
      requirements: recipe.requirements.map((each) => ({
        what: each.what,
        from: each.from,
        found: isThere(each),
      })),
    })),
  };
}

/**
 * Installs what a recipe names, after it has been agreed to.
 *
 * @param wanted the name of a recipe; true: only tell what can be installed.
 * @returns the recipe; null when nothing was installed, and that is as it should be.
 * @throws CommandError with what to do.
 */
export async function installEngine(wanted: string | true, options: InstallOptions): Promise<Recipe | null> {
  if (wanted === true) {
    if (options.json) printJson(describeInstallation());
    else tellWhatCanBeInstalled();
    return null;
  }
  const recipes = recipesFor(platform);
  const recipe = recipes.find(({ name }) => name === wanted);
  if (!recipe) {
    const names = recipes.map(({ name }) => name).join(', ');
    throw new CommandError(
      `"${wanted}" cannot be installed on ${platform}. ${names === '' ? 'Nothing can.' : `What can: ${names}.`} ${builtInGpuSupport(platform)}`,
    );
  }
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  for (const line of describeRecipe(recipe)) tell(line);
  const folder = enginesFolder();
  tell(`\nIt goes to ${folder}, which you may delete at any time.`);
  if (!options.yes) {
    if (!canAsk())
      throw new CommandError('This is no terminal to ask on. To download without being asked: --yes');
    if (!(await confirm(`Download ${recipe.download}?`))) {
      printLine('Nothing was installed.');
      return null;
    }
  }
  await carryOut(recipe, folder, tell);
  return recipe;
}

async function carryOut(recipe: Recipe, folder: string, tell: (line: string) => void): Promise<void> {
  const npm = findNpm();
  await prepareFolder(folder, recipe);
  const step: StepOptions = {
    folder,
    onLine: tell,
    // npm hands its settings on to the programs it starts; this one may have been started by it.
    environment: { npm_config_ignore_scripts: `${!recipe.runsScript}` },
  };
  try {
    tell(`npm install ${recipe.package}`);
    await runScript([npm, 'install', '--save-exact', '--no-audit', '--no-fund', recipe.package], step);
    if (recipe.afterwards) {
      tell(recipe.afterwards.join(' '));
      await runScript(recipe.afterwards, step);
    }
  } catch (error) {
    // Half an engine would be found, and fail in every run.
    await rm(path.join(folder, 'node_modules', nameOf(recipe)), { recursive: true, force: true });
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(
      `${recipe.title} was not installed. ${error.message}\n${advice(error.message)}`,
      error.code,
    );
  }
}

/** The folder is a project of npm's own, which allows the scripts of what is asked for and no others. */
async function prepareFolder(folder: string, recipe: Recipe): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'package.json');
  const text = existsSync(file) ? await readFile(file, 'utf8') : '{}';
  const manifest = JSON.parse(text) as { allowScripts?: Record<string, boolean> };
  const allowScripts = { ...manifest.allowScripts, [nameOf(recipe)]: recipe.runsScript };
  const content = { ...manifest, name: 'distillery-engines', private: true, allowScripts };
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
}

/** What helps against the usual failures. */
function advice(said: string): string {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|network|fetch failed|getaddrinfo/i.test(said)) {
    return 'The machine cannot reach the servers. Behind a proxy set HTTPS_PROXY (and GLOBAL_AGENT_HTTPS_PROXY), then try again.';
  }
  if (said.includes('ENOSPC'))
    return 'The disk is full. DISTILLERY_ENGINES names another folder for engines.';
  if (/EACCES|EPERM/.test(said)) {
    return 'The folder cannot be written. DISTILLERY_ENGINES names another folder for engines.';
  }
  if (/node-gyp|node-pre-gyp|gyp ERR/i.test(said)) {
    return 'There is no binary for this version of Node.js; Node 20 and 22 usually have one.';
  }
  return 'Nothing has changed; the other engines still work.';
}

function tellWhatCanBeInstalled(): void {
  printLine(builtInGpuSupport(platform));
  for (const recipe of recipesFor(platform)) {
    printLine();
    for (const line of describeRecipe(recipe)) printLine(line);
    const state = isInstalled(recipe) ? 'It is installed. Again:' : 'Install it:';
    printLine(`${state} distillery engines --install ${recipe.name}`);
  }
}

function describeRecipe(recipe: Recipe): string[] {
  const needs = recipe.requirements.map(
    (each) => `  ${isThere(each) ? 'found' : 'NOT FOUND'}  ${each.what}  ${each.from}`,
  );
  return [
    `${recipe.title}. ${recipe.description} Downloads ${recipe.download}.`,
    ...(needs.length === 0 ? [] : ['It needs on this machine:', ...needs]),
  ];
}

function isInstalled(recipe: Recipe): boolean {
  return existsSync(path.join(enginesFolder(), 'node_modules', nameOf(recipe), 'package.json'));
}

/** `@tensorflow/tfjs-node@4.22.0` → `@tensorflow/tfjs-node`. */
function nameOf(recipe: Recipe): string {
  return recipe.package.slice(0, recipe.package.lastIndexOf('@'));
}
