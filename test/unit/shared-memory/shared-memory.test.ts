import assert from 'node:assert/strict';
import { ftruncateSync } from 'node:fs';
import { test } from 'node:test';
import { closeFd, createMemory, mapMemory } from '../../../native-bindings/native.ts';
import type { AcceptorSlot, Bytes, Generation } from '../../../src/brand.ts';
import { CONTROL, LAYOUT_VERSION } from '../../../src/shared-memory/layout.ts';
import type { MemorySizes } from '../../../src/shared-memory/segments.ts';
import { createSharedMemory, openSharedMemory } from '../../../src/shared-memory/shared-memory.ts';

const SIZES: MemorySizes = {
  slots: 4,
  configHalfBytes: 10_000 as Bytes,
  bucketBytes: 5000 as Bytes,
  endpointBytes: 1 as Bytes,
  flightBytes: 1 as Bytes,
  slabBytes: 3000 as Bytes,
  series: 17,
};
const slot = (number: number): AcceptorSlot => number as AcceptorSlot;

test('an acceptor sees through its own mapping what the supervisor wrote, segment by segment', () => {
  const supervisor = createSharedMemory(SIZES);
  const acceptor = openSharedMemory(supervisor.fd, slot(2), 4711);
  assert.deepEqual(acceptor.plan, supervisor.plan);
  assert.equal(acceptor.control.header('SERIES'), 17);
  assert.equal(acceptor.control.slots, 4);
  assert.equal(supervisor.control.get(slot(2), 'PID'), 4711, 'opening claims the slot');

  supervisor.configHalf(0).fill(0xa0);
  supervisor.configHalf(1).fill(0xb1);
  supervisor.control.setGeneration(3 as Generation);
  assert.ok(acceptor.configHalf(0).every((byte) => byte === 0xa0));
  assert.ok(acceptor.configHalf(1).every((byte) => byte === 0xb1));
  assert.equal(acceptor.control.generation(), 3);

  new Uint8Array(acceptor.slab(slot(2))).fill(0xc2);
  new Uint8Array(acceptor.buckets).fill(0xd3);
  assert.ok(new Uint8Array(supervisor.slab(slot(2))).every((byte) => byte === 0xc2));
  assert.ok(new Uint8Array(supervisor.slab(slot(1))).every((byte) => byte === 0));
  assert.ok(new Uint8Array(supervisor.slab(slot(3))).every((byte) => byte === 0));
  assert.ok(new Uint8Array(supervisor.buckets).every((byte) => byte === 0xd3));
  assert.ok(supervisor.configHalf(1).every((byte) => byte === 0xb1));
  closeFd(supervisor.fd);
});

test('an acceptor has no way to another slab', () => {
  const { fd } = createSharedMemory(SIZES);
  const acceptor = openSharedMemory(fd, slot(0));
  assert.throws(() => acceptor.slab(slot(1)), RangeError);
  closeFd(fd);
});

test('another layout version is refused, with both versions in the message', () => {
  const { fd, control } = createSharedMemory(SIZES);
  control.words[CONTROL.LAYOUT_VERSION] = LAYOUT_VERSION + 41;
  assert.throws(
    () => openSharedMemory(fd, slot(0)),
    (error: Error) =>
      error.message.includes(`version ${LAYOUT_VERSION + 41}`) && error.message.includes(`version ${LAYOUT_VERSION}:`),
  );
  assert.equal(control.get(slot(0), 'PID'), 0, 'nothing was written');
  closeFd(fd);
});

test('memory that is not the gateway’s is refused', () => {
  const fd = createMemory(8192);
  assert.throws(() => openSharedMemory(fd, slot(0)), /not the shared memory of a Penstock supervisor/);
  closeFd(fd);
});

test('slots and sizes that make no sense are refused', () => {
  const { fd } = createSharedMemory(SIZES);
  for (const bad of [-1, 4, 1.5, Number.NaN]) assert.throws(() => openSharedMemory(fd, slot(bad)), RangeError);
  for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => createSharedMemory({ ...SIZES, slabBytes: bad as Bytes }), RangeError);
  }
  closeFd(fd);
});

test('a window has to lie on pages inside the memory, and the memory cannot change its size', () => {
  const fd = createMemory(8192);
  assert.equal(mapMemory(fd, 4096, 4096, true).byteLength, 4096);
  assert.throws(() => mapMemory(fd, 4096, 4097, true), RangeError);
  assert.throws(() => mapMemory(fd, 12288, 4096, true), RangeError);
  assert.throws(() => mapMemory(fd, 100, 4096, true), { code: 'EINVAL' });
  assert.throws(() => mapMemory(fd, -4096, 4096, true), TypeError);
  assert.throws(() => mapMemory(fd, 0, 0, true), TypeError);
  assert.throws(() => ftruncateSync(fd, 4096), { code: 'EPERM' });
  assert.throws(() => ftruncateSync(fd, 16384), { code: 'EPERM' });
  closeFd(fd);
  assert.throws(() => mapMemory(fd, 0, 4096, true), { code: 'EBADF' });
  for (const bad of [0, -1, 0.5, Number.NaN, 2 ** 60]) assert.throws(() => createMemory(bad));
});
