// Original file: sluice/runtime/v1/runtime.proto


export interface DrainRequest {
}

export interface DrainRequest__Output {
}
