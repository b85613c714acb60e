/** What a request asks for: a model, or an adapter on top of it. Which of the two a name with a colon means, only workers know. */
export type AskedModel = {
  readonly model: string;
  /** Empty for the model itself. */
  readonly adapter: string;
};

/** `model:adapter`, or the model's name alone. */
export function fullNameOf({ model, adapter }: AskedModel): string {
  return adapter === '' ? model : `${model}:${adapter}`;
}

/** What a rule may name it by, the most exact first: an adapter's own name, then its model's. */
export function namesOf(asked: AskedModel): readonly string[] {
  return asked.adapter === '' ? [asked.model] : [fullNameOf(asked), asked.model];
}
