/** The names of a run's VMs. Record, logs and reports tell VMs apart by them: no two are equal. */
export class VmNames {
  readonly #taken = new Set<string>();

  /** @returns the name wanted; where another VM has it, with a number: `x-2`, `x-3`, … */
  take(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}-${String(number)}`;
    this.#taken.add(name);
    return name;
  }
}
