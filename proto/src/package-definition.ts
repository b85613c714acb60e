import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, type GrpcObject } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ProtoGrpcType as HealthProto } from '../generated/health.ts';
import type { ProtoGrpcType as RuntimeProto } from '../generated/runtime.ts';

const PROTO_ROOT = fileURLToPath(new URL('..', import.meta.url));

let loaded: (RuntimeProto & HealthProto) | undefined;

/** The services of proto/, parsed once per process. Int64 fields are numbers, so ids must stay below 2^53. */
export function protoDefinition(): RuntimeProto & HealthProto {
  loaded ??= load();
  return loaded;
}

function load(): RuntimeProto & HealthProto {
  const definition = loadSync(['sluice/runtime/v1/runtime.proto', 'grpc/health/v1/health.proto'], {
    includeDirs: [PROTO_ROOT],
    keepCase: false,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  // The generated types are made from the same files with the same options, so the shapes agree by construction.
  return loadPackageDefinition(definition) as GrpcObject & RuntimeProto & HealthProto;
}
