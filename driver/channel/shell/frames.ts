/** An answer of the guest: see guest-script.ts for the format. */
export interface Frame {
  nonce: string;
  kind: string;
  /** What follows the kind, one character per byte. */
  rest: string;
}

/**
 * Characters of a frame. The guest's script writes less than 4 KiB at a time; whoever else writes to
 * the port may open a frame and never close it.
 */
const FRAME_LIMIT = 64 * 1024;

/**
 * Takes the guest's byte stream apart. Frames may come in the middle of transferred text
 * (a command ends while another's output is sent): they are lifted out of it.
 */
export class FrameParser {
  readonly #onFrame: (frame: Frame) => void;
  readonly #onText: (text: string) => void;
  /** What has come of a frame; undefined between frames. */
  #open: string | undefined;
  /** The open frame is longer than any of ours: it is passed over. */
  #overlong = false;

  /**
   * @param onFrame gets each frame
   * @param onText gets what stands between frames, in pieces
   */
  constructor(onFrame: (frame: Frame) => void, onText: (text: string) => void) {
    this.#onFrame = onFrame;
    this.#onText = onText;
  }

  push(bytes: Uint8Array): void {
    let data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    while (data !== '') {
      if (this.#open === undefined) {
        const start = data.indexOf('\u0001');
        const text = start < 0 ? data : data.slice(0, start);
        if (text !== '') this.#onText(text);
        if (start < 0) return;
        this.#open = '';
        this.#overlong = false;
        data = data.slice(start + 1);
      }
      const end = data.indexOf('\u0002');
      this.#take(end < 0 ? data : data.slice(0, end));
      if (end < 0) return;
      const body = this.#open;
      this.#open = undefined;
      data = data.slice(end + 1);
      if (!this.#overlong) this.#frame(body);
    }
  }

  /** A further piece of the open frame. */
  #take(piece: string): void {
    // A frame that was cut (by a save of the machine, say) is followed by another start.
    const start = piece.lastIndexOf('\u0001');
    const before = start < 0 ? (this.#open ?? '') : '';
    if (start >= 0) this.#overlong = false;
    this.#overlong ||= before.length + piece.length - start - 1 > FRAME_LIMIT;
    this.#open = this.#overlong ? '' : before + piece.slice(start + 1);
  }

  #frame(body: string): void {
    const match = /^(\S+) (\S)(?: ([^]*))?$/.exec(body);
    if (match === null) return;
    this.#onFrame({ nonce: match[1] ?? '', kind: match[2] ?? '', rest: match[3] ?? '' });
  }
}
