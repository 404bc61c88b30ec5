import { isId } from '@wattmark/shared/ids';
import type { PointDeclaration } from '@wattmark/shared/messages';
import type { PointConfig } from '../../point-config.ts';
import { slugOf } from '../support/slug.ts';
import { suffixes, Unit, type UnitContext } from './unit.ts';

/** UPSs that one server can reasonably have, and most that are said to be left out. */
const MAX_UNITS = 200;

/** The UPSs of a server that are read. */
export interface Roster {
  /** The points of all of them; the same array until one of them changes. */
  readonly points: readonly PointDeclaration[];
  /** Those that are configured; without a configuration, every one that the server has listed so far. */
  readonly units: readonly Unit[];
  /** Takes note of what the server lists, and returns those that are new. */
  welcome(listed: readonly string[]): readonly Unit[];
}

export interface RosterConfig {
  readonly points?: readonly PointConfig[] | undefined;
  readonly prefix?: string | undefined;
}

export function createRoster({ points: configured, prefix = '' }: RosterConfig, context: UnitContext): Roster {
  const units = new Map<string, Unit>();
  const ids = new Set<string>();
  const leftOut = new Set<string>();
  let composed: readonly PointDeclaration[] = [];

  /** Ids of the UPS's parts are reserved with it, so that no later name can take one. */
  function add(name: string, config: PointConfig): string | null {
    const own = Object.values(suffixes).map((suffix) => `${config.point}${suffix}`);
    const taken = own.find((id) => ids.has(id));
    if (taken !== undefined) return `its point would be ${taken}, as that of another UPS`;
    for (const id of own) ids.add(id);
    units.set(name, new Unit(name, config, context));
    return null;
  }

  function addListed(name: string): void {
    if (units.has(name) || leftOut.has(name)) return;
    const point = `${prefix}${slugOf(name)}`;
    const full = units.size >= MAX_UNITS ? `there are more than ${MAX_UNITS}` : null;
    const nameless = isId(`${point}${suffixes.battery}`) ? null : `its name makes no id of a point (${point})`;
    const problem = full ?? nameless ?? add(name, { point });
    if (problem === null || leftOut.size >= MAX_UNITS) return;
    leftOut.add(name);
    context.log.warn({ ups: name, reason: problem }, 'a UPS is left out; name those to be read with points');
  }

  for (const config of configured ?? []) units.set(config.from ?? '', new Unit(config.from ?? '', config, context));
  return {
    get points() {
      const now = [...units.values()].flatMap(({ points }) => points);
      const isSame = now.length === composed.length && now.every((point, index) => point === composed[index]);
      if (!isSame) composed = now;
      return composed;
    },
    get units() {
      return [...units.values()];
    },
    welcome(listed) {
      const before = units.size;
      if (configured === undefined) for (const name of listed) addListed(name);
      return [...units.values()].slice(before);
    },
  };
}
