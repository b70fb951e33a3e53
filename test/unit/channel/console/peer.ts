import { duplexPair, type Duplex } from 'node:stream';
import { Console } from '../../../../driver/channel/console/console.js';
import { ConsoleTranscript } from '../../../../driver/channel/console/transcript.js';

/** A console whose other end is in the test's hands. */
export interface Peer {
  console: Console;
  /** The guest's end: write what it says, read what is typed. */
  guest: Duplex;
  typed: string[];
  say(text: string): void;
}

export function consoleWithPeer(): Peer {
  const [here, guest] = duplexPair();
  const typed: string[] = [];
  const transcript = new ConsoleTranscript({
    sink: { write: () => true },
    clock: () => performance.now(),
  });
  const console = new Console(here, transcript, { logTyped: (line) => typed.push(line) });
  return { console, guest, typed, say: (text) => void guest.write(text) };
}

/**
 * Plays a guest: calls `answer` with each line typed (ended by `\r`) and says what it
 * returns, echoing the line first unless `echo` is false.
 */
export function play(peer: Peer, answer: (line: string) => string, echo = () => true): void {
  let pending = '';
  peer.guest.setEncoding('utf8').on('data', (text: string) => {
    pending += text;
    for (;;) {
      const end = pending.indexOf('\r');
      if (end < 0) return;
      const line = pending.slice(0, end).replace(/^.*\x15/, '');
      pending = pending.slice(end + 1);
      if (echo()) peer.say(`${line}\r\n`);
      peer.say(answer(line));
    }
  });
}

/** What a shell answers to a probe or to the lines that make it quiet, as user `uid`. */
export function shellAnswer(line: string, uid: number): string {
  const probe = /printf '@tb%s:%s:%s:%s:\.\\n' (\w+) "\$\(\((\d+)\+(\d+)\)\)"/.exec(line);
  if (probe === null) return '';
  return `@tb${String(probe[1])}:${String(Number(probe[2]) + Number(probe[3]))}:${String(uid)}:bash:.\r\n`;
}
