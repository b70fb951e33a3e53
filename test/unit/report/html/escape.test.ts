import t from 'tap';
import { escapeHtml, jsonForScript } from '../../../../driver/report/html/escape.js';

t.test('text becomes neither element nor attribute', (t) => {
  t.equal(
    escapeHtml(`<img src=x onerror='a("b")'>&\``),
    '&#60;img src=x onerror=&#39;a(&#34;b&#34;)&#39;&#62;&#38;&#96;',
  );
  t.equal(escapeHtml('plain text, ünïcode'), 'plain text, ünïcode');
  t.end();
});

t.test('data cannot end its script, and come back as they were', (t) => {
  const hostile = {
    '</script><script>alert(1)</script>': [
      '<!--',
      ']]>',
      '&lt;',
      '\u2028\u2029',
      '\ud800',
      '\u0000',
    ],
    proto: { __proto__: null },
  };
  const json = jsonForScript(hostile);
  t.notMatch(json, /[<>&\u2028\u2029]/);
  t.same(JSON.parse(json), JSON.parse(JSON.stringify(hostile)));
  t.end();
});
