import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareCheckout, root } from './setup.mjs';

/**
 * `npm run demo [-- --seeds N]`: trains a teacher, a small student alone and the same student distilled on generated
 * digits, and prints who came out how. Starts on a fresh clone.
 */

const experiment = join('examples', 'digits', 'distilled.distill.yaml');

process.exitCode = await main();

async function main() {
  const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1' } } });
  const seeds = Number(values.seeds);
  if (!Number.isInteger(seeds) || seeds < 1 || seeds > 100) {
    console.error('--seeds takes a whole number from 1 to 100.');
    return 2;
  }
  if (!prepareCheckout()) return 1;
  const { buildAll } = await import('./build.mjs');
  await buildAll();
  const rows = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    console.log(`\nSeed ${seed}: teacher (once for all seeds), student alone, student distilled\n`);
    const { code, report } = await distillery('run', experiment, '--baseline', '--seed', `${seed}`, '--json');
    if (code !== 0 || report === null) {
      console.error(`\nThe run of seed ${seed} did not finish (exit code ${code}).`);
      return code || 1;
    }
    rows.push(report.runs);
  }
  printTable(rows);
  const folder = join(root, '.distillery', 'runs');
  console.log(`\nThe run folders are in ${relative(process.cwd(), folder) || folder}.`);
  console.log('Show a run:        npx distillery show RUN');
  console.log(
    'See the curves:    open this folder in VS Code and press F5; the runs are in the Distillery view.',
  );
  return 0;
}

/** Runs the terminal command; its progress is shown, the last line of its output is parsed. */
function distillery(...commandLine) {
  return new Promise((resolve, reject) => {
    const cli = join(root, 'dist', 'cli.js');
    if (!existsSync(cli)) throw new Error(`${cli} was not built.`);
    const child = spawn(process.execPath, [cli, ...commandLine], {
      cwd: root,
      stdio: ['inherit', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => {
      const last = output.trim().split('\n').at(-1);
      resolve({ code: code ?? 1, report: last ? JSON.parse(last) : null });
    });
  });
}

/** Test errors of each role: one column a seed, then mean and standard deviation. */
function printTable(seeds) {
  const roles = [
    ['teacher', 'Teacher'],
    ['student', 'Student alone'],
    ['distilled', 'Student distilled'],
  ];
  const head = ['', 'parameters', 'multiply-adds', ...seeds.map((_, index) => `seed ${index + 1}`)];
  if (seeds.length > 1) head.push('mean ± sd');
  const lines = roles.map(([role, title]) => {
    const runs = seeds.map((reports) => reports.find((run) => run.role === role));
    const errors = runs.map(({ error }) => error);
    const cells = [title, group(runs[0].parameters), group(runs[0].multiplyAdds), ...errors.map(percent)];
    if (seeds.length > 1) cells.push(`${percent(mean(errors))} ± ${percent(deviation(errors))}`);
    return cells;
  });
  const widths = head.map((title, column) =>
    Math.max(...[title, ...lines.map((line) => line[column])].map(({ length }) => length)),
  );
  const show = (cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('   ');
  console.log('\nError on the 2,000 test images\n');
  console.log(show(head));
  for (const line of lines) console.log(show(line));
  const [alone, distilled] = ['student', 'distilled'].map((role) =>
    mean(seeds.map((reports) => reports.find((run) => run.role === role).error)),
  );
  const verdict = distilled < alone ? 'fewer' : 'more';
  console.log(
    `\nDistilled, the student makes ${percent(Math.abs(1 - distilled / alone))} ${verdict} errors than alone.`,
  );
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function group(count) {
  return count.toLocaleString('en-US');
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation of a sample. */
function deviation(values) {
  const squares = values.map((value) => (value - mean(values)) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / (values.length - 1));
}
