import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from './child.mjs';

/**
 * @typedef {object} End
 * @property {import('./child.mjs').Child} child
 * @property {string} how
 */

/** The programs of one run. */
export class Crew {
  /** @type {import('./child.mjs').Child[]} */
  #children = [];
  #folder;
  /** @type {(end: End) => void} */
  #onEnd = () => {};
  /**
   * The first of them to end.
   * @type {Promise<End>}
   */
  firstEnd = new Promise((resolve) => {
    this.#onEnd = resolve;
  });

  /** @param {string} folder for their logs */
  constructor(folder) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /**
   * @param {string} name
   * @param {readonly string[]} args of Node
   */
  start(name, args) {
    const child = startChild(name, args, this.logFile(name));
    this.#children.push(child);
    void child.ended.then((how) => this.#onEnd({ child, how }));
  }

  /** Who gives goes before who takes: the collector still acknowledges what the agent has sent. */
  async stop() {
    for (const child of [...this.#children].reverse()) await child.stop();
  }

  /** @param {string} name */
  logFile(name) {
    return join(this.#folder, `${name}.log`);
  }
}
