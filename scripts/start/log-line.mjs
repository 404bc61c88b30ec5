/** The level from which a line of pino's is shown. */
const WARN = 40;

/**
 * What a line of a child's log has to tell the operator, or null. A line that is not of the logger is one that the
 * program could not log: the reason why it does not start, or a stack.
 * @param {string} line
 * @returns {string | null}
 */
export function severeMessage(line) {
  const entry = parse(line);
  if (entry === null) return line.trim() === '' ? null : line;
  const { level, msg, time: _time, name: _name, ...details } = entry;
  if (typeof level !== 'number' || level < WARN) return null;
  const rest = Object.entries(details).map(([key, value]) => `${key}=${text(value)}`);
  return [level > WARN ? 'error:' : 'warning:', String(msg), ...rest].join(' ');
}

/**
 * @param {string} line
 * @returns {Record<string, unknown> | null}
 */
function parse(line) {
  try {
    const value = JSON.parse(line);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/** @param {unknown} value */
function text(value) {
  if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
