import type { Bytes } from '../../../brand.ts';
import type { ErrorCode } from '../../../errors/table.ts';
import type { Decision } from '../../decision.ts';
import { OFFLOAD_FAILED } from '../effect.ts';
import type { PolicyDefinition } from '../policy.ts';
import { PASS, type Verdict } from '../verdict.ts';
import { CODINGS, type Coding, codingOf } from './content-coding.ts';
import { isOfFormat } from './media-types.ts';
import { type BodyPlan, type TransformResult, transformBody } from './transform-body.ts';
import { bodyHeaders, contentTypeFor, FRESH_ANSWER_REMOVES } from './transformed-headers.ts';

export interface MessagePlan extends BodyPlan {
  readonly maxBytes: Bytes;
  /** What becomes of a body that is not of the format `from`. */
  readonly otherTypes: 'pass' | 'refuse';
}

export interface TransformOptions {
  readonly request: MessagePlan | null;
  readonly response: (MessagePlan & { readonly statuses: readonly (readonly [from: number, to: number])[] }) | null;
}

/** Bodies up to this size are transformed on the loop: the way to a thread and back costs more (perf-reports/transform-inline.md). */
export const INLINE_BYTES = 4096;

/** Changes bodies: members of them, and what they are written in. */
export const transform: PolicyDefinition<TransformOptions> = {
  name: 'transform',
  phase: 'transform',
  needs: ['requestBody', 'responseBody', 'offload'],
  create({ request, response }) {
    return {
      onRequest: (decision) => {
        if (response !== null) askForWhole(decision);
        return request === null || decision.request.bodyLength === 0 ? PASS : transformRequest(decision, request);
      },
      onResponse: response === null ? null : (decision) => transformResponse(decision, response),
      onEnd: null,
    };
  },
};

/** A response that is to be transformed must come whole, as text, and not as "what you have is still good". */
function askForWhole({ requestHeaders, request }: Decision): void {
  requestHeaders.set('accept-encoding', 'identity');
  if (request.method !== 'GET' && request.method !== 'HEAD') return;
  for (const name of FRESH_ANSWER_REMOVES) requestHeaders.remove(name);
}

function transformRequest(decision: Decision, plan: MessagePlan): Verdict {
  const contentType = decision.header('content-type');
  if (!isOfFormat(contentType, plan.from)) {
    decision.trace?.note(`the body is not ${plan.from}: ${plan.otherTypes}`);
    return plan.otherTypes === 'pass' ? PASS : decision.refuse('media_type_unsupported');
  }
  const coding = codingOf(decision.header('content-encoding'));
  // RFC 9110, section 15.5.16: what would have been taken.
  if (coding === null) return decision.refuse('media_type_unsupported', ['accept-encoding', CODINGS.join(', ')]);
  const finish = (bytes: Buffer): Verdict => {
    decision.requestBody = bytes;
    bodyHeaders(decision.requestHeaders, contentTypeFor(plan, contentType!));
    if (plan.to === 'soap' && plan.soap.version === '1.1')
      decision.requestHeaders.set('soapaction', `"${plan.soap.action ?? ''}"`);
    return PASS;
  };
  const change = (bytes: Buffer): Verdict =>
    bytes.length === 0 ? PASS : perform(decision, plan, bytes, coding, REQUEST_ERRORS, finish);
  if (decision.requestBody !== null) return change(decision.requestBody);
  return decision.wait({ kind: 'requestBody', maxBytes: plan.maxBytes }, change);
}

function transformResponse(decision: Decision, plan: NonNullable<TransformOptions['response']>): Verdict {
  const response = decision.response!;
  const { status } = response;
  const isMeant = plan.statuses.some(([from, to]) => status >= from && status <= to);
  if (!isMeant || status === 204 || status === 304 || response.contentLength === 0) return PASS;
  const isHead = decision.request.method === 'HEAD';
  const contentType = decision.responseHeaders.get('content-type');
  if (!isOfFormat(contentType, plan.from)) {
    decision.trace?.note(`the response is not ${plan.from}: ${plan.otherTypes}`);
    return plan.otherTypes === 'pass' ? PASS : decision.refuse('response_body_invalid');
  }
  const coding = codingOf(decision.responseHeaders.get('content-encoding'));
  // Part of a body is nothing that can be read.
  if (coding === null || status === 206) return decision.refuse('response_body_invalid');
  const change = (): void => bodyHeaders(decision.responseHeaders, contentTypeFor(plan, contentType!));
  if (isHead) {
    decision.hidesLength = true;
    change();
    return PASS;
  }
  const own = decision.own;
  const finish = (bytes: Buffer): Verdict => {
    change();
    if (own !== null) return decision.answer({ ...own, body: bytes });
    decision.responseBody = bytes;
    return PASS;
  };
  const begin = (bytes: Buffer): Verdict =>
    bytes.length === 0 ? PASS : perform(decision, plan, bytes, coding, RESPONSE_ERRORS, finish);
  const atHand = own === null ? decision.responseBody : (own.body ?? Buffer.alloc(0));
  return atHand === null ? decision.wait({ kind: 'responseBody', maxBytes: plan.maxBytes }, begin) : begin(atHand);
}

type Errors = Readonly<Record<'invalid' | 'tooLarge', ErrorCode>>;
const REQUEST_ERRORS: Errors = { invalid: 'request_body_invalid', tooLarge: 'request_body_too_large' };
const RESPONSE_ERRORS: Errors = { invalid: 'response_body_invalid', tooLarge: 'response_body_too_large' };

function perform(
  decision: Decision,
  { from, to, steps, xml, soap, maxBytes }: MessagePlan,
  bytes: Buffer,
  coding: Coding,
  errors: Errors,
  finish: (bytes: Buffer) => Verdict,
): Verdict {
  const input = { plan: { from, to, steps, xml, soap }, bytes, coding, maxBytes };
  const conclude = (result: TransformResult | typeof OFFLOAD_FAILED): Verdict => {
    if (result === OFFLOAD_FAILED) return decision.refuse('offload_overloaded');
    if (result.ok) return finish(Buffer.from(result.bytes.buffer, result.bytes.byteOffset, result.bytes.byteLength));
    decision.trace?.note(`the body cannot be transformed: ${result.reason}`);
    return decision.refuse(errors[result.failure]);
  };
  if (coding === 'identity' && bytes.length <= INLINE_BYTES) return conclude(transformBody(input));
  return decision.wait({ kind: 'offload', task: 'transformBody', input }, conclude);
}
