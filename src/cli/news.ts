import * as path from 'node:path';
import colors from 'picocolors';
import { EventTail } from '../runs/eventLog';
import type { RunEvent } from '../runs/events';
import type { RunFolder } from '../runs/folder';
import { RUN_FILES } from '../runs/record';
import { describeTargets } from '../runs/targets';
import { usedEngineText } from '../runs/usedEngine';

/** Reads what runs say while they are followed. What earlier attempts of a resumed run said was said then. */
export class RunNews {
  private readonly tails = new Map<string, EventTail>();

  /** @param since What happened before this moment is no news; milliseconds since 1970. */
  constructor(private readonly since: number) {}

  /** What a run has said since it was last asked, one line for each thing that people should know. */
  async of({ directory, record }: RunFolder): Promise<string[]> {
    let tail = this.tails.get(directory);
    if (tail === undefined) {
      tail = new EventTail(path.join(directory, RUN_FILES.events));
      this.tails.set(directory, tail);
    }
    const fresh = (await tail.read()).filter((event) => event.at >= this.since);
    return fresh.flatMap((event) => {
      const line = describeEvent(event);
      return line === null ? [] : `${colors.bold(record.name)}  ${line}`;
    });
  }
}

/** One line about an event that is worth a line by itself; null for those that the progress tells, or the end. */
export function describeEvent(event: RunEvent): string | null {
  switch (event.type) {
    case 'start': {
      const { engine, fromStep } = event;
      const from = fromStep > 0 ? `, from step ${fromStep.toLocaleString('en-US')}` : '';
      return `trains with ${usedEngineText(engine)}${from}. ${engine.reason}`;
    }
    case 'adapter':
      return `hint ${event.hint + 1}: adapter ${event.kind}. ${event.reason}`;
    case 'targets':
      return describeTargets(event);
    case 'warning':
      return `${colors.yellow('warning:')} ${event.message}`;
    case 'note':
      return event.message;
    case 'model':
    case 'step':
    case 'evaluate':
    case 'checkpoint':
    case 'end':
      return null;
  }
}
