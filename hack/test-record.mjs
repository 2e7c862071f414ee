import { writeFileSync } from 'node:fs';

/**
 * A vitest reporter that writes what `hack/test.mjs` counts into the file $GLIDEIN_TEST_RECORD: vitest's own JSON
 * reporter leaves out the reason that a test gave for being skipped.
 */
export default class TestRecord {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = [];
    const errors = unhandledErrors.map((error) => messageOf(error));
    for (const module of modules) {
      const file = module.relativeModuleId ?? module.moduleId;
      for (const error of module.errors()) errors.push(`${file}: ${messageOf(error)}`);
      for (const suite of module.children.allSuites()) {
        for (const error of suite.errors()) errors.push(`${file} > ${suite.fullName}: ${messageOf(error)}`);
      }
      for (const test of module.children.allTests()) tests.push(recordOf(file, test));
    }
    writeFileSync(process.env.GLIDEIN_TEST_RECORD, JSON.stringify({ tests, errors }));
  }
}

function recordOf(file, test) {
  const result = test.result();
  return {
    name: `${file} > ${test.fullName}`,
    state: result.state,
    note: result.note ?? test.meta().reason,
    mode: test.options.mode,
    error: result.errors?.[0] === undefined ? undefined : messageOf(result.errors[0]),
  };
}

const messageOf = (error) => String(error?.message ?? error).split('\n')[0];
