import { setImmediate as nextTurn } from 'node:timers/promises';
import { energyRoles } from '@wattmark/shared/roles';
import type { Figures } from '../figures.ts';
import { verdicts } from '../kpi/verdict.ts';
import type { RollingKpis } from '../rolling-kpis.ts';
import type { EnergyCount } from '../site/energy-counters.ts';
import type { Site } from '../site/site.ts';
import { summaryOf } from './contract.ts';
import { type Exposition, labelText, type Sampler } from './exposition.ts';

/** Sites exposed without letting anything else have its turn: some milliseconds. */
const SITES_AT_ONCE = 100;

const JOULES_PER_WH = 3_600;

/** Writes what Prometheus learns of the sites: as they are now, what they have used, and their last hours and days. */
export async function exposeSites(
  exposition: Exposition,
  figures: Figures,
  rolling: RollingKpis | null,
  sites: readonly Site[],
): Promise<void> {
  const exposers = [
    exposeDescription(exposition),
    exposeLive(exposition, figures),
    exposeEnergy(exposition, figures),
    exposeRolling(exposition, rolling),
  ];
  for (const [index, site] of sites.entries()) {
    if (index % SITES_AT_ONCE === 0) await nextTurn();
    const { group, site: id } = site;
    const ofSite = labelText({ group, site: id });
    for (const expose of exposers) expose(site, ofSite);
  }
}

/** `ofSite`: the labels that each of a site's samples has. */
type SiteExposer = (site: Site, ofSite: string) => void;

function exposeDescription(exposition: Exposition): SiteExposer {
  const info = exposition.family('site_info', 'gauge', 'Name and kind of the site; always 1');
  const target = exposition.family('site_target_ratio', 'gauge', 'Value of the site’s main target, a PUE or SEE');
  return (site, ofSite) => {
    const { name, kind, timezone } = site;
    info(`${ofSite},${labelText({ name, kind, timezone })}`, 1);
    const aim = summaryOf(site);
    if (aim !== null) target(`${ofSite},${labelText({ metric: aim.metric, target: aim.id })}`, aim.value);
  };
}

function exposeLive(exposition: Exposition, figures: Figures): SiteExposer {
  const total = exposition.family('site_total_watts', 'gauge', 'Total power');
  const it = exposition.family('site_it_watts', 'gauge', 'IT power, or telecom power of a base station');
  const ratio = exposition.family('site_power_ratio', 'gauge', 'Total over IT power, instantaneous: not a PUE');
  const role = exposition.family('site_role_watts', 'gauge', 'Power by role');
  const level = exposition.family('site_it_level_info', 'gauge', 'Level at which IT power and the ratio are taken');
  const stale = exposition.family('site_stale_points', 'gauge', 'Counted points that are silent');
  return ({ site }, ofSite) => {
    const live = figures.live(site);
    total(ofSite, live.totalW);
    it(ofSite, live.itW);
    ratio(ofSite, live.ratio);
    for (const [name, powerW] of Object.entries(live.byRole)) role(`${ofSite},${labelText({ role: name })}`, powerW);
    if (live.level !== null) level(`${ofSite},${labelText({ level: live.level })}`, 1);
    stale(ofSite, live.stale.length);
  };
}

function exposeEnergy(exposition: Exposition, figures: Figures): SiteExposer {
  const joules = (name: string, help: string): Sampler => {
    const sample = exposition.family(`${name}_joules`, 'counter', help);
    return (labels, energyWh) => sample(labels, energyWh === null ? null : JOULES_PER_WH * energyWh);
  };
  const total = joules('site_energy', 'Total energy, minute by minute as first known');
  const it = joules('site_it_energy', 'IT energy, or telecom energy of a base station');
  const pairedTotal = joules('site_paired_energy', 'Total energy of the time in which IT energy was measured, too');
  const pairedIt = joules('site_paired_it_energy', 'IT energy of the time in which total energy was measured, too');
  const paired = exposition.family('site_paired_seconds', 'counter', 'Time in which total and IT energy were measured');
  const role = joules('site_role_energy', 'Energy by role');
  return (site, ofSite) => {
    const energy: EnergyCount | null = figures.energy(site);
    if (energy === null) return;
    total(ofSite, energy.totalWh);
    it(ofSite, energy.itWh);
    pairedTotal(ofSite, energy.pairedTotalWh);
    pairedIt(ofSite, energy.pairedItWh);
    paired(ofSite, energy.pairedMs === null ? null : energy.pairedMs / 1000);
    for (const [index, energyWh] of energy.roleWh.entries()) {
      if (energyWh !== null) role(`${ofSite},${labelText({ role: energyRoles[index] as string })}`, energyWh);
    }
  };
}

function exposeRolling(exposition: Exposition, rolling: RollingKpis | null): SiteExposer {
  const pue = exposition.family('site_pue_ratio', 'gauge', 'PUE of the last hours or days, as the API has it');
  const see = exposition.family('site_see_ratio', 'gauge', 'SEE of the last hours or days, as the API has it');
  const coverage = exposition.family('site_coverage_ratio', 'gauge', 'Share of that time that is measured');
  const code = verdicts.map((name, index) => `${index} ${name}`).join(', ');
  const verdict = exposition.family('site_verdict_code', 'gauge', `Verdict on the site’s target: ${code}`);
  const at = exposition.family('site_figures_timestamp_seconds', 'gauge', 'When these figures were computed');
  return ({ site }, ofSite) => {
    const kpis = rolling?.of(site) ?? [];
    for (const kpi of kpis) {
      const ofWindow = `${ofSite},${labelText({ period: kpi.window })}`;
      pue(ofWindow, kpi.pue);
      see(ofWindow, kpi.see);
      coverage(ofWindow, kpi.coverage);
      verdict(ofWindow, kpi.verdict === null ? null : verdicts.indexOf(kpi.verdict));
    }
    const [newest] = kpis;
    if (newest !== undefined) at(ofSite, newest.atMs / 1000);
  };
}
