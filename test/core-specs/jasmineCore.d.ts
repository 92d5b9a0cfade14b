declare module 'jasmine-core' {
  namespace jasmineCore {
    interface Spec {
      getFullName: () => string;
    }

    interface SpecResult {
      fullName: string;
      status: 'passed' | 'failed' | 'excluded' | 'pending';
      failedExpectations: { message: string; stack: string }[];
    }

    interface Reporter {
      specDone: (result: SpecResult) => void;
      jasmineDone: (result: { failedExpectations: { message: string }[] }) => void;
    }

    interface Environment {
      configure: (configuration: { random: boolean; specFilter: (spec: Spec) => boolean }) => void;
      addReporter: (reporter: Reporter) => void;
      execute: () => Promise<unknown>;
    }
  }

  /** `boot` makes `describe`, `it`, `expect` … global; it is given the package itself. */
  const jasmineCore: { boot: (itself: object) => { getEnv: () => jasmineCore.Environment } };
  export = jasmineCore;
}
