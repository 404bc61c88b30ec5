/**
 * A name as far as an id of the contract can say it, in lower-case letters, digits and hyphens: `Eaton_5PX.1` is
 * `eaton-5px-1`. Empty where the name has none of them.
 */
export function slugOf(name: string, longest = 63): string {
  const words = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return words.replace(/^-/, '').slice(0, longest).replace(/-$/, '');
}
