import { Parser } from 'tap-parser';
import { stringify } from 'yaml';

/**
 * Counts the assertions of a stream of test files (test-group.mjs) and reports each file as it ends.
 *
 * Counted are leaves: a point that closes a subtest repeats the verdict of the points in it. It
 * counts by itself only when it fails while everything in it passed (a plan that was not kept, a
 * time-out, an exit status), or when there is nothing in it.
 */
export class TapCounter {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** @type {string[]} what failed, for the end of a long log */
  failures = [];
  /** @type {{ name: string, seconds: number }[]} test files, as they ended */
  files = [];
  #parser = new Parser();
  #say;
  #comments;

  /**
   * @param {(text: string) => void} say gets a line per test file, and each failure
   * @param {{ comments?: boolean }} options comments: also what tests say of themselves: times, tables
   */
  constructor(say, { comments = false } = {}) {
    this.#say = say;
    this.#comments = comments;
    this.#watch(this.#parser, [], true);
  }

  #watch(parser, path, top) {
    let within;
    let explained = false;
    // What a test says right after a failure explains it.
    parser.on('comment', (text) => {
      if (!explained && !this.#comments) return;
      if (!/^#\s*(?:$|Subtest|time=|No coverage|\{)/.test(text))
        this.#say(text.trimEnd().replace(/^/gm, '      '));
    });
    parser.on('child', (child) => {
      within = { passed: this.passed, failed: this.failed };
      this.#watch(child, [...path, child.name], false);
    });
    parser.on('assert', (point) => {
      const before = within;
      within = undefined;
      explained = before === undefined && !point.ok;
      const leaves = before ? this.passed - before.passed + this.failed - before.failed : 0;
      if (leaves === 0) this.#count(point, path);
      else if (!point.ok && this.failed === before.failed) this.#fail(point, path);
      if (top) this.#file(point, before);
    });
    parser.on('bailout', (reason) => {
      if (top) this.#fail({ name: `bailed out: ${String(reason)}` }, path);
    });
  }

  #count(point, path) {
    if (point.skip || point.todo) this.skipped += 1;
    else if (point.ok) this.passed += 1;
    else this.#fail(point, path);
  }

  #fail(point, path) {
    this.failed += 1;
    const name = [...path, point.name].filter(Boolean).join(' > ');
    this.failures.push(name);
    const detail = point.diag ? stringify(point.diag).trimEnd().replace(/^/gm, '      ') : '';
    this.#say(`  not ok: ${name}\n${detail}`.trimEnd());
  }

  #file(point, before) {
    const passed = this.passed - (before?.passed ?? this.passed - (point.ok ? 1 : 0));
    const failed = this.failed - (before?.failed ?? this.failed - (point.ok ? 0 : 1));
    this.files.push({ name: point.name, seconds: (point.time ?? 0) / 1000 });
    const time = point.time === null ? '' : `, ${(point.time / 1000).toFixed(1)} s`;
    const state = failed === 0 ? 'ok  ' : 'FAIL';
    this.#say(`${state} ${point.name}: ${String(passed)} passed, ${String(failed)} failed${time}`);
  }

  write(chunk) {
    this.#parser.write(chunk);
  }

  /** Ends the stream. @returns {Promise<{ ok: boolean, count: number }>} the parser's verdict */
  end() {
    return new Promise((resolve) => {
      this.#parser.on('complete', resolve);
      this.#parser.end();
    });
  }
}
