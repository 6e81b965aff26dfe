/** Routes kept; the one noted first goes when there are more, and its next request hears of its limit anew. */
const MOST_ROUTES = 1_000;

/** Which routes of a service take nothing before when. A service that has said so bans those who ask all the same. */
export class RateGate {
  readonly #until = new Map<string, number>();
  #everywhereUntil = 0;

  /** Of the route; undefined: of all. `until` is Unix ms. */
  close(route: string | undefined, until: number): void {
    if (route === undefined) {
      this.#everywhereUntil = Math.max(this.#everywhereUntil, until);
      return;
    }
    const later = Math.max(until, this.#until.get(route) ?? 0);
    this.#until.delete(route);
    this.#until.set(route, later);
    const [oldest] = this.#until.keys();
    if (this.#until.size > MOST_ROUTES && oldest !== undefined) this.#until.delete(oldest);
  }

  /** 0: it is open. */
  waitMs(route: string, now: number): number {
    return Math.max(0, this.#everywhereUntil - now, (this.#until.get(route) ?? 0) - now);
  }
}
