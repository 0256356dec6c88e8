import { BodyError } from './body-error.ts';
import { type Coding, decode } from './content-coding.ts';
import { type JsonNode, parseJson, writeJson } from './json-tree.ts';
import type { Format } from './media-types.ts';
import { readMessagePack, writeMessagePack } from './message-pack.ts';
import { readXml } from './read-xml.ts';
import { type SoapOptions, soapToTree, writeSoap } from './soap.ts';
import { applySteps, type TransformStep } from './steps.ts';
import { writeXml, type XmlOptions, xmlToTree } from './xml-tree.ts';

/** What becomes of one body. Plain data. */
export interface BodyPlan {
  readonly from: Format;
  readonly to: Format;
  readonly steps: readonly TransformStep[];
  readonly xml: XmlOptions;
  readonly soap: SoapOptions;
}

/** Input of the offload task `transformBody`. */
export interface TransformInput {
  readonly plan: BodyPlan;
  readonly bytes: Uint8Array;
  readonly coding: Coding;
  /** How long the body may be once it is not compressed any more. */
  readonly maxBytes: number;
}

export type TransformResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly failure: 'invalid' | 'tooLarge'; readonly reason: string };

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Reads a body, carries the steps out and writes it: all of it, or nothing. */
export function transformBody({ plan, bytes, coding, maxBytes }: TransformInput): TransformResult {
  const decoded = decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), coding, maxBytes);
  if (decoded === 'tooLarge')
    return { ok: false, failure: decoded, reason: `more than ${maxBytes} bytes, decompressed` };
  if (decoded === 'invalid') return { ok: false, failure: decoded, reason: `not ${coding}` };
  try {
    return { ok: true, bytes: write(applySteps(read(decoded, plan), plan.steps), plan) };
  } catch (error) {
    if (error instanceof BodyError) return { ok: false, failure: 'invalid', reason: error.message };
    throw error;
  }
}

function read(bytes: Buffer, { from, xml }: BodyPlan): JsonNode {
  switch (from) {
    case 'json':
      return parseJson(decodeText(bytes));
    case 'messagePack':
      return readMessagePack(bytes);
    case 'xml':
      return xmlToTree(readXml(decodeText(bytes)), xml);
    case 'soap':
      return soapToTree(readXml(decodeText(bytes)), xml);
    default:
      return from satisfies never;
  }
}

function write(node: JsonNode, { to, xml, soap }: BodyPlan): Buffer {
  switch (to) {
    case 'json':
      return Buffer.from(writeJson(node), 'utf8');
    case 'messagePack':
      return writeMessagePack(node);
    case 'xml':
      return Buffer.from(writeXml(node, xml.root), 'utf8');
    case 'soap':
      return Buffer.from(writeSoap(node, soap), 'utf8');
    default:
      return to satisfies never;
  }
}

/** UTF-8 and nothing else (RFC 8259, section 8.1); a byte order mark is left out. */
function decodeText(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new BodyError('not UTF-8');
  }
}
