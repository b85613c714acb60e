// Original file: sluice/runtime/v1/runtime.proto


export interface AbandonResponse {
}

export interface AbandonResponse__Output {
}
