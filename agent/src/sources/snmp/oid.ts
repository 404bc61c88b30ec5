/** Negative where `a` comes before `b` in a device's tree, 0 where they are the same. */
export function compareOids(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  const index = left.findIndex((part, at) => part !== right[at]);
  if (index === -1) return left.length - right.length;
  return (left[index] ?? -1) - (right[index] ?? -1);
}

export function isBelow(oid: string, parent: string): boolean {
  return oid.startsWith(`${parent}.`);
}
