// Vitest reporter that leaves the numbers of the run in the file OTKLIK_TEST_COUNTS names.
import fs from 'node:fs';

export default class CountReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let own = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') counts.passed += 1;
        else if (state === 'failed') own += 1;
        else counts.skipped += 1;
      }
      // A file that cannot be loaded, or whose setup fails, has no failed test of its own.
      counts.failed += own === 0 && !module.ok() ? 1 : own;
    }
    const file = process.env.OTKLIK_TEST_COUNTS;
    if (file) fs.writeFileSync(file, JSON.stringify(counts));
  }
}
