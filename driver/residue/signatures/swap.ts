import { name, size, text, uuid, type Decoder } from './signature.js';

const pageSizes = [4096, 8192, 16384, 32768, 65536];
const largest = 65536;
const marks = ['SWAPSPACE2', 'SWAP-SPACE', 'S1SUSPEND\0', 'S2SUSPEND\0', 'ULSUSPEND\0'];

/**
 * Header page of a swap area, or of one that holds a suspended system: the mark is the last
 * ten bytes of the first page, whatever a page is on the machine that made it.
 * Source: union swap_header in Linux include/linux/swap.h.
 */
export const swapHeader: Decoder = {
  magics: marks.map((mark) => text(mark, 502)),
  window: { before: largest - 512, length: 512 },
  decode(window, sector) {
    const mark = name(window, largest - 10, 10);
    for (const page of pageSizes) {
      const header = largest - page + 1024;
      const offset = sector + 512 - page;
      const version = window.readUInt32LE(header);
      const pages = window.readUInt32LE(header + 4);
      // The version tells the page size: with a wrong one it is found in the area's data.
      if (offset < 0 || (mark !== 'SWAP-SPACE' && (version !== 1 || pages === 0))) continue;
      const label = name(window, header + 28, 16);
      return {
        kind: 'swap',
        type: mark.includes('SUSPEND') ? 'swsuspend' : 'swap',
        offset,
        length: page,
        owner: offset,
        what: `swap header ${mark}, ${size((pages + 1) * page)}, uuid ${uuid(window, header + 12)}${label === '' ? '' : `, label ${label}`}`,
        detail: { mark, page_size: String(page), uuid: uuid(window, header + 12), label },
      };
    }
    return undefined;
  },
};

export const signatures: readonly Decoder[] = [swapHeader];
