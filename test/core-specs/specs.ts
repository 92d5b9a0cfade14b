import { writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import jasmineCore, { type SpecResult } from 'jasmine-core';
import { BACKEND } from '../../src/engine/compiled/backend';
import { startCompiled } from '../../src/engine/compiled/start';
import { registerGradients } from '../../src/engine/gradients/register';
import { EXCLUSIONS } from './exclusions';

/** What the run leaves for whoever started it. */
export interface SpecReport {
  passed: number;
  failed: { name: string; messages: string[] }[];
  /** Names of excluded specs, by the reason. */
  excluded: Record<string, string[]>;
  /** Exclusions that meet no spec. */
  idle: string[];
}

/**
 * tfjs-core's own suite, as it ships in its package, on the compiling backend outside of steps: each value that a spec
 * reads is compiled and run.
 *
 *     node BUNDLE REPORT [part of a spec's name]
 */
async function main([file, only = '']: readonly string[]): Promise<void> {
  const jasmine = jasmineCore.boot(jasmineCore);
  registerGradients();
  await startCompiled({ threads: 1 });
  setTestEnvs([{ name: BACKEND, backendName: BACKEND, isDataSync: true }]);
  // The specs ask at once for which environments they are made, so they must not be loaded before.
  await import('@tensorflow/tfjs-core/dist/tests');
  const report: SpecReport = { passed: 0, failed: [], excluded: {}, idle: [] };
  const met = new Set<RegExp>();
  const environment = jasmine.getEnv();
  environment.configure({
    random: false,
    specFilter: (spec) => {
      const name = spec.getFullName();
      const exclusions = EXCLUSIONS.filter(({ pattern }) => pattern.test(name));
      for (const { pattern } of exclusions) met.add(pattern);
      const reason = exclusions[0]?.reason;
      if (reason !== undefined) (report.excluded[reason] ??= []).push(name);
      return reason === undefined && name.includes(only);
    },
  });
  environment.addReporter({
    specDone: (result) => {
      count(report, result);
    },
    jasmineDone: ({ failedExpectations }) => {
      for (const { message } of failedExpectations) {
        report.failed.push({ name: 'outside of the specs', messages: [message] });
      }
    },
  });
  await environment.execute();
  report.idle = EXCLUSIONS.filter(({ pattern }) => !met.has(pattern)).map(({ pattern }) => pattern.source);
  writeFileSync(file!, JSON.stringify(report, null, 2));
}

function count(report: SpecReport, { status, fullName, failedExpectations }: SpecResult): void {
  if (status === 'passed') report.passed += 1;
  if (status !== 'failed') return;
  const messages = failedExpectations.map(({ message, stack }) => `${message}\n${stack}`);
  report.failed.push({ name: fullName, messages });
}

void tf.ready().then(() => main(process.argv.slice(2)));
