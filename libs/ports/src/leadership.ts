/** What a role does while this process holds it. */
export interface Leader {
  /** Begins the work. `term` grows with every change of the leader. A rejection gives the role back; it is tried again. */
  lead(term: number): Promise<void> | void;
  /** Ends the work at once: another process may hold the role from now on. */
  resign(): Promise<void> | void;
}

/**
 * One process at a time does the work of a role (ticking queries, sweeps, retention). The role of a dead process passes to another one
 * within 10 s. A process that was stopped for longer than its lease may believe in its role for a moment: work under a role must stay right
 * when two do it, the lease only keeps it from being done twice for nothing.
 */
export abstract class Leadership {
  /** Competes for `role` (letters, digits, `.`, `-`) until `withdraw`, which hands it over at once. */
  abstract compete(role: string, leader: Leader): Promise<{ withdraw(): Promise<void> }>;
}

/** For a process that is alone. */
export class SoleLeadership extends Leadership {
  async compete(_role: string, leader: Leader): Promise<{ withdraw(): Promise<void> }> {
    await leader.lead(1);
    return { withdraw: async () => leader.resign() };
  }
}
