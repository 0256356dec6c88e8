import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonPath } from '../../../../../src/decision/policies/transform/json-path.ts';
import { parseJson, writeJson } from '../../../../../src/decision/policies/transform/json-tree.ts';
import { applySteps, type TransformStep } from '../../../../../src/decision/policies/transform/steps.ts';

const change = (value: unknown, ...steps: TransformStep[]): unknown =>
  JSON.parse(writeJson(applySteps(parseJson(JSON.stringify(value)), steps)));

const mask = (paths: JsonPath[], keepLast = 0): TransformStep => ({ kind: 'mask', paths, keepLast, with: '***' });

const order = () => ({
  id: 1,
  customer: { card: '4111111111111111', name: 'Ada' },
  items: [
    { sku: 'a', price: 10 },
    { sku: 'b', price: 20 },
  ],
});

describe('steps', () => {
  it('pick keeps places and the way to them alone', () => {
    const kept = change(order(), { kind: 'pick', paths: [['id'], ['items', null, 'sku']] });
    assert.deepEqual(kept, { id: 1, items: [{ sku: 'a' }, { sku: 'b' }] });
    assert.deepEqual(change(order(), { kind: 'pick', paths: [['items', 1]] }), { items: [order().items[1]] });
    assert.deepEqual(change(order(), { kind: 'pick', paths: [['id', 'deeper'], ['none']] }), {});
    assert.equal(change('secret', { kind: 'pick', paths: [['a']] }), null);
  });

  it('drop takes places away, several of one list too', () => {
    const left = change(order(), {
      kind: 'drop',
      paths: [
        ['customer', 'card'],
        ['items', null, 'price'],
        ['none', 0],
      ],
    });
    assert.deepEqual(left, { id: 1, customer: { name: 'Ada' }, items: [{ sku: 'a' }, { sku: 'b' }] });
    assert.deepEqual(change({ a: [1, 2, 3] }, { kind: 'drop', paths: [['a', null]] }), { a: [] });
  });

  it('rename keeps the place; a member that had the name already gives way', () => {
    const renamed = writeJson(applySteps(parseJson('{"a":1,"b":2,"c":3}'), [{ kind: 'rename', path: ['b'], to: 'x' }]));
    assert.equal(renamed, '{"a":1,"x":2,"c":3}');
    for (const text of ['{"a":1,"b":2}', '{"b":2,"a":1}'])
      assert.deepEqual(JSON.parse(writeJson(applySteps(parseJson(text), [{ kind: 'rename', path: ['a'], to: 'b' }]))), {
        b: 1,
      });
    assert.deepEqual(change({ a: 1 }, { kind: 'rename', path: ['a'], to: 'a' }), { a: 1 });
  });

  it('set makes the objects on the way, but no elements of lists', () => {
    const set = (path: JsonPath): TransformStep => ({ kind: 'set', path, json: '{"v":1}' });
    assert.deepEqual(change({}, set(['a', 'b'])), { a: { b: { v: 1 } } });
    assert.deepEqual(change({ a: [1, 2] }, set(['a', 1])), { a: [1, { v: 1 }] });
    assert.deepEqual(change({ a: [1] }, set(['a', 5])), { a: [1] });
    assert.deepEqual(change({ a: [{}, {}] }, set(['a', null, 'x'])), { a: [{ x: { v: 1 } }, { x: { v: 1 } }] });
    assert.deepEqual(change({ a: 1 }, set(['a', 'b'])), { a: 1 });
  });

  it('mask hides values whole, or all but the end where as much is hidden as shown', () => {
    assert.deepEqual(change({ c: '4111111111111111' }, mask([['c']], 4)), { c: '***1111' });
    assert.deepEqual(change({ c: 4111111111111234 }, mask([['c']], 4)), { c: '***1234' });
    assert.deepEqual(change({ c: '1234567' }, mask([['c']], 4)), { c: '***' });
    assert.deepEqual(
      change({ c: { a: 'secret' }, d: ['secret'], e: true, f: null }, mask([['c'], ['d'], ['e'], ['f']], 4)),
      {
        c: '***',
        d: '***',
        e: '***',
        f: '***',
      },
    );
    assert.deepEqual(change({ c: '💳💳💳💳' }, mask([['c']], 2)), { c: '***💳💳' });
  });

  it('a masked or dropped value is nowhere in what leaves, whatever stands around it', () => {
    const secret = 'S3CR3T-4111';
    const places = fc.constantFrom<JsonPath[]>(
      ['card'],
      ['a', 'card'],
      ['list', null, 'card'],
      ['list', null],
      [null, 'card'],
    );
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 3, stringUnit: 'grapheme-ascii' }),
        places,
        fc.boolean(),
        (noise, path, drops) => {
          const around: unknown = JSON.parse(noise);
          const body = plant(around, path, secret);
          const step: TransformStep = drops ? { kind: 'drop', paths: [path] } : mask([path], 3);
          const text = writeJson(applySteps(parseJson(JSON.stringify(body)), [step]));
          assert.ok(JSON.stringify(body).includes(secret) && !text.includes(secret), text);
        },
      ),
    );
  });
});

function plant(around: unknown, path: JsonPath, secret: string): unknown {
  if (path.length === 0) return secret;
  const [step, ...rest] = path;
  const inner = plant(around, rest, secret);
  if (typeof step === 'string') return { before: around, [step]: inner, after: around };
  return rest.length > 0 || step === null ? [inner, inner] : [around, inner];
}
