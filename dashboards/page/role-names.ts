export interface RoleGroup {
  readonly name: string;
  readonly roles: Readonly<Record<string, string>>;
}

/** The contract's roles in the order in which energy passes them. */
export const roleGroups: readonly RoleGroup[] = [
  {
    name: 'Supply',
    roles: { utility: 'Utility', generator: 'Generator', solar: 'Solar', 'district-cooling': 'District cooling' },
  },
  { name: 'Distribution', roles: { ups: 'UPS', pdu: 'PDU', rectifier: 'Rectifier' } },
  { name: 'Load', roles: { it: 'IT', telecom: 'Telecom', cooling: 'Cooling', lighting: 'Lighting', other: 'Other' } },
  { name: 'Storage', roles: { battery: 'Battery' } },
  { name: 'Heat', roles: { 'heat-removal': 'Heat removed', 'heat-reuse': 'Heat reused' } },
  { name: 'Water', roles: { water: 'Water' } },
];

export function roleName(role: string | null): string | null {
  if (role === null) return null;
  return roleGroups.find(({ roles }) => role in roles)?.roles[role] ?? role;
}
