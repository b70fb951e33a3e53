/** An answer of the guest: see guest-script.ts for the format. */
export interface Frame {
  nonce: string;
  kind: string;
  /** What follows the kind, one character per byte. */
  rest: string;
}

/**
 * Takes the guest's byte stream apart. Frames may come in the middle of transferred text
 * (a command ends while another's output is sent): they are lifted out of it.
 */
export class FrameParser {
  readonly #onFrame: (frame: Frame) => void;
  readonly #onText: (text: string) => void;
  #open: string | undefined;

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
        data = data.slice(start + 1);
      }
      const end = data.indexOf('\u0002');
      if (end < 0) {
        this.#open += data;
        return;
      }
      const body = this.#open + data.slice(0, end);
      this.#open = undefined;
      data = data.slice(end + 1);
      // A frame that was cut (by a save of the machine, say) is followed by another start.
      this.#frame(body.slice(body.lastIndexOf('\u0001') + 1));
    }
  }

  #frame(body: string): void {
    const match = /^(\S+) (\S)(?: ([^]*))?$/.exec(body);
    if (match === null) return;
    this.#onFrame({ nonce: match[1] ?? '', kind: match[2] ?? '', rest: match[3] ?? '' });
  }
}
