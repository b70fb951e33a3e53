import type { DiskMap } from '../../events/events.js';
import { mdPlace, type MdVersion } from '../../residue/signatures/md-places.js';
import type { ReportDisk } from './report-data.js';

const MD_VERSIONS: readonly MdVersion[] = ['0.90', '1.0', '1.1', '1.2'];
const SECTOR = 512;

/**
 * A disk together with the places of the structures that a removal has to reach. LVM: the
 * label lies in one of the first four sectors (pvcreate(8)). GPT: header in sector 1, 32
 * sectors of entries behind it, a copy of both at the end (UEFI specification, 5.3).
 */
export function withPlaces(map: DiskMap): ReportDisk {
  const { sizeBytes } = map;
  const md = MD_VERSIONS.map((version) => ({
    offset: mdPlace(version, sizeBytes),
    length: 4096,
    name: `md ${version}`,
  }));
  const places = [
    ...md,
    { offset: 0, length: 4 * SECTOR, name: 'LVM label' },
    { offset: SECTOR, length: 33 * SECTOR, name: 'GPT' },
    { offset: sizeBytes - 33 * SECTOR, length: 33 * SECTOR, name: 'GPT, copy' },
  ];
  const there = places.filter(({ offset }) => offset >= 0 && offset < sizeBytes);
  return { ...map, places: there.sort((a, b) => a.offset - b.offset) };
}
