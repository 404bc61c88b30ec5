/** A sensor that gives watts, as the BMC's sensor data repository describes it. */
export interface WattSensor {
  readonly name: string;
  /** What it says when its raw value is all ones, by which BMCs mean that they have none; null where that is not linear. */
  readonly fullScaleW: number | null;
}

/** IPMI v2.0 table 43-1, full sensor record: offsets from the record's first byte. */
const full = {
  type: 3,
  length: 4,
  units: 20,
  baseUnit: 21,
  linearization: 23,
  m: 24,
  b: 26,
  exponents: 29,
  nameLength: 47,
  name: 48,
} as const;

const FULL_SENSOR_RECORD = 0x01;
const WATTS = 6;
const LINEAR = 0;
const EIGHT_BIT_ASCII = 3;

/** Records that a machine may reasonably have; the repository's own numbers have 16 bits. */
const MAX_RECORDS = 65_536;

/** The analog sensors with the unit watt in a repository as `ipmitool sdr dump` writes it. Never throws. */
export function wattSensorsIn(repository: Buffer): WattSensor[] {
  const sensors: WattSensor[] = [];
  let at = 0;
  for (let count = 0; count < MAX_RECORDS && at + full.length < repository.length; count++) {
    const end = at + full.length + 1 + (repository[at + full.length] ?? 0);
    const sensor = wattSensorIn(repository.subarray(at, end));
    if (sensor !== null) sensors.push(sensor);
    at = end;
  }
  return sensors;
}

function wattSensorIn(record: Buffer): WattSensor | null {
  if (record[full.type] !== FULL_SENSOR_RECORD || record.length <= full.name) return null;
  const units = record.readUInt8(full.units);
  const format = units >> 6;
  // Neither a rate (W/s) nor a percentage nor a unit combined with another one.
  const isPlain = (units & 0b0011_1111) === 0 && format !== 3;
  if (!isPlain || record[full.baseUnit] !== WATTS) return null;
  const name = nameIn(record);
  // A name that begins with a hyphen would be an option of the program that is asked for it.
  if (name === null || name.startsWith('-')) return null;
  return { name, fullScaleW: format === 0 ? fullScaleOf(record) : null };
}

function nameIn(record: Buffer): string | null {
  const typeAndLength = record.readUInt8(full.nameLength);
  if (typeAndLength >> 6 !== EIGHT_BIT_ASCII) return null;
  const bytes = record.subarray(full.name, full.name + (typeAndLength & 0b0001_1111));
  const name = bytes.toString('latin1').replace(/[\0 ]+$/, '');
  return /^[\x20-\x7e]+$/.test(name) ? name : null;
}

/** IPMI v2.0 section 36.3: y = (M x + B 10^k1) 10^k2, here for x = 255. */
function fullScaleOf(record: Buffer): number | null {
  if (record[full.linearization] !== LINEAR) return null;
  const m = signed(record.readUInt8(full.m) | ((record.readUInt8(full.m + 1) & 0xc0) << 2), 10);
  const b = signed(record.readUInt8(full.b) | ((record.readUInt8(full.b + 1) & 0xc0) << 2), 10);
  const exponents = record.readUInt8(full.exponents);
  return (m * 255 + b * 10 ** signed(exponents & 0x0f, 4)) * 10 ** signed(exponents >> 4, 4);
}

function signed(value: number, bits: number): number {
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}
