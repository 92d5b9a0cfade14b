import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { clearStopRequest } from '../runs/control';
import { RUN_FILES } from '../runs/record';
import { StoppedByRequest } from './outcome';
import { RunReporter } from './reporter';
import { openSession } from './session';
import { Training } from './train';

/** Exit codes of the trainer; whoever wants to know how a run ended reads its folder. */
const EXIT = { ended: 0, failed: 1, usage: 2 } as const;

/** Beside this bundle. */
const loaderPath = fileURLToPath(new URL('loader.js', import.meta.url));

/** The trainer: `trainer.js --run FOLDER` trains the run of that folder, from its last checkpoint if it has one. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { run: { type: 'string' } } });
  if (values.run === undefined) {
    console.error('Usage: trainer.js --run FOLDER');
    return EXIT.usage;
  }
  const directory = path.resolve(values.run);
  if (existsSync(path.join(directory, RUN_FILES.end))) {
    console.error(`The run in ${directory} has ended. Resume it with \`distillery resume\`.`);
    return EXIT.usage;
  }
  const reporter = await RunReporter.open(directory);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      reporter.noteSignal(signal);
    });
  }
  return trainAndReport(reporter);
}

async function trainAndReport(reporter: RunReporter): Promise<number> {
  let training: Training | null = null;
  try {
    const programs = { nodePath: process.execPath, trainerPath: process.argv[1]!, loaderPath };
    const session = await openSession(reporter, programs);
    training = await Training.open(session, reporter);
    await training.run();
    await reporter.end('finished', null, training.seconds);
    return EXIT.ended;
  } catch (error) {
    const seconds = training?.seconds ?? 0;
    if (error instanceof StoppedByRequest) {
      await clearStopRequest(reporter.directory);
      await reporter.end('stopped', error.message, seconds);
      return EXIT.ended;
    }
    console.error(error);
    await reporter.end('failed', error instanceof Error ? error.message : String(error), seconds);
    return EXIT.failed;
  } finally {
    await training?.close();
    reporter.close();
  }
}

/** Work that was given up, such as a download, may still keep the process busy for so long. */
const lingerMilliseconds = 2_000;

function leave(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(code), lingerMilliseconds).unref();
}

main().then(leave, (error: unknown) => {
  console.error(error);
  leave(EXIT.failed);
});
