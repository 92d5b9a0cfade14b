import { z } from 'zod';
import { lastJson } from '../commandLine';

const installableSchema = z.object({
  name: z.string(),
  engine: z.string(),
  title: z.string(),
  description: z.string(),
  download: z.string(),
  installed: z.boolean(),
  requirements: z.array(z.object({ what: z.string(), from: z.string(), found: z.boolean() })),
});
export type Installable = z.infer<typeof installableSchema>;

const installationSchema = z.object({
  folder: z.string(),
  /** What needs no installation here, for people. */
  builtIn: z.string(),
  installable: z.array(installableSchema),
});
/** What `distillery engines --install --json` tells. */
export type Installation = z.infer<typeof installationSchema>;

const installedSchema = z.object({
  installed: z.string(),
  engines: z.tuple([
    z.object({ name: z.string(), available: z.boolean(), device: z.string(), reason: z.string() }),
  ]),
});

/** @throws {Error} When the output is another one. */
export function parseInstallation(output: string): Installation {
  return installationSchema.parse(lastJson(output));
}

/** The engine that was installed, tried; null when nothing was. */
export function parseInstalled(
  output: string,
): { name: string; available: boolean; device: string; reason: string } | null {
  const report = installedSchema.safeParse(lastJson(output));
  return report.success ? report.data.engines[0] : null;
}

/** What a person is told before anything is downloaded, line by line. */
export function explain(choice: Installable, folder: string): string {
  const needs = choice.requirements.map(
    ({ what, from, found }) => `${found ? '✓' : '✗ not found:'} ${what}${found ? '' : ` (${from})`}`,
  );
  return [
    choice.description,
    `Downloads ${choice.download}, into ${folder}, which you may delete at any time.`,
    ...(needs.length === 0 ? [] : ['', 'It needs on this machine:', ...needs]),
  ].join('\n');
}

/** One line about a choice in a list: whether it is there, or what it still needs. */
export function choiceDetail({ description, installed, requirements }: Installable): string {
  const missing = requirements.filter(({ found }) => !found).map(({ what }) => what);
  if (installed) return `${description} It is installed.`;
  return missing.length === 0 ? description : `${description} Not found here: ${missing.join(', ')}.`;
}
