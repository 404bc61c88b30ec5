/** How much a finding matters: an error falsifies figures, a warning is to be looked at, a notice may be meant so. */
export const severities = ['error', 'warning', 'notice'] as const;
export type Severity = (typeof severities)[number];

interface Kind {
  readonly severities: readonly Severity[];
  readonly meaning: string;
  /** What to do, as the last sentence of every explanation. */
  readonly advice: string;
}

const wiring =
  'Compare CT ratios, units and signs of these meters with the one-line diagram, and their displays over an hour';

/** Everything that a finding can be; documented in docs/auditor.md, word by word. */
export const kinds = {
  'children-beyond-parent': {
    severities: ['error', 'warning'],
    meaning: 'points together drew more than the point that feeds them, by more than their accuracies allow',
    advice: `${wiring}; where another supply feeds them too, add it to the site file as their parent.`,
  },
  'children-beyond-parents': {
    severities: ['error', 'warning'],
    meaning: 'points with several parents drew more than these gave together',
    advice: `${wiring}; where a further supply feeds them, add it to the site file as their parent.`,
  },
  'ups-output-beyond-input': {
    severities: ['error', 'warning'],
    meaning: 'a UPS gave more than it took: an efficiency above 100 %',
    advice: `${wiring}; look whether input and output are mixed up, and whether a bypass feeds the load past the input meter.`,
  },
  'pdu-output-beyond-input': {
    severities: ['error', 'warning'],
    meaning: 'a PDU gave more than it took',
    advice: `${wiring}; look whether a second feed supplies the PDU.`,
  },
  'rectifier-output-beyond-input': {
    severities: ['error', 'warning'],
    meaning: 'a rectifier gave more than it took: an efficiency above 100 %',
    advice: `${wiring}; look whether input and output are mixed up, and whether the battery is metered as a child of its own.`,
  },
  'efficiency-implausible': {
    severities: ['warning'],
    meaning: 'a UPS or rectifier gave less than 70 % of what it took',
    advice:
      'Look whether every output is metered and in feeds, and at the CT ratios; a very small load explains it, too.',
  },
  'counted-twice': {
    severities: ['error'],
    meaning: 'a counted point is fed by another counted point of the same sum or level',
    advice: 'Give one of the two another level, or role: null in the site file.',
  },
  'same-instrument': {
    severities: ['warning'],
    meaning: 'two counted points of one sum or level have the same serial number or name, and the same energy',
    advice: 'Look whether one instrument is read twice; if so, take the role from one of the points.',
  },
  'other-load-inside-it': {
    severities: ['warning'],
    meaning: 'an IT point feeds cooling, lighting or other load: the IT energy contains it, and the PUE is too small',
    advice: 'Measure IT below the branch to that load (itLevel), or move the load to another feed.',
  },
  'it-uncounted': {
    severities: ['warning'],
    meaning:
      'an IT point is in no IT energy, or not in that at a level which may be taken; or the level named has no point',
    advice:
      'Give the point its level, or role: null; correct feeds; or let itLevel name a level that holds all of the IT.',
  },
  'feeds-cycle': {
    severities: ['error'],
    meaning: 'points feed one another in a circle',
    advice: 'Correct feeds: a parent names what it supplies, never what supplies it.',
  },
  'feeds-unknown': {
    severities: ['warning'],
    meaning: 'a point feeds one that does not exist',
    advice: 'Correct the id in feeds, or add the point to an agent or to the site file.',
  },
  'feeds-upward': {
    severities: ['warning'],
    meaning: 'a point feeds one whose level is nearer the supply',
    advice: 'Correct feeds or level of the two points.',
  },
  'alternate-without-effect': {
    severities: ['warning'],
    meaning:
      'the point that is to fill another’s gaps cannot: it does not exist, was never read, or its method is not asked for',
    advice: 'Correct alternate or estimation.methods in the site file.',
  },
  'it-beyond-total': {
    severities: ['error', 'warning'],
    meaning:
      'IT used more than the whole site (of a part: the part), by more than the accuracies allow: a ratio below 1',
    advice: `${wiring}; look for a supply without a meter (generator, solar, second feed) and for export counted as draw.`,
  },
  'supply-dead': {
    severities: ['error', 'warning'],
    meaning: 'the supply gave nothing while IT ran',
    advice: 'Look at the supply meter, its voltage taps and CTs; meter the generator or battery that carried the load.',
  },
  'supply-silent': {
    severities: ['error', 'warning'],
    meaning: 'a supply point was not read for an hour or more: the total is unknown meanwhile',
    advice: 'Look at the agent that reads it (GET /api/v1/agents says which source fails) and at the instrument.',
  },
  'level-partial': {
    severities: ['error', 'warning'],
    meaning: 'load points of a level were not read for an hour or more: its energy is unknown meanwhile',
    advice:
      'Look at the agents that read them (GET /api/v1/agents says which source fails); take out what is gone for good.',
  },
  'part-silent': {
    severities: ['error', 'warning'],
    meaning: 'the total is the sum of parts, and one of the others was not read for an hour or more',
    advice: 'Look at the agent that reads it (GET /api/v1/agents says which source fails) and at the instrument.',
  },
  'register-float32': {
    severities: ['warning', 'notice'],
    meaning: 'the register is a 32-bit float too large to count finely: its last digits are lost',
    advice:
      'Read the meter’s INT64 register instead (the profile’s other section, or a profile of your own), or power beside it.',
  },
  'register-coarse': {
    severities: ['warning', 'notice'],
    meaning: 'the register moves in steps that are large beside what a quarter-hour brings',
    advice: 'Read power beside it, or a finer register where the meter has one; hours and days are right meanwhile.',
  },
  'register-reset': {
    severities: ['warning'],
    meaning: 'a register fell or jumped: what flowed since the reading before is unknown',
    advice:
      'Look whether the meter was replaced or reset, and put the last reading of the old one on record as a correction.',
  },
  'meter-replaced': {
    severities: ['notice'],
    meaning: 'an agent announced another serial number of a point’s instrument',
    advice:
      'Put the old meter’s last register value and the new one’s first on record as a correction (replacement), ' +
      'and look whether the transformer ratios stayed the same.',
  },
  'register-rollover': {
    severities: ['warning'],
    meaning: 'a register fell as one that wraps at a round value does, but nobody declared where it wraps',
    advice: 'Declare energyModulusWh in the profile if the instrument’s documentation says so; it holds from then on.',
  },
  'feed-back-unmetered': {
    severities: ['warning'],
    meaning: 'power was negative, but only a register of energy drawn is read: what flowed back is taken off nowhere',
    advice:
      'Read the register energy-export, too, where energy flows back; where it cannot, CTs or sign are the wrong way round.',
  },
  'sample-gaps': {
    severities: ['notice'],
    meaning: 'samples of a point came too far apart again and again: that time is not measured',
    advice: 'Look at the source’s deadline and interval, or read an energy register, which forgets nothing.',
  },
  'readings-late': {
    severities: ['notice'],
    meaning: 'readings of a point were no newer than what was booked, and were left out',
    advice: 'Look whether something publishes them twice, and at the clock of the publisher.',
  },
  'two-agents': {
    severities: ['warning'],
    meaning: 'two agents report one point; only one of them counts',
    advice: 'Take the point from one agent, or give it another id there.',
  },
  'clock-ahead': {
    severities: ['error', 'warning'],
    meaning: 'an agent’s clock was ahead: its readings lie at wrong times, and are not accounted beyond five minutes',
    advice: 'Let NTP keep the clock of the agent’s host; figures of this time are not to be relied on to the hour.',
  },
  'clock-behind': {
    severities: ['warning'],
    meaning: 'an agent’s readings came with a steady delay: its clock was behind, or the way to the collector is slow',
    advice: 'Let NTP keep the clock of the agent’s host; if it is right, look at the broker and the network.',
  },
  'clock-skew': {
    severities: ['warning'],
    meaning: 'an agent’s clock differs from the collector’s now',
    advice: 'Let NTP keep the clocks of both.',
  },
  'messages-lost': {
    severities: ['warning'],
    meaning: 'an agent lost messages at the limits of its spool',
    advice: 'Raise spool.maxMiB or spool.maxAge of the agent, and look why it could not send for so long.',
  },
  backlog: {
    severities: ['notice'],
    meaning: 'an agent has not sent all of its messages yet: the newest figures will change',
    advice: 'Wait, and look at the broker and the network where it does not shrink.',
  },
} as const satisfies Record<string, Kind>;

export type FindingKind = keyof typeof kinds;
