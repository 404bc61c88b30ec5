/**
 * @typedef {object} Totals
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {readonly string[]} skips each skipped test with its file and reason
 */

/** A test's result, by depth: files stand at depth 0. */
const result = /^( *)(not )?ok \d+(?: - (.*?))?(?: # time=([\d.]+m?s))?(?: # (SKIP|TODO)\b ?(.*))?$/;
const summary = /^# \{ (total: \d+.*) \}$/;

/** Reads tap's own output line by line, and says of each file in a line how it went: all that was said where it failed. */
export class TapReport {
  /** @type {string[]} */
  #block = [];
  /** @type {string[]} */
  #skips = [];
  /** @type {string[]} */
  #pendingSkips = [];
  #failureSeen = false;
  /** Between a failed file's result and the end of what tap knows about its process. */
  #explaining = false;
  /** Files that failed without a failed assertion: ended by a signal, by a timeout, before their plan was done. */
  #brokenFiles = 0;
  #files = 0;
  /** @type {Record<string, number> | null} */
  #counts = null;

  /**
   * @param {string} line
   * @returns {readonly string[]} lines to show now
   */
  read(line) {
    const counts = summary.exec(line)?.[1];
    if (counts !== undefined) this.#counts = countsOf(counts);
    this.#explaining &&= line.startsWith('  ');
    if (this.#explaining) return [line];
    const [, indent, not, name = '', time = '', directive, reason = ''] = result.exec(line) ?? [];
    this.#block.push(line);
    if (indent === undefined) return [];
    const failed = not !== undefined && directive === undefined;
    if (directive === 'SKIP') this.#pendingSkips.push(reason === '' ? name : `${name}: ${reason}`);
    if (indent === '') return this.#endFile(name, time, failed);
    this.#failureSeen ||= failed;
    return [];
  }

  /**
   * What came of it all. Tap's summary alone is not to be believed: it knows nothing of a file that was ended by a signal.
   * @param {number | null} exitCode of tap
   * @returns {Totals}
   */
  totals(exitCode) {
    const { total = 0, pass = 0, fail = 0, skip = 0, todo = 0 } = this.#counts ?? {};
    const counted = fail + this.#brokenFiles;
    const unexplained = exitCode !== 0 || total === 0 || this.#files === 0;
    return {
      passed: pass,
      failed: counted === 0 && unexplained ? 1 : counted,
      skipped: skip + todo,
      skips: this.#skips,
    };
  }

  /**
   * @param {string} file
   * @param {string} time
   * @param {boolean} failed
   */
  #endFile(file, time, failed) {
    const block = this.#block;
    this.#files++;
    this.#explaining = failed;
    if (failed && !this.#failureSeen) this.#brokenFiles++;
    this.#skips.push(...this.#pendingSkips.map((skip) => `${file}: ${skip}`));
    this.#block = [];
    this.#pendingSkips = [];
    this.#failureSeen = false;
    return failed ? ['', ...block.slice(0, -1), `FAILED ${file}  ${time}`, ''] : [`ok     ${file}  ${time}`];
  }
}

/**
 * @param {string} text such as `total: 13, pass: 9`
 * @returns {Record<string, number>}
 */
function countsOf(text) {
  return Object.fromEntries(
    text.split(', ').map((part) => {
      const [name, count] = part.split(': ');
      return [name, Number(count)];
    }),
  );
}
