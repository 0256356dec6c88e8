import type { Peer } from '../peer.ts';

/** The static front-proxy configuration of the documentation, HTTP/1.1 on both sides, one worker, no access log, no admin. */
export const envoy: Peer = {
  name: 'envoy',
  binary: { command: 'envoy', variable: 'ENVOY_BIN' },
  version: { args: ['--version'], pattern: /version: \w+\/([\d.]+)/ },
  launch: (folder, ports) => ({
    args: ['-c', `${folder}/envoy.yaml`, '--concurrency', '1', '--log-level', 'error', '--disable-hot-restart'],
    files: {
      'envoy.yaml': `
static_resources:
  listeners:
    - name: public
      address: { socket_address: { address: 127.0.0.1, port_value: ${ports.gateway} } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: public
                codec_type: HTTP1
                use_remote_address: true
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes: [{ match: { prefix: "/" }, route: { cluster: origin } }]
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: origin
      type: STATIC
      connect_timeout: 1s
      load_assignment:
        cluster_name: origin
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${ports.origin} } } }
`,
    },
  }),
};
