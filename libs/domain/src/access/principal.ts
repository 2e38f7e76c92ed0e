import * as z from 'zod';

export const Role = z.enum(['viewer', 'analyst', 'admin']);
export type Role = z.infer<typeof Role>;
const RANK: Record<Role, number> = { viewer: 0, analyst: 1, admin: 2 };
/** viewer reads; analyst also handles alerts and enforcements; admin also changes policies, guard rails, webhooks and tokens. */
export const mayAct = (role: Role, needed: Role): boolean => RANK[role] >= RANK[needed];

/** Who is asking: one access token. */
export const Principal = z.object({ tokenId: z.string(), tenant: z.string(), name: z.string(), role: Role });
export type Principal = Readonly<z.infer<typeof Principal>>;
