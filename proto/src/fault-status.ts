import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { CODES, isFaultCode } from '@sluice/platform/codes';
import { Fault } from '@sluice/platform/fault';

const CODE_KEY = 'sluice-fault-code';
const PARAM_KEY = 'sluice-fault-param';
const SPENT_KEY = 'sluice-spent-tokens';

/** A Fault as a gRPC status; the trailer carries its code, so that the other side rebuilds the same Fault. */
export function toGrpcStatus(fault: Fault): Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata();
  metadata.set(CODE_KEY, fault.code);
  if (fault.param !== undefined) metadata.set(PARAM_KEY, encodeURIComponent(fault.param));
  if (fault.spentTokens > 0) metadata.set(SPENT_KEY, String(fault.spentTokens));
  return { code: status[CODES[fault.code].grpc], details: fault.message, metadata };
}

/** The Fault behind a failed call. A status without our trailer comes from the transport or a stranger and is mapped by its number. */
export function fromGrpcError(error: ServiceError): Fault {
  const code = String(error.metadata?.get(CODE_KEY)[0] ?? '');
  const param = error.metadata?.get(PARAM_KEY)[0];
  if (isFaultCode(code)) {
    return new Fault(code, {
      message: error.details,
      param: param === undefined ? undefined : decodeURIComponent(String(param)),
      spentTokens: Number(error.metadata?.get(SPENT_KEY)[0] ?? 0),
      cause: error,
    });
  }
  const internal = `gRPC status ${error.code}: ${error.details}`;
  if (error.code === status.DEADLINE_EXCEEDED)
    return new Fault('TIMEOUT', { message: 'The inference worker did not answer in time.', internal, cause: error });
  if (error.code === status.UNAVAILABLE || error.code === status.CANCELLED) {
    return new Fault('UPSTREAM_DISCONNECTED', { message: 'The connection to the inference worker was lost.', internal, cause: error });
  }
  return new Fault('INTERNAL', { message: 'The inference worker failed.', internal, cause: error });
}
