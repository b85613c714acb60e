import type { ChannelOptions } from '@grpc/grpc-js';

/** One prompt at its largest: 128k token ids are about 0.5 MB, a text prompt at most 4 MB by the gateway's body limit. */
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;

/** What a worker answers may be larger: the vectors of one request, 3 million numbers of 4 bytes. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Both ends use the same limits, so that what one may send the other may receive. */
export const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  // A peer that vanished without closing is noticed within 15 s.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  // Reconnects stay quick: a restarted worker is back in use within a second or two.
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.min_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.use_local_subchannel_pool': 1,
  // Workers are named in the configuration; an HTTP proxy of the environment must not stand between.
  'grpc.enable_http_proxy': 0,
};

export const CLIENT_OPTIONS: ChannelOptions = { ...CHANNEL_OPTIONS, 'grpc.max_receive_message_length': ANSWER_BYTES_MAX };
export const SERVER_OPTIONS: ChannelOptions = { ...CHANNEL_OPTIONS, 'grpc.max_send_message_length': ANSWER_BYTES_MAX };
