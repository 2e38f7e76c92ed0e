/** What the children of one test "stored": `block <partition> <first> <last>` lines. */
export class StoredBlocks {
  readonly #blocks = new Map<number, Map<number, Set<number>>>();
  repeated = 0;

  /** A killed child's last line may be cut: only whole ones come here. */
  take(lines: readonly string[]): void {
    for (const line of lines) {
      const [kind, partition, first, last] = line.split(' ');
      if (kind === 'block') this.#add(Number(partition), Number(first), Number(last));
    }
  }

  /** Messages that are in at least one block. */
  get messages(): number {
    let messages = 0;
    for (const blocks of this.#blocks.values()) {
      const offsets = new Set<number>();
      for (const [first, lasts] of blocks)
        for (const last of lasts) for (let offset = first; offset <= last; offset += 1) offsets.add(offset);
      messages += offsets.size;
    }
    return messages;
  }

  /** Blocks that overlap and are not the same: their messages would be stored twice. */
  get conflicts(): string[] {
    const conflicts: string[] = [];
    for (const [partition, blocks] of this.#blocks) {
      const all = [...blocks].flatMap(([first, lasts]) => [...lasts].map((last) => ({ first, last })));
      all.sort((a, b) => a.first - b.first || a.last - b.last);
      for (const [index, block] of all.entries()) {
        const before = all[index - 1];
        if (before && block.first <= before.last)
          conflicts.push(`${partition}: ${before.first}-${before.last} and ${block.first}-${block.last}`);
      }
    }
    return conflicts;
  }

  #add(partition: number, first: number, last: number): void {
    const blocks = this.#blocks.get(partition) ?? new Map<number, Set<number>>();
    this.#blocks.set(partition, blocks);
    const lasts = blocks.get(first) ?? new Set();
    if (lasts.has(last)) this.repeated += 1;
    blocks.set(first, lasts.add(last));
  }
}
