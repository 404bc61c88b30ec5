import { readdir } from 'node:fs/promises';
import type { SourceModule } from './source.ts';

/** Finds the kinds of sources that exist, and loads one only when it is wanted: an unused driver costs no memory. */
export interface SourceCatalog {
  /** Kinds in alphabetical order. */
  readonly kinds: readonly string[];
  load(kind: string): Promise<SourceModule>;
}

/** The catalog of a directory whose files `<kind>.ts` or `<kind>.js` each export a `SourceModule` as default. */
export async function openCatalog(directory: URL): Promise<SourceCatalog> {
  const files = new Map<string, URL>();
  for (const name of (await readdir(directory)).sort()) {
    const kind = /^([a-z0-9-]+)\.[jt]s$/.exec(name)?.[1];
    if (kind !== undefined) files.set(kind, new URL(name, `${directory.href.replace(/\/$/, '')}/`));
  }
  return {
    kinds: [...files.keys()],
    async load(kind) {
      const file = files.get(kind);
      if (file === undefined) throw new Error(`there is no source of kind ${kind}`);
      const { default: module } = (await import(file.href)) as { default?: SourceModule };
      if (module === undefined) throw new Error(`${file.pathname} has no default export`);
      return module;
    },
  };
}
