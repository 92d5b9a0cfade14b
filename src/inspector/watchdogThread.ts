import { writeSync } from 'node:fs';
import { Session, type Debugger } from 'node:inspector';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { SourcePosition } from '../layers/table';
import type { StuckReport } from '../protocol/inspection';
import { TIME_LIMIT_VARIABLE } from '../protocol/inspectorProcess';
import {
  BEAT_MILLISECONDS,
  WATCH_MODES,
  WATCH_SLOTS,
  type WatchdogData,
  type WatchdogMessage,
} from './watchdogMessages';

/** How long code that was asked to pause may take to do so; code that waits in the system never does. */
const pauseMilliseconds = 2_000;
/** Whoever reads the report ends the process. When nobody does, it ends itself. */
const graceMilliseconds = 5_000;

const { shared, timeLimit, descriptor, form } = workerData as WatchdogData;
const slots = new Int32Array(shared);
/** By path: source maps, read when they are needed. */
const bundles = new Map<string, string>();

parentPort?.on('message', ({ path, sourceMap }: WatchdogMessage) => bundles.set(path, sourceMap));

let lastBeats = 0;
/** For how many beats in a row nothing was heard. */
let missed = 0;
let isAsking = false;
let isTold = false;

// Missed beats are counted, not the clock: a computer that sleeps misses none.
setInterval(() => {
  const beats = Atomics.load(slots, WATCH_SLOTS.beats);
  const mode = Atomics.load(slots, WATCH_SLOTS.mode);
  missed = beats === lastBeats && mode !== WATCH_MODES.off ? missed + 1 : 0;
  lastBeats = beats;
  if (missed * BEAT_MILLISECONDS < timeLimit * 1000 || isAsking) return;
  isAsking = true;
  void whereIsIt()
    .then((place) => {
      const isLate = Atomics.load(slots, WATCH_SLOTS.beats) === beats;
      if (place !== null || (mode === WATCH_MODES.building && isLate)) report(place);
    })
    .finally(() => {
      isAsking = false;
      missed = 0;
    });
}, BEAT_MILLISECONDS);

/** Where code of a model is, and in which function; null when it is elsewhere, or waits for something. */
interface Place {
  function: string;
  source: SourcePosition;
}

/** Pauses the main thread, looks where it is and lets it go on. */
async function whereIsIt(): Promise<Place | null> {
  const session = new Session();
  try {
    session.connectToMainThread();
    // Frames of code that was compiled as a function do not tell their file.
    const urls = new Map<string, string>();
    session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
    const frames = await new Promise<Debugger.CallFrame[]>((done) => {
      setTimeout(() => {
        done([]);
      }, pauseMilliseconds);
      session.on('Debugger.paused', ({ params }) => {
        done(params.callFrames);
      });
      session.post('Debugger.enable', () => {
        session.post('Debugger.pause');
      });
    });
    const place = placeOf(frames, urls);
    const [innermost] = frames;
    if (form.kind === 'text' && place !== null && innermost !== undefined) {
      report(place);
      // Where it stands, so that it ends as a command does that found a mistake.
      const expression = `globalThis.process.reallyExit(${form.exitCode})`;
      session.post('Debugger.evaluateOnCallFrame', { callFrameId: innermost.callFrameId, expression });
    }
    await new Promise<void>((done) => {
      setTimeout(done, pauseMilliseconds);
      session.post('Debugger.resume', () => {
        done();
      });
    });
    return place;
  } catch {
    // A Node.js without the inspector, or one that is being debugged otherwise: the report has no place then.
    return null;
  } finally {
    session.disconnect();
  }
}

/** The innermost frame in the user's files, packages only when there is no other. */
function placeOf(frames: readonly Debugger.CallFrame[], urls: ReadonlyMap<string, string>): Place | null {
  const places = frames.flatMap(({ location, functionName }) => {
    const source = sourceOf(urls.get(location.scriptId) ?? '', location);
    return source === null ? [] : { function: functionName, source };
  });
  return places.find(({ source }) => !/[\\/]node_modules[\\/]/.test(source.file)) ?? places[0] ?? null;
}

function sourceOf(url: string, location: Debugger.Location): SourcePosition | null {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  const text = bundles.get(path);
  if (text === undefined) return null;
  const map = new SourceMap(JSON.parse(text) as SourceMapPayload);
  const entry = map.findEntry(location.lineNumber, location.columnNumber ?? 0);
  if (!('originalSource' in entry)) return null;
  return {
    file: resolve(dirname(path), entry.originalSource),
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  };
}

function report(place: Place | null): void {
  if (isTold) return;
  isTold = true;
  try {
    writeSync(descriptor, `${form.kind === 'json' ? forProgram(place) : forPeople(place)}\n`);
  } catch {
    // Nobody reads it: whoever started this process is gone, and so are we in a moment.
  }
  setTimeout(() => {
    process.kill(process.pid, 'SIGKILL');
  }, graceMilliseconds);
}

function forProgram(place: Place | null): string {
  const where = place === null ? '' : `, in ${describe(place)}`;
  const message = `Code of the model still runs after ${timeLimit} s${where}. It was stopped: does it end? If it only takes long, raise the setting distillery.inspector.timeLimit.`;
  const stuck: StuckReport = { message, source: place?.source ?? null };
  return JSON.stringify(stuck);
}

function forPeople(place: Place | null): string {
  const at = place === null ? '' : `${place.source.file}:${place.source.line}:${place.source.column}: `;
  return `${at}Code of the model still runs after ${timeLimit} s. It was stopped: does it end? If it only takes long, set the environment variable ${TIME_LIMIT_VARIABLE} to more seconds.`;
}

function describe({ function: name, source }: Place): string {
  const place = `${basename(source.file)}:${source.line}:${source.column}`;
  return name === '' ? place : `\`${name}\` (${place})`;
}
