// What the checks share: counting, and canaries, so that a check which can no longer fail is itself a failure.

/** @returns {{ ok(name: string, problems: string[]): void, note(text: string): void, end(): never }} */
export const report = (title) => {
  let passed = 0;
  let failed = 0;
  return {
    /** One line for a check; each problem below it. */
    ok(name, problems) {
      console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
      for (const problem of problems) console.log(`     ${problem}`);
      if (problems.length === 0) passed++;
      else failed++;
    },
    /** Passes only if `problems` has one that `expected` matches: the check bites. */
    canary(name, problems, expected) {
      const caught = problems.some((problem) => expected.test(problem));
      this.ok(
        `canary: ${name}`,
        caught ? [] : [`expected ${expected}, got: ${problems.slice(0, 3).join(' | ') || 'nothing'}`],
      );
    },
    note(text) {
      console.log(`note ${text}`);
    },
    end() {
      console.log(`${title}: ${passed} passed, ${failed} failed`);
      process.exit(failed === 0 ? 0 : 1);
    },
  };
};
