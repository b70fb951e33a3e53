/**
 * Durations and sizes as scenario files write them. The patterns are also the JSON
 * Schema's, so that an editor and the loader agree.
 */

/** Number, then `ms`, `s`, `m` or `h`; zero is refused. */
export const DURATION_PATTERN = '(?!0+(?:\\.0+)?[a-z])\\d{1,9}(?:\\.\\d{1,3})?(?:ms|s|m|h)';
/** Number, then `K`, `M`, `G`, `T` or `KiB` … `TiB`, all powers of 1024 (as QEMU's); no zero. */
export const SIZE_PATTERN = '(?!0+(?:\\.0+)?[A-Z])\\d{1,9}(?:\\.\\d{1,3})?(?:[KMGT]|[KMGT]iB)';

/**
 * Longest duration that a file, a flag, a variable or an option can ask for: 7 days, in
 * milliseconds. Node's timers end at 24.8 days, and no step takes that long.
 */
export const LONGEST_MS = 7 * 24 * 3600 * 1000;
/** The same for messages. */
export const LONGEST = 'at most 7 days';
/** Where sizes end: beyond 2^53 - 1 bytes no number is exact any more. */
export const LARGEST = 'below 8192T';
const MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const BYTES: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Milliseconds of `420s`, `2m`, `500ms`, `1.5h`; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(`^(?:${DURATION_PATTERN})$`).test(text)) return undefined;
  const unit = /[a-z]+$/.exec(text)?.[0] ?? '';
  const ms = Math.round(Number.parseFloat(text) * (MS[unit] ?? Number.NaN));
  return ms >= 1 && ms <= LONGEST_MS ? ms : undefined;
}

/** Bytes of `512M`, `1.5G`, `64KiB`; undefined when it is no size or no whole number of bytes. */
export function parseSize(text: string): number | undefined {
  if (!new RegExp(`^(?:${SIZE_PATTERN})$`).test(text)) return undefined;
  const unit = /[KMGT]/.exec(text)?.[0] ?? '';
  const bytes = Number.parseFloat(text) * (BYTES[unit] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A CPU model of QEMU's, then features that are added or taken away. */
export const CPU_PATTERN = '[A-Za-z0-9][A-Za-z0-9._-]*(?:,[+-][a-z0-9][a-z0-9._-]*)*';

/** The same for messages. */
export const CPU = 'a CPU model and its features, such as max or Nehalem,+avx2';

/** Whether `machine.cpu` can be that. */
export const isCpuModel = (text: string): boolean => new RegExp(`^${CPU_PATTERN}$`).test(text);
