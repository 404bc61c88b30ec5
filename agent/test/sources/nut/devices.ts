/** A `.dev` file of dummy-ups. */
export function dev(variables: Readonly<Record<string, string | number>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}
