import { tellConsumer } from './consumer-header.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS } from './verdict.ts';

export interface ClientCertificateOptions {
  /** A request without a certificate goes on without an identity. */
  readonly optional: boolean;
  /** Header in which the upstream is told the consumer's name; null: none. */
  readonly consumerHeader: string | null;
}

/** Who is asking, by the certificate of the connection: the listener has checked that it comes from an authority it believes. */
export const clientCertificate: PolicyDefinition<ClientCertificateOptions> = {
  name: 'clientCertificate',
  phase: 'authentication',
  needs: [],
  create({ optional, consumerHeader }, { consumers }) {
    return {
      onRequest(decision) {
        const { clientCertificate: certificate } = decision.request;
        if (certificate == null) {
          decision.trace?.note(
            optional ? 'no certificate: the request goes on without one' : 'there is no certificate',
          );
          if (!optional) return decision.refuse('client_certificate_required');
          tellConsumer(decision, consumerHeader);
          return PASS;
        }
        const consumer = consumers.byCertificate(certificate);
        if (consumer === null) {
          decision.trace?.note("the certificate is no consumer's");
          return decision.refuse('consumer_unknown');
        }
        decision.trace?.note(`the certificate is that of ${consumer.name}`);
        decision.consumer = consumer;
        tellConsumer(decision, consumerHeader);
        return PASS;
      },
      onResponse: null,
      onEnd: null,
    };
  },
};
