/** So many times work is done before what it leaves is worth a collection: beside a busy daemon, where looks are rare, so are collections. */
const WORTH = 3;
/** How long a collection waits for what is under way, and how far two are apart at least, ms. */
const AFTER_WORK_MS = 1_000;
const APART_MS = 4_000;
/** So long after a key none begins: the next key may be under way, and would wait for the end of it. */
const AFTER_KEY_MS = 700;

/**
 * Collects garbage while there is some. By itself JavaScriptCore waits until a heap has doubled, which for somebody who only watches
 * is 12 MB that nobody needs (measured: 109 MB against 97 after a tour of all screens under load); a collection takes 5 ms, and 15 with
 * ten thousand hooks on the screen. Without work no timer runs: a process that wakes up each second costs 1.5 ms of a busy processor
 * each time (measured).
 */
export class Collector implements Disposable {
  #worked = 0;
  #collectedAt = 0;
  #touchedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Something was done here, and has left garbage. */
  worked(): void {
    this.#worked += 1;
    if (this.#worked < WORTH || this.#timer !== undefined) return;
    this.#consider(Math.max(AFTER_WORK_MS, this.#collectedAt + APART_MS - performance.now()));
  }

  /** A key was pressed. */
  touched(): void {
    this.#touchedAt = performance.now();
  }

  #consider(inMs: number): void {
    this.#timer = setTimeout(() => {
      const left = this.#touchedAt + AFTER_KEY_MS - performance.now();
      if (left > 0) return this.#consider(left);
      this.#timer = undefined;
      this.#worked = 0;
      this.#collectedAt = performance.now();
      Bun.gc(true);
    }, inMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
