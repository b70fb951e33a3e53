import { byId, h } from './dom.js';
import { ConsolePlayer } from './player.js';

/** @typedef {import('../report-data.js').ReportData} Data */
/** @typedef {import('../report-data.js').ReportVm & { recording: import('../report-data.js').ReportRecording }} RecordedVm */

/** The consoles of a run, one at a time. */
export class Consoles {
  /** @param {Data} data */
  constructor(data) {
    this.section = byId('console');
    this.data = data;
    this.vms = /** @type {RecordedVm[]} */ (
      data.vms.filter(({ recording }) => recording !== undefined)
    );
    /** @type {Map<string, ConsolePlayer>} */
    this.players = new Map();
    this.place = h('div');
    if (this.vms.length === 0) {
      this.section.append(h('p', {}, 'No console was recorded in this run.'));
      return;
    }
    this.choice = h(
      'select',
      { id: 'console-vm', change: () => this.show(this.choice?.value ?? '') },
      ...this.vms.map(({ name }) => h('option', { value: name }, name)),
    );
    this.section.append(
      h('div', { class: 'toolbar' }, h('label', { for: 'console-vm' }, 'Machine'), this.choice),
      this.place,
    );
    const failed = data.scenarios.find(({ outcome }) => outcome === 'failed')?.vm;
    const first = this.vms.find(({ name }) => name === failed) ?? this.vms[0];
    // A console is read when it comes near: long ones take a moment.
    const near = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        near.disconnect();
        if (this.place.childElementCount === 0 && first !== undefined) this.show(first.name);
      },
      { rootMargin: '600px' },
    );
    near.observe(this.section);
    document.addEventListener('tapboot:console', (event) => {
      const { vm, at } = /** @type {CustomEvent<{ vm: string, at: number }>} */ (event).detail;
      const player = this.show(vm);
      if (player === undefined) return;
      player.seek((at - player.start) / 1000);
      this.section.scrollIntoView({ block: 'start' });
      player.screen.focus({ preventScroll: true });
    });
  }

  /** @param {string} name */
  show(name) {
    const vm = this.vms.find((candidate) => candidate.name === name);
    if (vm === undefined) return undefined;
    for (const player of this.players.values()) if (player.playing) player.toggle();
    const present = this.players.get(name);
    const player = present ?? new ConsolePlayer(vm, this.data);
    this.players.set(name, player);
    if (this.choice !== undefined) this.choice.value = name;
    this.place.replaceChildren(player.element);
    if (present === undefined) player.seek(Infinity);
    return player;
  }
}
