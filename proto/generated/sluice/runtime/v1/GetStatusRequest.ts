// Original file: sluice/runtime/v1/runtime.proto


export interface GetStatusRequest {
}

export interface GetStatusRequest__Output {
}
