import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TrainerPrograms } from '../runs/launch';

/** The programs that start a run: this Node, and the trainer that is built beside the command. */
export function trainerPrograms(): TrainerPrograms {
  const folder = path.dirname(fileURLToPath(import.meta.url));
  return { nodePath: process.execPath, trainerPath: path.join(folder, 'trainer.js') };
}
