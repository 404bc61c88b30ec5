import type { ByRole, Live } from './contract.ts';
import { Quantity } from './figures.tsx';
import { power, share } from './format.ts';
import { roleGroups, roleName } from './role-names.ts';

interface RolePowerProps {
  readonly live: Live;
  /** Roles that the site has points of, shown even while nothing is known of them. */
  readonly roles: readonly string[];
}

export function RolePower({ live, roles }: RolePowerProps) {
  const shown = (role: string) => roles.includes(role) || typeof live.byRole[role] === 'number';
  const groups = roleGroups
    .map(({ name, roles: names }) => ({ name, roles: Object.keys(names).filter(shown) }))
    .filter((group) => group.roles.length > 0);
  return (
    <section class="panel role-power" aria-labelledby="roles-title">
      <h2 id="roles-title">Power by role</h2>
      {groups.length === 0 ? (
        <p class="hint">No point has sent a reading yet.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Role</th>
              <th scope="col" class="bar-cell">
                <span class="unseen">Bar</span>
              </th>
              <th scope="col" class="numeric">
                Power
              </th>
              <th scope="col" class="numeric">
                Of total
              </th>
            </tr>
          </thead>
          {groups.map((group) => (
            <RoleRows
              key={group.name}
              name={group.name}
              roles={group.roles}
              byRole={live.byRole}
              totalW={live.totalW}
            />
          ))}
        </table>
      )}
    </section>
  );
}

interface RoleRowsProps {
  readonly name: string;
  readonly roles: readonly string[];
  readonly byRole: ByRole;
  readonly totalW: number | null;
}

function RoleRows({ name, roles, byRole, totalW }: RoleRowsProps) {
  return (
    <tbody>
      <tr class="role-group">
        <th scope="rowgroup" colSpan={4}>
          {name}
        </th>
      </tr>
      {roles.map((role) => {
        const powerW = byRole[role] ?? null;
        const part = powerW === null || totalW === null || totalW <= 0 ? null : powerW / totalW;
        const width = `${Math.max(0, Math.min(1, part ?? 0)) * 100}%`;
        return (
          <tr key={role}>
            <th scope="row">{roleName(role)}</th>
            <td class="bar-cell">
              <div class={`bar bar-${role}`}>
                <div style={{ width }} />
              </div>
            </td>
            <td class="numeric">
              <Quantity of={power(powerW)} />
            </td>
            <td class="numeric">
              <Quantity of={share(part)} />
            </td>
          </tr>
        );
      })}
    </tbody>
  );
}
