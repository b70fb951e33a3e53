import type { ReportData } from '../report-data.js';
import { byId, h } from './dom.js';
import { ConsolePlayer, type RecordedVm } from './player.js';

/** A place in a console that somebody wants to see; `at` is wall-clock milliseconds. */
export interface ConsolePlace {
  vm: string;
  at: number;
}

/** The consoles of a run, one at a time. */
export class Consoles {
  readonly #data: ReportData;
  readonly #vms: RecordedVm[];
  readonly #players = new Map<string, ConsolePlayer>();
  readonly #place = h('div');
  readonly #choice: HTMLSelectElement;

  constructor(data: ReportData) {
    const section = byId('console');
    this.#data = data;
    this.#vms = data.vms.filter((vm): vm is RecordedVm => vm.recording !== undefined);
    this.#choice = h(
      'select',
      { id: 'console-vm', change: () => this.#show(this.#choice.value) },
      ...this.#vms.map(({ name }) => h('option', { value: name }, name)),
    );
    if (this.#vms.length === 0) {
      section.append(h('p', {}, 'No console was recorded in this run.'));
      return;
    }
    const label = h('label', { for: 'console-vm' }, 'Machine');
    section.append(h('div', { class: 'toolbar' }, label, this.#choice), this.#place);
    const failed = data.scenarios.find(({ outcome }) => outcome === 'failed')?.vm;
    const first = this.#vms.find(({ name }) => name === failed) ?? this.#vms[0];
    // A console is read when it comes near: long ones take a moment.
    const near = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        near.disconnect();
        if (this.#place.childElementCount === 0 && first !== undefined) this.#show(first.name);
      },
      { rootMargin: '600px' },
    );
    near.observe(section);
    document.addEventListener('tapboot:console', (event) => {
      const { vm, at } = (event as CustomEvent<ConsolePlace>).detail;
      const player = this.#show(vm);
      if (player === undefined) return;
      player.seek((at - player.start) / 1000);
      section.scrollIntoView({ block: 'start' });
      player.screen.focus({ preventScroll: true });
    });
  }

  #show(name: string): ConsolePlayer | undefined {
    const vm = this.#vms.find((candidate) => candidate.name === name);
    if (vm === undefined) return undefined;
    for (const other of this.#players.values()) other.pause();
    const present = this.#players.get(name);
    const player = present ?? new ConsolePlayer(vm, this.#data);
    this.#players.set(name, player);
    this.#choice.value = name;
    this.#place.replaceChildren(player.element);
    if (present === undefined) player.seek(Infinity);
    return player;
  }
}
