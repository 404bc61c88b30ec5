import { createHash } from 'node:crypto';
import type { Birth } from '@wattmark/shared/messages';

/** What two births have in common that announce the same points. */
export function birthHash({ software, points }: Birth): string {
  return createHash('sha256')
    .update(JSON.stringify([software, points]))
    .digest('base64');
}
