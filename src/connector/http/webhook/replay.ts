/** Remembers ids for a while, and no more of them than fit. */
export class ReplayMemory {
  readonly #keepMs: number;
  readonly #idsMax: number;
  /** In the order of their coming, which is the order of their leaving. */
  readonly #seenAtMs = new Map<string, number>();

  /** `keepMs` at least as long as the sender tries again; when `idsMax` are known, the oldest is forgotten. */
  constructor(keepMs: number, idsMax: number) {
    this.#keepMs = keepMs;
    this.#idsMax = idsMax;
  }

  /** True when the id is new; it is remembered from now on. */
  remember(id: string, nowMs: number): boolean {
    this.#dropOld(nowMs);
    if (this.#seenAtMs.has(id)) return false;
    this.#seenAtMs.set(id, nowMs);
    if (this.#seenAtMs.size > this.#idsMax) this.#dropOldest();
    return true;
  }

  /** As if it had never come. */
  forget(id: string): void {
    this.#seenAtMs.delete(id);
  }

  get size(): number {
    return this.#seenAtMs.size;
  }

  #dropOld(nowMs: number): void {
    for (const [id, seenAtMs] of this.#seenAtMs) {
      if (nowMs - seenAtMs < this.#keepMs) return;
      this.#seenAtMs.delete(id);
    }
  }

  #dropOldest(): void {
    const oldest = this.#seenAtMs.keys().next();
    if (oldest.done !== true) this.#seenAtMs.delete(oldest.value);
  }
}
