import t from 'tap';
import { parseDuration, parseSize } from '../../../driver/language/quantities.js';

t.test('durations are milliseconds', async (t) => {
  const right = { '420s': 420_000, '2m': 120_000, '500ms': 500, '1.5h': 5_400_000, '0.25s': 250 };
  for (const [text, ms] of Object.entries(right)) t.equal(parseDuration(text), ms, text);
  for (const text of ['', '5', '0s', '0.0m', '-1s', '5 s', '5S', '1d', '1e3s', '169h', '0.1ms']) {
    t.equal(parseDuration(text), undefined, `'${text}'`);
  }
});

t.test('sizes are bytes, units powers of 1024', async (t) => {
  const right = {
    '1K': 1024,
    '512M': 536_870_912,
    '1.5G': 1_610_612_736,
    '64KiB': 65_536,
    '2MiB': 2_097_152,
    '1T': 1_099_511_627_776,
  };
  for (const [text, bytes] of Object.entries(right)) t.equal(parseSize(text), bytes, text);
  for (const text of ['', '5', '0G', '4GB', '4g', '1.0001K', '1MB', '-1M']) {
    t.equal(parseSize(text), undefined, `'${text}'`);
  }
});
