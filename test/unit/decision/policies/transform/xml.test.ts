import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { BodyError } from '../../../../../src/decision/policies/transform/body-error.ts';
import { parseJson, writeJson } from '../../../../../src/decision/policies/transform/json-tree.ts';
import { readXml } from '../../../../../src/decision/policies/transform/read-xml.ts';
import { soapToTree, writeSoap } from '../../../../../src/decision/policies/transform/soap.ts';
import { writeXml, type XmlOptions, xmlToTree } from '../../../../../src/decision/policies/transform/xml-tree.ts';

const KEEP: XmlOptions = { lists: [], prefixes: 'keep', root: null };
const DROP: XmlOptions = { ...KEEP, prefixes: 'drop' };
const toJson = (xml: string, options = KEEP): unknown => JSON.parse(writeJson(xmlToTree(readXml(xml), options)));
const toXml = (value: unknown, root: string | null = null): string => writeXml(parseJson(JSON.stringify(value)), root);

const names = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const texts = fc
  .string({ unit: 'grapheme', maxLength: 10 })
  .filter((text) => !/[\0-\x1f\x7f-\x9f\ufffe\uffff]/.test(text));
const { element } = fc.letrec<{ element: unknown }>((tie) => ({
  element: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    texts,
    fc
      .dictionary(
        fc.oneof(
          names,
          names.map((name) => `@${name}`),
        ),
        tie('element'),
        { minKeys: 1, maxKeys: 4 },
      )
      .map(attributesAsText),
  ),
}));

function attributesAsText(object: Record<string, unknown>): unknown {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, key.startsWith('@') ? JSON.stringify(value) : value]),
  );
}

describe('XML', () => {
  it('comes back as the JSON it was', () => {
    fc.assert(
      fc.property(names, element, (root, value) =>
        assert.deepEqual(toJson(toXml({ [root]: value })), { [root]: value }),
      ),
    );
  });

  it('is written so that another implementation reads the same', () => {
    const other = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '@',
      parseTagValue: false,
      parseAttributeValue: false,
      trimValues: false,
      ignoreDeclaration: true,
    });
    const plain = fc.dictionary(names, fc.stringMatching(/^[a-z<>&"' ]*[a-z]$/), { minKeys: 1, maxKeys: 3 });
    fc.assert(
      fc.property(plain, (value) => {
        const read = (other.parse(toXml({ root: value })) as { root: unknown }).root;
        assert.deepEqual({ ...(read as object) }, { ...value });
      }),
    );
  });

  it('has the form that the documents show', () => {
    const xml =
      '<?xml version="1.0"?><!-- a --><order id="7"><item>pen</item><item>ink</item><note/>&#x41;&amp;<![CDATA[<&amp;>]]></order>\n';
    assert.deepEqual(toJson(xml), { order: { '@id': '7', item: ['pen', 'ink'], note: '', '#text': 'A&<&amp;>' } });
    assert.deepEqual(toJson('<o><item>1</item></o>', { ...KEEP, lists: ['item'] }), { o: { item: ['1'] } });
    assert.deepEqual(toJson('<x:o xmlns:x="u" x:id="1"><x:a/></x:o>', DROP), { o: { '@id': '1', a: '' } });
    assert.equal(
      toXml({ a: [1, true, null] }, 'r'),
      '<?xml version="1.0" encoding="UTF-8"?>\n<r><a>1</a><a>true</a><a></a></r>',
    );
  });

  it('resolves references once', () => {
    assert.deepEqual(toJson('<a>&amp;lt;&#38;lt;</a>'), { a: '&lt;&lt;' });
  });

  const REFUSED: Readonly<Record<string, string>> = {
    nothing: '',
    text: 'x',
    'an open element': '<a>',
    'crossed elements': '<a><b></a></b>',
    'a second root': '<a/><b/>',
    'text behind the root': '<a/>x',
    'an entity nobody defined': '<a>&foo;</a>',
    'a bare ampersand': '<a>x & y</a>',
    'a document type': '<!DOCTYPE a><a/>',
    'an entity definition': '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    'an attribute twice': '<a b="1" b="2"/>',
    'an attribute without quotes': '<a b=1/>',
    'a < in an attribute': '<a b="<"/>',
    'attributes without a blank': '<a b="1"c="2"/>',
    'a control character': '<a>\u0001</a>',
    'a reference to one': '<a>&#1;</a>',
    'a reference to NUL': '<a>&#0;</a>',
    'a reference beyond Unicode': '<a>&#x110000;</a>',
    ']]> in text': '<a>]]></a>',
    '-- in a comment': '<a><!-- -- --></a>',
    'a declaration inside': '<a><?xml version="1.0"?></a>',
    'another encoding': '<?xml version="1.0" encoding="UTF-16"?><a/>',
    'a name that begins with a digit': '<1a/>',
    'an open comment': '<a><!-- ',
    'a blank before the declaration': ' <?xml version="1.0"?><a/>',
    depth: `${'<a>'.repeat(200)}${'</a>'.repeat(200)}`,
    'open depth': '<a>'.repeat(100_000),
    'a document type inside': '<a><!ELEMENT x></a>',
  };
  for (const [what, xml] of Object.entries(REFUSED))
    it(`refuses ${what}`, () => assert.throws(() => toJson(xml), BodyError));

  it('takes names that objects have already', () => {
    assert.deepEqual(
      writeJson(xmlToTree(readXml('<constructor><__proto__>1</__proto__></constructor>'), KEEP)),
      '{"constructor":{"__proto__":"1"}}',
    );
  });

  it('any text is read or refused, never anything else', () => {
    const pieces = fc.constantFrom(
      '<a>',
      '</a>',
      '<a',
      '/>',
      '>',
      ' b="',
      '"',
      '&amp;',
      '&',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?p',
      '?>',
      'x',
      ' ',
      '<!',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        try {
          toJson(`<a>${parts.join('')}</a>`);
        } catch (error) {
          assert.ok(error instanceof BodyError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('JSON without a form in XML is refused', () => {
    for (const [value, root] of [
      [{ a: 1, b: 2 }, null],
      [[1], null],
      [{ a: [1] }, null],
      [{ 'a b': 1 }, null],
      [{ a: '\u0001' }, null],
      [{ a: { '@b': {} } }, null],
      [{ a: [[1]] }, 'r'],
      [{ '': 1 }, null],
      [{ 'a><b': 1 }, 'r'],
      [{ a: { '@x="1" y': 1 } }, null],
    ] as const)
      assert.throws(() => toXml(value, root), BodyError, JSON.stringify(value));
  });
});

describe('SOAP', () => {
  const envelope = (body: string, namespace = 'http://schemas.xmlsoap.org/soap/envelope/'): string =>
    `<s:Envelope xmlns:s="${namespace}"><s:Header><t>secret</t></s:Header><s:Body>${body}</s:Body></s:Envelope>`;
  const toValue = (xml: string): unknown => JSON.parse(writeJson(soapToTree(readXml(xml), DROP)));

  it('is the content of its body', () => {
    assert.deepEqual(toValue(envelope('<m:Price xmlns:m="u"><m:Value>1.90</m:Value></m:Price>')), {
      Price: { Value: '1.90' },
    });
    assert.deepEqual(toValue(envelope('', 'http://www.w3.org/2003/05/soap-envelope')), {});
    assert.deepEqual(toValue(envelope('<s:Fault><faultcode>x</faultcode></s:Fault>')), { Fault: { faultcode: 'x' } });
  });

  it('is refused when it is no envelope, or has no body, or two', () => {
    for (const xml of [
      '<Envelope/>',
      envelope('', 'urn:other'),
      '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>',
      envelope('</s:Body><s:Body>'),
    ])
      assert.throws(() => toValue(xml), BodyError, xml);
  });

  it('comes back as the JSON it was', () => {
    for (const version of ['1.1', '1.2'] as const)
      assert.deepEqual(toValue(writeSoap(parseJson('{"Get":{"@xmlns":"u","Id":"7"}}'), { version, action: null })), {
        Get: { Id: '7' },
      });
    assert.throws(() => writeSoap(parseJson('[1]'), { version: '1.1', action: null }), BodyError);
  });
});
