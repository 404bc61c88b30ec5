import t from 'tap';
import { type Context, expand } from './macros.ts';

const context: Context = {
  fromMs: 1000,
  toMs: 7_201_000,
  intervalMs: 90 * 60_000,
  chosen: { site: ['dc-1', 'a.b'], group: '$__all', one: ['x'] },
  allValues: { group: '.*' },
};

t.test('macros become what Grafana sends', async (t) => {
  t.equal(expand('/^${site:regex}$/ /^${group:regex}$/ /^${one:regex}$/', context), '/^(dc-1|a\\.b)$/ /^.*$/ /^x$/');
  t.equal(
    expand('WHERE $timeFilter AND time > ${__to}ms - 3d GROUP BY time($__interval)', context),
    'WHERE time >= 1000ms and time <= 7201000ms AND time > 7201000ms - 3d GROUP BY time(1h)',
  );
  t.equal(
    expand('$__from ${__from} $__range ${__range_ms} $__range_s $__interval_ms', context),
    '1000 1000 7200s 7200000 7200 5400000',
  );
});

t.test('a macro that is missed fails', async (t) => {
  t.throws(() => expand('WHERE $__timeFilter', context), /\$__timeFilter is not expanded/);
  t.throws(() => expand('"site" = \'$site\'', context), /\$site is not expanded/);
  t.throws(() => expand('/^${site}$/', context), /not expanded/);
  t.throws(() => expand('/^${hall:regex}$/', context), /no variable hall/);
  t.throws(() => expand('/^${one:regex}$/', { ...context, chosen: { one: '$__all' } }), /stands for nothing/);
});
