import { CallQueue } from '../protocol/callQueue';
import { Channel } from '../protocol/channel';
import {
  inspectorEvents,
  inspectorMethods,
  type InspectorApi,
  type InspectorEvents,
} from '../protocol/inspection';
import { DEFAULT_TIME_LIMIT, STUCK_DESCRIPTOR, TIME_LIMIT_VARIABLE } from '../protocol/inspectorProcess';
import { guardProcess } from './guard';
import { ModelShelf } from './modelShelf';
import { takePicture } from './picture';
import { Watchdog } from './watchdog';

/**
 * The inspector: a child process of the editor's extension host that builds models and answers what is asked about
 * them, one call at a time, over the IPC channel it was started with. What it and code of models print goes to the log
 * of whoever started it.
 */

const aliveMilliseconds = 1_000;

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const exit: (code: number) => never = guardProcess(log);

const send = process.send?.bind(process);
if (send === undefined) {
  log('The inspector is started by the extension, over a channel.');
  exit(2);
}

const setting = Number(process.env[TIME_LIMIT_VARIABLE]);
const watchdog = new Watchdog(setting > 0 ? setting : DEFAULT_TIME_LIMIT, STUCK_DESCRIPTOR, log);
const shelf = new ModelShelf();
const queue = new CallQueue();

const channel: Channel<InspectorEvents, InspectorApi> = new Channel<InspectorEvents, InspectorApi>({
  post: (message) =>
    new Promise<void>((resolve, reject) => {
      send(message, undefined, undefined, (error: Error | null) => {
        if (error === null) resolve();
        else reject(error);
      });
    }),
  remote: inspectorEvents,
  local: inspectorMethods,
  handlers: {
    inspect: (experiment) =>
      queue.add(experiment.file, () =>
        alive(() => watchdog.during('building', () => takePicture(experiment, shelf))),
      ),
    similarity: (experiment, member, images) =>
      queue.add(null, () =>
        alive(() =>
          watchdog.during('computing', async () => {
            // Loads the engines, which pictures never need.
            const { compareLayers } = await import('./similarity');
            return compareLayers(experiment, member, images, tellProgress);
          }),
        ),
      ),
  },
  onStray: log,
});

/** Tells every second that this thread is not stuck. */
async function alive<Result>(work: () => Promise<Result>): Promise<Result> {
  const timer = setInterval(() => {
    channel.call('alive').catch((error: unknown) => {
      log(`Nobody heard a sign of life: ${String(error)}`);
    });
  }, aliveMilliseconds);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

function tellProgress(message: string, share: number): void {
  channel.call('progress', message, share).catch((error: unknown) => {
    log(`Nobody heard of the progress: ${String(error)}`);
  });
}

process.on('message', (message) => {
  channel.receive(message);
});
process.on('disconnect', () => {
  exit(0);
});
