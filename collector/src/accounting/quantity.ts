/** Which register is a point's own, in Wh, L or kg. */
export const quantities = ['energy', 'volume', 'mass'] as const;
export type Quantity = (typeof quantities)[number];

export const unitOf = { energy: 'Wh', volume: 'L', mass: 'kg' } as const satisfies Record<Quantity, string>;
