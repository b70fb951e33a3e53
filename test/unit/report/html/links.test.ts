import t from 'tap';
import { hrefOf } from '../../../../driver/report/html/links.js';

const run = '/srv/notes/run';

t.test('links lead into the run directory and nowhere else', (t) => {
  const inside = { runDirectory: run, reportDirectory: run };
  t.equal(hrefOf(inside, `${run}/artifacts/a b#c?.png`), './artifacts/a%20b%23c%3F.png');
  t.equal(hrefOf(inside, `${run}/javascript:alert(1)`), './javascript%3Aalert(1)');
  t.equal(hrefOf(inside, '/etc/passwd'), undefined);
  t.equal(hrefOf(inside, '/srv/notes/run-2/x'), undefined);
  t.equal(hrefOf(inside, `${run}/../x`), undefined);
  t.equal(hrefOf(inside, run), undefined);
  t.equal(hrefOf({ ...inside, reportDirectory: '/srv/out' }, `${run}/x.log`), '../notes/run/x.log');
  t.end();
});
