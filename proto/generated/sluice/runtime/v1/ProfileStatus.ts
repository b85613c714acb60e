// Original file: sluice/runtime/v1/runtime.proto


export interface ProfileStatus {
  'name'?: (string);
  'description'?: (string);
  'promptTokensMin'?: (number);
  'settingsJson'?: (string);
}

export interface ProfileStatus__Output {
  'name': (string);
  'description': (string);
  'promptTokensMin': (number);
  'settingsJson': (string);
}
