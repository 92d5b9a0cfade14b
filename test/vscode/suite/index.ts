import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';

/** What test/vscode/run.mjs reads back: the counts of a suite and how each failure reads. */
interface Report {
  passed: number;
  failed: number;
  pending: number;
  failures: string[];
}

/** Runs every bundled `*.test.js` beside this file; called by VS Code in its extension host. */
export function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 120_000, reporter: 'spec', forbidOnly: true });
  for (const name of readdirSync(__dirname).sort()) {
    if (name.endsWith('.test.js')) mocha.addFile(join(__dirname, name));
  }
  const report: Report = { passed: 0, failed: 0, pending: 0, failures: [] };
  return new Promise((resolve, reject) => {
    mocha
      .run((failures) => {
        writeReport(report);
        if (failures === 0) resolve();
        else reject(new Error(`${failures} tests failed in VS Code.`));
      })
      .on('pass', () => report.passed++)
      .on('pending', () => report.pending++)
      .on('fail', (test: Mocha.Runnable, error: unknown) => {
        report.failed++;
        report.failures.push(`${test.fullTitle()}: ${String(error)}`);
      });
  });
}

function writeReport(report: Report): void {
  const file = process.env['DISTILLERY_TEST_REPORT'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(report));
}
