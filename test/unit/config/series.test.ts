import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { emptySeries, OTHERS, SeriesBook } from '../../../src/config/series.ts';

test('a name keeps its series, over any number of configs', () => {
  const first = new SeriesBook(emptySeries(16));
  const catalog = first.assign('upstream', 'catalog');
  const route = first.assign('route', 'catalog');
  assert.notEqual(catalog, route);
  const second = new SeriesBook(structuredClone(first.state()));
  assert.equal(second.assign('route', 'new'), 4);
  assert.equal(second.assign('upstream', 'catalog'), catalog);
  assert.equal(second.assign('route', 'catalog'), route);
  assert.deepEqual(second.state().names[catalog], { kind: 'upstream', name: 'catalog' });
});

test('names beyond the capacity share one series of their kind', () => {
  const book = new SeriesBook(emptySeries(4));
  const own = [book.assign('route', 'a'), book.assign('route', 'b')];
  assert.deepEqual(own, [2, 3]);
  assert.equal(book.assign('route', 'c'), book.assign('route', 'd'));
  assert.notEqual(book.assign('upstream', 'u'), book.assign('route', 'd'));
  assert.deepEqual(book.state().names[book.assign('route', 'c')], { kind: 'route', name: OTHERS });
  assert.equal(book.state().names.length, 4);
  assert.equal(book.assign('route', 'a'), 2);
});
